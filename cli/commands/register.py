"""`muster register`: files become a version of a dataset."""

from pathlib import Path
from typing import Annotated

import typer

from cli.cards import card_of
from cli.generations import (
    PromptDigestOption,
    PromptFileOption,
    RoleOption,
    SamplingOption,
    read_sampling,
)
from cli.groups import SectionedCommand
from cli.options import AsJson, DryRun, MaxRejectedOption, Quiet
from cli.registrations import show, show_plan
from cli.session import Session
from cli.sources import (
    AllowPrivateOption,
    AttemptsOption,
    AuthOption,
    ConsentColumnOption,
    ConsentOption,
    ContributorColumnOption,
    ContributorOption,
    HeaderOption,
    LicenceColumnOption,
    MaxDocumentBytesOption,
    MaxJsonDepthOption,
    MaxMembersOption,
    MaxPageBytesOption,
    MaxPagesOption,
    MaxRateOption,
    MaxRatioOption,
    NextOption,
    PageByOption,
    PageParameterOption,
    RecordsOption,
    SubsetOption,
    SubsetSplitOption,
)
from registry.domain.card import read_moment
from registry.domain.collecting import SourceOptions, parse_source
from registry.domain.contribution import ContributionColumns
from registry.domain.intake import IntakeOptions
from registry.domain.limits import Limits
from registry.domain.reading import Encoding, Extraction, Format, Reading, Split
from registry.domain.version import DatasetKind
from registry.errors import InputError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class _Register(SectionedCommand):
    sections = {
        "file_format": "How files become documents",
        "card": "What is stated of the data",
        "table": "Databases and repositories",
        "page_by": "HTTP APIs",
        "subset": "Datasets of the Hub",
        "contributor": "Contributions",
        "from_start": "How it is done",
    }


@app.command(cls=_Register)
def register(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PLACE...",
            help="Files, folders, globs, - for standard input, the URL of a database, an HTTP API "
            "or a dataset of the Hub, or a repository.",
        ),
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
    template: Annotated[
        str | None,
        typer.Option(
            help="A text made of several columns, such as '{title}: {body}'; '{*}' names them all, "
            "as --kind tabular does."
        ),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option(help="The column that holds the document's id.")
    ] = None,
    records: RecordsOption = None,
    split: Annotated[
        Split, typer.Option(help="What a document of a plain-text file is.")
    ] = Split.FILE,
    keep_partial: Annotated[
        bool,
        typer.Option("--keep-partial", help="Keep what is there of gzip and zstd files cut off."),
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(
            help="What text files are written in; else UTF-8, else it is detected in each."
        ),
    ] = None,
    extract: Annotated[
        Extraction,
        typer.Option(help="What is taken of web pages: their main content, or all text."),
    ] = Extraction.MAIN,
    card: Annotated[
        Path | None, typer.Option(help="A .yaml or .toml file with the fields of this section.")
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
        str | None,
        typer.Option(metavar="DATE", help="When it was fetched, in UTC; a date is its midnight."),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it here.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="A name for this version; may be repeated.")
    ] = None,
    derived_from: Annotated[
        list[str] | None,
        typer.Option(
            "--derived-from",
            "--seeds",
            metavar="REF",
            help="A version it was made from, outside of muster, such as a model's seeds; may be "
            "repeated.",
        ),
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
        typer.Option(
            "--generated-by",
            "--generator",
            metavar="MODEL@REVISION",
            help="The model that wrote it; or people.",
        ),
    ] = None,
    role: RoleOption = None,
    prompt_digest: PromptDigestOption = None,
    prompt_file: PromptFileOption = None,
    sampling: SamplingOption = None,
    table: Annotated[
        str | None, typer.Option(help="The table or view of a database, SCHEMA.TABLE.")
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="A SELECT; each of its rows is one of the data.")
    ] = None,
    cursor_column: Annotated[
        str | None,
        typer.Option(help="A column that rises with every row: the next time only new ones."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds that a database or API may take; 3,600 unless said."),
    ] = None,
    commit: Annotated[
        str | None,
        typer.Option(help="A commit, branch or tag: the folder is a git repository at it."),
    ] = None,
    page_by: PageByOption = None,
    next_path: NextOption = None,
    page_parameter: PageParameterOption = None,
    auth: AuthOption = None,
    header: HeaderOption = None,
    attempts: AttemptsOption = None,
    max_rate: MaxRateOption = None,
    max_pages: MaxPagesOption = None,
    max_page_bytes: MaxPageBytesOption = None,
    allow_private: AllowPrivateOption = None,
    subset: SubsetOption = None,
    subset_split: SubsetSplitOption = None,
    contributor: ContributorOption = None,
    contributor_column: ContributorColumnOption = None,
    consent: ConsentOption = None,
    consent_column: ConsentColumnOption = None,
    licence_column: LicenceColumnOption = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Read all of a source again, not what is new.")
    ] = False,
    max_rejected: MaxRejectedOption = None,
    max_ratio: MaxRatioOption = None,
    max_members: MaxMembersOption = None,
    max_json_depth: MaxJsonDepthOption = None,
    max_document_bytes: MaxDocumentBytesOption = None,
    ingest: Annotated[
        bool, typer.Option("--ingest", help="Also copy the files into the object store.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Register files where they lie: digests, schema, documents and bytes; nothing is copied.

    The same bytes again change nothing. Changed bytes make a new version. What a database, a
    repository or an API gives is kept in the store; the next time only what is new is read.

    \b
    muster register corpus/ --name web/cc --license CC-BY-4.0 --language en
    muster register 'gsm8k/*.jsonl' --name math/gsm8k --text-column question
    zcat dump.jsonl.gz | muster register - --name web/dump
    muster register postgresql://db/forum --table posts --cursor-column id --name forum/posts
    muster register ~/src/project --commit v2.1 --name code/project
    muster register https://host/api/posts --page-by page --auth env:TOKEN --name forum/api
    muster register gifts.jsonl --contributor-column email --name people/gifts
    muster register hf://datasets/OWNER/NAME@v1 --subset en --name web/text
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
        retrieved_at=None
        if retrieved_at is None
        else read_moment(retrieved_at, what="--retrieved-at"),
        owner=owner,
        tags=tag,
        derived_from=derived_from,
        rule=rule,
        take=take,
        generated_by=generated_by,
        role=role,
        prompt_digest=prompt_digest,
        prompt_file=None if prompt_file is None else str(prompt_file),
        sampling=read_sampling(sampling),
    )
    reading = Reading(
        format=file_format,
        text_columns=tuple(text_column or ()),
        template=template,
        id_column=id_column,
        split=split,
        extract=extract,
        records=records,
        keeps_partial=keep_partial,
        encoding=None if encoding is None else Encoding.declare(encoding),
    )
    source = parse_source(
        paths,
        SourceOptions(
            table=table,
            query=query,
            cursor_column=cursor_column,
            timeout_seconds=timeout,
            commit=commit,
            page_by=page_by,
            records=records,
            next=next_path,
            page_parameter=page_parameter,
            auth=auth,
            headers=tuple(header) if header else None,
            attempts=attempts,
            max_rate=max_rate,
            max_pages=max_pages,
            max_page_bytes=max_page_bytes,
            max_ratio=max_ratio,
            allow_private=allow_private,
            subset=subset,
            subset_split=subset_split,
        ),
    )
    terms = (contributor, contributor_column, consent, consent_column, licence_column)
    gives = any(term is not None for term in terms)
    if gives and source is not None:
        raise InputError("contributions are files, or - for standard input")
    intake: IntakeOptions = {
        "reading": reading,
        "card": stated,
        "max_rejected": max_rejected,
        "limits": Limits.state(
            max_ratio=max_ratio,
            max_members=max_members,
            max_json_depth=max_json_depth,
            max_document_bytes=max_document_bytes,
        ),
    }
    with session.registry() as registry:
        if gives:
            answer = registry.contribute(
                paths,
                name=name,
                contributor=contributor,
                consent=consent,
                columns=ContributionColumns(
                    consent=consent_column or "consent",
                    licence=licence_column,
                    contributor=contributor_column,
                ),
                dry_run=dry_run,
                **intake,
            )
        elif source is None:
            answer = registry.register(paths, name=name, ingest=ingest, dry_run=dry_run, **intake)
        elif dry_run:
            show_plan(
                registry.plan_collection(source, name=name, from_start=from_start, **intake),
                as_json=as_json,
            )
            return
        else:
            answer = registry.collect(
                source, name=name, ingest=ingest, from_start=from_start, **intake
            )
    show(answer, as_json=as_json, quiet=quiet)
