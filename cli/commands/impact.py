"""`muster impact`: everything that was made from a version."""

import typer

from cli.lineage import LimitOption, LineageFormat, LineageFormatOption, show
from cli.options import AsJson, Quiet, ReferenceArgument
from cli.session import Session

app = typer.Typer(rich_markup_mode=None)


@app.command()
def impact(
    context: typer.Context,
    reference: ReferenceArgument,
    limit: LimitOption = None,
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
        found = registry.impact(reference, limit=limit)
    show(found, how=LineageFormat.JSON if as_json else how, quiet=quiet)
