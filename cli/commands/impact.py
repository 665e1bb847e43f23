"""`muster impact`: everything that a change of a version reaches, through models too."""

from typing import Annotated

import typer

from cli.lineage import FieldsOption, LimitOption, LineageFormat, LineageFormatOption, show
from cli.options import AsJson, Quiet, ReferenceArgument
from cli.session import Session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def impact(
    context: typer.Context,
    reference: ReferenceArgument,
    down: Annotated[
        int | None,
        typer.Option("--down", min=0, help="Steps downstream, a model being one; else all."),
    ] = None,
    limit: LimitOption = None,
    fields: FieldsOption = False,
    how: LineageFormatOption = LineageFormat.TREE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show what was made from a version, and what models that learned from it wrote.

    What is reached through a model alone says so: muster lineage REF+ stops at models. The answer
    is complete, or says that it was cut by --limit and exits with 3.

    \b
    muster impact web/cc@1
    muster impact web/cc@1 -q
    """
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.impact(reference, down=down, limit=limit, fields=fields)
    show(found, how=LineageFormat.JSON if as_json else how, quiet=quiet)
