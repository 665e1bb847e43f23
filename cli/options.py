"""Options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer

from registry.domain.execution import ExecutorKind
from registry.domain.quantities import parse_fraction
from registry.domain.tokens import Packing

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print references only.")]
ReferenceArgument = Annotated[
    str,
    typer.Argument(
        metavar="REF", help="space/name, space/name@3, space/name@tag or space/name@sha256:..."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done and write nothing.")
]


ExecutorOption = Annotated[
    ExecutorKind,
    typer.Option(
        "--executor",
        help="Where units of work run; auto: in processes if there is much to do, else threads.",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Units at a time; else two threads, or a process on each core."
    ),
]
RayAddressOption = Annotated[
    str, typer.Option("--ray-address", metavar="ADDRESS", help="The cluster for --executor ray.")
]

MaxRejectedOption = Annotated[
    str | None,
    typer.Option(
        "--max-rejected",
        metavar="SHARE",
        help="Fail if more of the rows are damaged, such as 5%; else as muster.toml says, else 1%, "
        "where 10 rows never fail.",
    ),
]

PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME|FILE",
        help="research, commercial, strict, or a .toml file: what licences have to permit.",
    ),
]

ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="INDEX/COUNT",
        help="Only every COUNT-th unit, from INDEX (0 and up); then: muster run merge RUN.",
    ),
]

SequenceLength = Annotated[
    int | None, typer.Option(min=1, help="Pack documents into sequences of so many tokens.")
]
PackingOption = Annotated[
    Packing | None,
    typer.Option(help="Cut documents at sequences' ends (default), or keep them whole."),
]
ShuffleSeed = Annotated[
    int | None, typer.Option(min=0, help="Shuffle documents; the same seed, the same order.")
]
ValFraction = Annotated[
    str | None,
    typer.Option(metavar="0.5%", help="Share of documents that goes to the split `val`."),
]
MaxShardTokens = Annotated[
    int | None, typer.Option(min=1, help="Tokens of a file at most; else as the format does.")
]


def read_val_fraction(text: str | None) -> float | None:
    """Read the share of documents that goes to the split `val`."""
    return None if text is None else parse_fraction(text, what="val-fraction")


class ListFormat(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


FormatOption = Annotated[ListFormat, typer.Option("--format", help="How the list is printed.")]
