"""Options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer

from registry.domain.execution import ExecutorKind

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


class ListFormat(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


FormatOption = Annotated[ListFormat, typer.Option("--format", help="How the list is printed.")]
