"""Print lineage: as a tree, JSON or Mermaid."""

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


LineageFormatOption = Annotated[LineageFormat, typer.Option("--format", help="How it is printed.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Cut the answer at so many versions.")]


def show(found: Lineage, *, how: LineageFormat, quiet: bool) -> None:
    """Print a lineage; one that was cut exits with 3."""
    from registry.reporting.mermaid import lineage_mermaid
    from registry.reporting.tree import lineage_tree

    if quiet:
        for node in found.nodes[1:]:
            output.write(node.reference)
    elif how is LineageFormat.JSON:
        output.print_json(found)
    elif how is LineageFormat.MERMAID:
        output.write(lineage_mermaid(found))
    else:
        output.print_text(lineage_tree(found))
    if found.truncated:
        raise typer.Exit(ExitCode.NO)
