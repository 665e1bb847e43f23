"""What `muster lineage` and `muster impact` share: their options, and how a lineage is printed."""

from enum import StrEnum
from typing import Annotated

import typer

from cli import output
from cli.errors import ExitCode
from registry.domain.lineage import Lineage


class LineageFormat(StrEnum):
    """How a lineage is printed."""

    TREE = "tree"
    JSON = "json"
    MERMAID = "mermaid"
    DOT = "dot"


LineageFormatOption = Annotated[LineageFormat, typer.Option("--format", help="How it is printed.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Cut the answer at so many versions.")]
UpOption = Annotated[
    int | None, typer.Option("--up", min=0, help="Generations upstream; else all.")
]
FieldsOption = Annotated[
    bool, typer.Option("--fields", help="Also show what each field was made from.")
]


def show(found: Lineage, *, how: LineageFormat, quiet: bool) -> None:
    """Print a lineage; one that was cut exits with 3."""
    if quiet:
        for node in found.nodes:
            output.write(node.reference)
    else:
        _print(found, how)
    if found.truncated:
        raise typer.Exit(ExitCode.NO)


def _print(found: Lineage, how: LineageFormat) -> None:
    from registry.reporting.dot import lineage_dot
    from registry.reporting.mermaid import lineage_mermaid

    match how:
        case LineageFormat.JSON:
            output.print_json(found)
        case LineageFormat.MERMAID:
            output.write(lineage_mermaid(found))
        case LineageFormat.DOT:
            output.write(lineage_dot(found))
        case LineageFormat.TREE:
            _print_tree(found)


def _print_tree(found: Lineage) -> None:
    from registry.reporting.fields import fields_text
    from registry.reporting.tree import lineage_tree

    if not found.nodes:
        output.hint("nothing is selected")
        return
    output.print_text(lineage_tree(found))
    if found.fields:
        output.write("")
        output.print_text(fields_text(found))
