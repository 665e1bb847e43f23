"""`muster diversity`: how varied documents are."""

from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, ReferenceArgument
from cli.session import Session
from registry.domain.quantities import format_bytes, format_number, format_percent

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def diversity(
    context: typer.Context,
    reference: ReferenceArgument,
    num_documents: Annotated[
        int, typer.Option("-n", "--number", min=1, max=20_000, help="Documents of the sample.")
    ] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="Which ones; the same seed draws the same.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure how varied a version is, on a sample: of its text and, if embedded, its vectors.

    \b
    muster diversity web/cc.text-default
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.diversity(reference, num_documents=num_documents, seed=seed)
    if as_json:
        output.print_json(answer)
        return
    words, pairs, triples = (format_percent(share) for share in answer.text.distinct)
    vendi = "not measured: there are no embeddings"
    if answer.vendi_score is not None:
        vendi = (
            f"{answer.vendi_score:,.1f} of {answer.num_vectors:,} vectors, by {answer.embeddings}"
        )
    output.print_facts(
        [
            ("version", answer.reference),
            (
                "sample",
                f"{format_number(answer.num_documents, 'document')}, "
                f"{format_bytes(answer.num_bytes)}, seed {answer.seed}",
            ),
            ("Vendi score", vendi),
            ("compression", f"{answer.text.compression_ratio:.3f} times smaller by zlib"),
            ("distinct", f"{words} of words, {pairs} of pairs, {triples} of triples"),
        ]
    )
    if answer.embeddings is None:
        output.hint(f"next: muster embed {answer.reference}")
