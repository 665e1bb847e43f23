"""Options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer

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


class ListFormat(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


FormatOption = Annotated[ListFormat, typer.Option("--format", help="How the list is printed.")]
