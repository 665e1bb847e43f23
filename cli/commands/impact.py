"""`muster impact`: everything that was made from a version."""

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
        int | None, typer.Option("--down", min=0, help="Generations downstream; else all.")
    ] = None,
    limit: LimitOption = None,
    fields: FieldsOption = False,
    how: LineageFormatOption = LineageFormat.TREE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show everything that was made from a version, through which runs.

    The answer is complete, or says that it was cut by --limit and exits with 3.

    \b
    muster impact web/cc@1
    muster impact web/cc@1 -q
    """
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.impact(reference, down=down, limit=limit, fields=fields)
    show(found, how=LineageFormat.JSON if as_json else how, quiet=quiet)
