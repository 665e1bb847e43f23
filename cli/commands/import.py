"""`muster import`: what other tools state of data, as claims beside what is known here."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, DryRun
from cli.session import Session
from registry.domain.exchange import EventCounts, ImportedDataset, MetadataFormat

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_MOST_LINES = 20
"""Of lines that were skipped; `--json` has them all."""


@app.command(name="import")
def import_(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files of one format; events are taken together."),
    ],
    metadata_format: Annotated[
        MetadataFormat | None,
        typer.Option("--format", help="Else recognised by what the files hold."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option("--to", metavar="REF", help="The version described; else found by its name."),
    ] = None,
    space: Annotated[
        str, typer.Option(help="Where datasets are put that are not known here.")
    ] = "imported",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import Croissant, cards of the Hub, Data Provenance summaries or OpenLineage events.

    Nothing that is known is overwritten: a licence becomes an assertion of low confidence, counts
    stay declared, all else is kept as claims. The same import again changes nothing.

    \b
    muster import croissant.json
    muster import README.md --to web/cc@2
    muster import spark.jsonl airflow.jsonl --dry-run
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.exchange.read(
            list(paths), format=metadata_format, reference=reference, space=space, dry_run=dry_run
        )
    if as_json:
        output.print_json(answer)
        return
    if answer.events is not None:
        _show_events(answer.events)
    for dataset in answer.datasets:
        _show_dataset(dataset)


def _show_dataset(dataset: ImportedDataset) -> None:
    from registry.reporting.text import plain

    stated = "; ".join(f"{one.expression} by {one.by}" for one in dataset.licences)
    declared = [one for one in dataset.claims if one.name.startswith("declared.num_")]
    made_by = [_join(one.value) for one in dataset.claims if one.name == "generated_by"]
    output.print_facts(
        [
            (dataset.status, dataset.reference),
            ("called", plain(dataset.name)),
            ("states", plain(stated) or None),
            ("holds", dataset.licence),
            ("declares", ", ".join(_describe(one.name, one.value) for one in declared) or None),
            ("made by", plain(", ".join(made_by)) or None),
            ("claims", f"{len(dataset.claims):,}"),
        ]
    )
    for line in dataset.left_out:
        output.hint(f"left out: {plain(line)}")


def _join(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _describe(name: str, value: object) -> str:
    from registry.reporting.text import plain

    noun = name.removeprefix("declared.num_").replace(".", " of ")
    number = value.get("num_tokens", value.get("value")) if isinstance(value, dict) else value
    return plain(f"{number:,} {noun}" if isinstance(number, int) else f"{number} {noun}")[:80]


def _show_events(counts: EventCounts) -> None:
    from registry.reporting.text import plain

    unfinished = f"{counts.num_unfinished_runs:,}, kept until their end is imported"
    output.print_facts(
        [
            ("events", f"{counts.num_events:,}, {counts.num_duplicates:,} of them repeated"),
            ("runs", f"{counts.num_runs:,} new, {counts.num_known_runs:,} known"),
            ("failed", f"{counts.num_failed_runs:,}" if counts.num_failed_runs else None),
            ("unfinished", unfinished if counts.num_unfinished_runs else None),
            ("datasets", f"{counts.num_datasets:,} new"),
            ("versions", f"{counts.num_versions:,} new"),
            ("edges", f"{counts.num_edges:,} new"),
        ]
    )
    for line in counts.skipped[:_MOST_LINES]:
        output.hint(f"skipped {plain(line)}")
    if len(counts.skipped) > _MOST_LINES:
        output.hint(f"skipped {len(counts.skipped) - _MOST_LINES:,} more lines")
