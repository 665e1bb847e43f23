"""`muster register`: files become a version of a dataset."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.cards import card_of
from cli.generations import PromptDigestOption, RoleOption, SamplingOption, read_sampling
from cli.options import AsJson, DryRun, Quiet
from cli.session import Session
from registry.domain.answers import ReadingChange, Registration
from registry.domain.quantities import format_bytes, format_number
from registry.domain.reading import Format, Reading, Split
from registry.domain.version import DatasetKind

app = typer.Typer(rich_markup_mode=None)


@app.command()
def register(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files, folders, globs, or - for standard input."),
    ],
    name: Annotated[str, typer.Option(help="The dataset, space/name.")],
    file_format: Annotated[
        Format, typer.Option("--format", help="Where guessing is not enough.")
    ] = Format.AUTO,
    text_column: Annotated[
        list[str] | None,
        typer.Option(
            help="The column that holds the text, strings or lists of them; several are joined by "
            "a blank line."
        ),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option(help="The column that holds the document's id.")
    ] = None,
    split: Annotated[
        Split, typer.Option(help="What a document of a plain-text file is.")
    ] = Split.FILE,
    card: Annotated[
        Path | None, typer.Option(help="A .yaml or .toml file with the fields below.")
    ] = None,
    kind: Annotated[DatasetKind | None, typer.Option(help="What the dataset is made of.")] = None,
    licence: Annotated[
        str | None,
        typer.Option("--license", "--licence", help="SPDX expression, LicenseRef-name or unknown."),
    ] = None,
    licence_url: Annotated[
        str | None, typer.Option("--license-url", help="Where the licence is stated.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="A BCP 47 tag such as en; may be repeated.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is, in a sentence.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the publisher offers it.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Who offers it.")] = None,
    retrieved_at: Annotated[
        datetime | None, typer.Option(help="When it was fetched, in UTC; a date is its midnight.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it here.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="A name for this version; may be repeated.")
    ] = None,
    derived_from: Annotated[
        list[str] | None,
        typer.Option(help="A version it was made from, outside of muster; may be repeated."),
    ] = None,
    rule: Annotated[str | None, typer.Option(help="How it was made from them.")] = None,
    take: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REF=DOCUMENTS",
            help="How many documents were taken from a version, unchanged; together all of them.",
        ),
    ] = None,
    generated_by: Annotated[
        str | None,
        typer.Option(metavar="MODEL@REVISION", help="The model that wrote it; or people."),
    ] = None,
    role: RoleOption = None,
    prompt_digest: PromptDigestOption = None,
    sampling: SamplingOption = None,
    ingest: Annotated[
        bool, typer.Option("--ingest", help="Also copy the files into the object store.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Register files where they lie: digests, schema, documents and bytes; nothing is copied.

    The same bytes again change nothing. Changed bytes make a new version.

    \b
    muster register corpus/ --name web/cc --license CC-BY-4.0 --language en
    muster register 'gsm8k/*.jsonl' --name math/gsm8k --text-column question
    zcat dump.jsonl.gz | muster register - --name web/dump
    """
    session: Session = context.obj
    stated = card_of(
        card,
        kind=kind,
        license=licence,
        license_url=licence_url,
        language=language,
        description=description,
        url=url,
        publisher=publisher,
        retrieved_at=retrieved_at,
        owner=owner,
        tags=tag,
        derived_from=derived_from,
        rule=rule,
        take=take,
        generated_by=generated_by,
        role=role,
        prompt_digest=prompt_digest,
        sampling=read_sampling(sampling),
    )
    reading = Reading(
        format=file_format,
        text_columns=tuple(text_column or ()),
        id_column=id_column,
        split=split,
    )
    with session.registry() as registry:
        answer = registry.register(
            paths, name=name, reading=reading, card=stated, ingest=ingest, dry_run=dry_run
        )
    show(answer, as_json=as_json, quiet=quiet)


def show(answer: Registration, *, as_json: bool, quiet: bool) -> None:
    """Print a registration."""
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.reference)
        return
    if answer.status == "unchanged":
        output.write(f"unchanged: {answer.reference}")
        return
    rejected = ", ".join(f"{reason} {count:,}" for reason, count in answer.rejected.items())
    output.print_facts(
        [
            (answer.status, answer.reference),
            ("documents", f"{answer.num_documents:,}"),
            ("text", format_bytes(answer.num_text_bytes)),
            ("files", f"{answer.num_shards:,}, {format_bytes(answer.num_bytes)}"),
            ("digest", answer.digest),
            ("licence", answer.licence),
            ("rejected", rejected or "none"),
            ("changed", _changes(answer)),
            ("reading", _readings(answer)),
        ]
    )
    if answer.rejected and answer.quarantine:
        output.hint(f"rejected rows: muster quarantine {answer.reference}")
    for skipped in answer.skipped:
        output.hint(f"skipped: {skipped.path}: {skipped.reason}")
    if answer.licence == "unknown":
        output.hint(f"hint: muster dataset set {answer.reference} --license LICENCE")
    if answer.status == "created":
        recipe = answer.kind.usual_recipe
        output.hint(f"next: muster normalize {answer.reference} --recipe {recipe}")


def _changes(answer: Registration) -> str | None:
    changes = answer.changes
    if changes is None:
        return None
    num_reread = sum(len(change.paths) for change in changes.readings)
    reread = f"{num_reread:,} read otherwise, " if num_reread else ""
    return (
        f"since {changes.previous}: {len(changes.added):,} files added, "
        f"{len(changes.removed):,} removed, {len(changes.changed):,} changed, "
        f"{reread}{changes.documents:+,} documents"
    )


def _readings(answer: Registration) -> str | None:
    changes = answer.changes
    if changes is None or not changes.readings:
        return None
    return "; ".join(_reading(change) for change in changes.readings)


def _reading(change: ReadingChange) -> str:
    fields = ", ".join(
        f"{name.replace('_', ' ')} {_value(change.before, name)} -> {_value(change.after, name)}"
        for name in change.fields
    )
    return f"{fields} ({format_number(len(change.paths), 'file')})"


def _value(reading: Reading, name: str) -> str:
    value = reading.model_dump(mode="json")[name]
    return " + ".join(value) or "none" if isinstance(value, list) else str(value or "none")
