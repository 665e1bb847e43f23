"""`muster measure`: what a pass over the documents finds, kept for every report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import (
    AsJson,
    ExecutorOption,
    MaxRejectedOption,
    Quiet,
    RayAddressOption,
    WorkersOption,
)
from cli.session import Session
from registry.domain.contamination import NGRAM_WORDS
from registry.domain.execution import Execution, ExecutorKind
from registry.domain.near_duplicates import NearDuplicateMeasurement
from registry.domain.quantities import format_bytes, format_percent

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

_COLUMNS = ("version", "status", "documents", "exact copies", "near copies", "share", "signatures")


@app.callback()
def measure() -> None:
    """Measure what reports stand on and no count says."""


@app.command("near-duplicates")
def near_duplicates(
    context: typer.Context,
    references: Annotated[
        list[str], typer.Argument(metavar="REF...", help="Versions of documents.")
    ],
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="Normalize on the fly, as tokens were counted; else as it is."
        ),
    ] = None,
    words: Annotated[int, typer.Option(min=1, max=50, help="Words in a shingle.")] = 5,
    bands: Annotated[
        int, typer.Option(min=1, max=500, help="Near duplicates agree in one band at least.")
    ] = 14,
    rows: Annotated[int, typer.Option(min=1, max=50, help="Hashes in a band.")] = 8,
    executor: ExecutorOption = ExecutorKind.AUTO,
    workers: WorkersOption = None,
    ray_address: RayAddressOption = "auto",
    max_rejected: MaxRejectedOption = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Sign each document by MinHash, so that reports find near duplicates, across versions too.

    Reports count them where every version they hold was measured with the same words, bands and
    rows; else their unique tokens stay an upper bound.

    \b
    muster measure near-duplicates web/cc.text-default books/pg.text-default
    """
    session: Session = context.obj
    execution = Execution(kind=executor, num_workers=workers, ray_address=ray_address)
    with session.registry(execution) as registry:
        answers = registry.measure_near_duplicates(
            references,
            recipe=recipe,
            max_rejected=max_rejected,
            words=words,
            bands=bands,
            rows=rows,
        )
    if as_json:
        output.print_values(answers)
        return
    if quiet:
        for answer in answers:
            output.write(answer.reference)
        return
    _show(answers)


@app.command()
def contamination(
    context: typer.Context,
    references: Annotated[
        list[str], typer.Argument(metavar="REF...", help="Versions of documents.")
    ],
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="REF",
            help="Evaluation data; else the newest version of each dataset of the kind evaluation.",
        ),
    ] = None,
    words: Annotated[int, typer.Option(min=1, max=1000, help="Words of an n-gram.")] = NGRAM_WORDS,
    common: Annotated[
        int | None,
        typer.Option(
            "--common",
            metavar="COUNT",
            min=1,
            help="Pass over n-grams that stand in more documents than so many; GPT-3 took 10.",
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="Normalize on the fly, as tokens were counted; else as it is."
        ),
    ] = None,
    executor: ExecutorOption = ExecutorKind.AUTO,
    workers: WorkersOption = None,
    ray_address: RayAddressOption = "auto",
    max_rejected: MaxRejectedOption = None,
    listing: Annotated[
        Path | None,
        typer.Option("--list", metavar="FILE", help="Also write each such document, as CSV."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the documents that equal evaluation data or share an n-gram of words with it.

    Reports then leave them out of the supply. Which documents and which items they are is kept.

    \b
    muster measure contamination web/cc.text-default --list overlap.csv
    muster measure contamination web/cc.text-default --against eval/gsm8k --words 8
    """
    from registry.reporting.contamination import LIST_COLUMNS, overlapping_row, render_overlaps
    from registry.reporting.tables import rows_to_csv

    session: Session = context.obj
    output.require_folder(listing)
    execution = Execution(kind=executor, num_workers=workers, ray_address=ray_address)
    with session.registry(execution) as registry:
        answers = registry.measure_contamination(
            references,
            against=against or (),
            words=words,
            common=common,
            recipe=recipe,
            max_rejected=max_rejected,
        )
        if listing is not None:
            rows = [
                overlapping_row(answer, found, one)
                for answer in answers
                for found in answer.against
                for one in registry.list_overlapping(found)
            ]
            output.write_file(listing, rows_to_csv(LIST_COLUMNS, rows))
    if as_json:
        output.print_values(answers)
        return
    if quiet:
        for answer in answers:
            output.write(answer.reference)
        return
    output.print_text(render_overlaps(answers))
    output.hint(f"next: muster report {' '.join(answer.reference for answer in answers)}")


def _show(answers: Sequence[NearDuplicateMeasurement]) -> None:
    from rich.text import Text

    from registry.reporting.tables import add_rows, new_table

    table = new_table(_COLUMNS, right=_COLUMNS[2:])
    output.print_text(add_rows(table, [_row(answer) for answer in answers]))
    output.print_text(Text(f"by {answers[0].method}"))
    output.hint(f"next: muster report {' '.join(answer.reference for answer in answers)}")


def _row(answer: NearDuplicateMeasurement) -> list[str]:
    share = answer.num_near_duplicates / answer.num_documents if answer.num_documents else 0.0
    return [
        answer.reference,
        answer.status,
        f"{answer.num_documents:,}",
        f"{answer.num_exact_duplicates:,}",
        f"{answer.num_near_duplicates:,}",
        format_percent(share),
        format_bytes(answer.num_bytes),
    ]
