"""`muster similar`: the nearest documents or terms."""

from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, Quiet, ReferenceArgument
from cli.session import Session
from registry.domain.embedding import Neighbours

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def similar(
    context: typer.Context,
    reference: ReferenceArgument,
    text: Annotated[str | None, typer.Option(help="Documents that are near to this text.")] = None,
    document: Annotated[
        str | None, typer.Option(metavar="ID", help="Documents that are near to this one.")
    ] = None,
    term: Annotated[
        str | None, typer.Option(metavar="WORD", help="Terms that are used as this one is.")
    ] = None,
    num_neighbours: Annotated[
        int, typer.Option("-k", "--number", min=1, max=10_000, help="How many are shown.")
    ] = 10,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show the nearest documents or terms, by the cosine of their vectors; the search is exact.

    \b
    muster similar web/cc.text-default --text "how to repair a bicycle"
    muster similar web/cc.text-default.static --term bicycle -k 20
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.similar(
            reference, text=text, document=document, term=term, num_neighbours=num_neighbours
        )
    if as_json:
        output.print_json(answer)
    elif quiet:
        for neighbour in answer.neighbours:
            output.write(neighbour.id)
    else:
        _print(answer)


def _print(answer: Neighbours) -> None:
    from registry.reporting.neighbours import render_neighbours

    if not answer.neighbours:
        output.hint("nothing else has a vector")
        return
    output.print_text(render_neighbours(answer, width=output.width()))
    output.hint(
        f"{answer.num_searched:,} {answer.searched} of {answer.reference}, by {answer.model.name}"
    )
