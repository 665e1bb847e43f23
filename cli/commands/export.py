"""`muster export`: a version's shards as files."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, ReferenceArgument
from cli.session import Session

app = typer.Typer(rich_markup_mode=None)


@app.command()
def export(
    context: typer.Context,
    reference: ReferenceArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files are written.")],
    as_json: AsJson = False,
) -> None:
    """Write a version's shards as files: Parquet of documents, or .bin and .idx of tokens."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.export(reference, folder)
    if as_json:
        output.print_json(answer)
        return
    for file in answer.files:
        output.write(file.path)
