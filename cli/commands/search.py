"""`muster search`: full text over names, descriptions and tags."""

from typing import Annotated

import typer

from cli import output
from cli.datasets import print_datasets
from cli.options import AsJson, FormatOption, ListFormat, Quiet
from cli.session import Session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Words to find.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    how: FormatOption = ListFormat.TABLE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Search names, descriptions and tags; the best matches first."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.datasets.search(" ".join(words), limit=limit)
    print_datasets(found, how=ListFormat.JSON if as_json else how, quiet=quiet)
    if len(found) == limit and not quiet:
        output.hint(f"the first {limit}; there may be more: --limit, or another word")
