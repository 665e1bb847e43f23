"""`muster list`: datasets, each with its newest version."""

from typing import Annotated

import typer

from cli import output
from cli.datasets import print_datasets
from cli.options import AsJson, FormatOption, ListFormat, Quiet
from cli.session import Session
from registry.domain.version import DatasetKind

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("list")
def list_datasets(
    context: typer.Context,
    kind: Annotated[DatasetKind | None, typer.Option(help="Only this kind.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    space: Annotated[str | None, typer.Option(help="Only this space.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    after: Annotated[
        str | None, typer.Option(metavar="NAME", help="Go on behind this dataset.")
    ] = None,
    how: FormatOption = ListFormat.TABLE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List datasets by name, each with its newest version."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.datasets.list(kind=kind, tag=tag, space=space, limit=limit, after=after)
    print_datasets(found, how=ListFormat.JSON if as_json else how, quiet=quiet)
    if len(found) == limit and not quiet:
        name = found[-1].reference.partition("@")[0]
        output.hint(f"next: muster list --after {name}")
