"""`muster lineage`: everything that a version was made from."""

import typer

from cli.lineage import LimitOption, LineageFormat, LineageFormatOption, show
from cli.options import AsJson, Quiet, ReferenceArgument
from cli.session import Session

app = typer.Typer(rich_markup_mode=None)


@app.command()
def lineage(
    context: typer.Context,
    reference: ReferenceArgument,
    limit: LimitOption = None,
    how: LineageFormatOption = LineageFormat.TREE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show everything that a version was made from, through which runs.

    The answer is complete, or says that it was cut by --limit and exits with 3.

    \b
    muster lineage web/cc.text-default.gpt2
    muster lineage web/cc.text-default.gpt2 --format mermaid > lineage.mmd
    """
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.lineage(reference, limit=limit)
    show(found, how=LineageFormat.JSON if as_json else how, quiet=quiet)
