"""`muster sample`: look at documents."""

from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, ReferenceArgument
from cli.session import Session
from registry.domain.quantities import format_number

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def sample(
    context: typer.Context,
    reference: ReferenceArgument,
    num_documents: Annotated[
        int, typer.Option("-n", "--number", min=1, max=10_000, help="How many documents.")
    ] = 5,
    seed: Annotated[int, typer.Option(help="Which ones; the same seed draws the same.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show documents drawn by a seed, invisible characters made visible."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.sample(reference, num_documents=num_documents, seed=seed)
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.samples import render_document

    for document in answer.documents:
        title = f"{document.source}  {format_number(document.num_bytes, 'byte')}"
        output.print_text(render_document(title, document.text, width=output.width()))
