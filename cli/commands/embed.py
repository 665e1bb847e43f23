"""`muster embed`: a vector for each document."""

from typing import Annotated

import typer

from cli import output
from cli.options import (
    AsJson,
    ExecutorOption,
    MaxRejectedOption,
    Quiet,
    RayAddressOption,
    ReferenceArgument,
    WorkersOption,
)
from cli.session import Session
from registry.domain.embedding import Embedding, EmbeddingModel
from registry.domain.execution import Execution, ExecutorKind
from registry.domain.quantities import format_bytes

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def embed(
    context: typer.Context,
    reference: ReferenceArgument,
    model: Annotated[
        str,
        typer.Option(
            metavar="static|FOLDER|NAME",
            help="Train on the version itself; or a model's folder; or owner/name on the Hub.",
        ),
    ] = "static",
    dimensions: Annotated[
        int | None, typer.Option(help="Entries of a vector; static: 128.")
    ] = None,
    window: Annotated[
        int | None, typer.Option(help="Words between which terms occur together; static: 5.")
    ] = None,
    min_count: Annotated[
        int | None, typer.Option(help="How often a term occurs at least; static: 5.")
    ] = None,
    max_terms: Annotated[
        int | None, typer.Option(help="How many terms have a vector; static: 30000.")
    ] = None,
    max_training_bytes: Annotated[
        int | None, typer.Option(help="Bytes of text that are trained on; static: 1 GiB.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The dataset of the embeddings; else NAME.MODEL.")
    ] = None,
    executor: ExecutorOption = ExecutorKind.AUTO,
    workers: WorkersOption = None,
    ray_address: RayAddressOption = "auto",
    max_rejected: MaxRejectedOption = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a vector for each document, in Parquet.

    \b
    muster embed web/cc.text-default
    muster embed web/cc.text-default --model ./potion-base-8M
    """
    session: Session = context.obj
    execution = Execution(kind=executor, num_workers=workers, ray_address=ray_address)
    with session.registry(execution) as registry:
        answer = registry.embed(
            reference,
            model=model,
            name=name,
            max_rejected=max_rejected,
            dimensions=dimensions,
            window=window,
            min_count=min_count,
            max_terms=max_terms,
            max_training_bytes=max_training_bytes,
        )
    show(answer, as_json=as_json, quiet=quiet)


def show(answer: Embedding, *, as_json: bool, quiet: bool) -> None:
    """Print what was embedded."""
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.reference)
        return
    rejected = ", ".join(f"{reason} {count:,}" for reason, count in answer.rejected.items())
    zero = f"{answer.num_zero:,} without a term that the model knows"
    output.print_facts(
        [
            (answer.status, answer.reference),
            ("input", answer.input),
            ("model", f"{answer.model.name}, {answer.model.fingerprint}"),
            ("vectors", _vectors(answer.model)),
            ("trained", _training(answer.model)),
            ("documents", f"{answer.num_documents:,}"),
            ("zero", zero if answer.num_zero else None),
            ("rejected", rejected or None),
            ("files", format_bytes(answer.num_bytes)),
        ]
    )
    output.hint(f'next: muster similar {answer.reference} --text "..."')


def _vectors(model: EmbeddingModel) -> str:
    terms = "terms" if model.parameters is not None else "tokens"
    length = ", of length 1" if model.normalized else ""
    first = "" if model.max_tokens is None else f", of the first {model.max_tokens:,} tokens"
    return f"{model.dimensions} x float32{length}; {model.num_terms:,} {terms}{first}"


def _training(model: EmbeddingModel) -> str | None:
    used = model.parameters
    if used is None:
        return None
    return f"window {used.window}, terms of {used.min_count} occurrences or more"
