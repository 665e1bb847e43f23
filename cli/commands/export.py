"""`muster export`: a version's shards, its tokens in a trainer's format, or its description."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import (
    AsJson,
    MaxShardTokens,
    PackingOption,
    SequenceLength,
    ShuffleSeed,
    ValFraction,
    read_val_fraction,
)
from cli.session import Session
from registry.domain.answers import Export, TokenExport
from registry.domain.declaration import DeclarationExport
from registry.domain.exchange import MetadataExport, MetadataFormat
from registry.domain.quantities import format_bytes, format_number
from registry.domain.tokens import OutputFormat, Packing, TokenSplit
from registry.domain.urls import redact_url
from registry.errors import InputError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def export(
    context: typer.Context,
    reference: Annotated[
        str | None,
        typer.Argument(
            metavar="REF",
            help="space/name, space/name@3, space/name@tag or space/name@sha256:...",
            show_default=False,
        ),
    ] = None,
    destination: Annotated[
        str | None,
        typer.Argument(
            metavar="DIR|FILE|URL",
            help="The folder of shards or tokens. With --format a file, or a server of events; "
            "else, and as `-`, standard output.",
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        Path | None,
        typer.Option(
            "--all",
            metavar="FILE",
            help="Write what is stated of all data, for muster apply; `-`: to standard output.",
        ),
    ] = None,
    metadata_format: Annotated[
        MetadataFormat | None,
        typer.Option("--format", help="Describe the version in this format, and write no data."),
    ] = None,
    output_format: Annotated[
        OutputFormat | None,
        typer.Option(help="Write tokens in this format; else the shards as they are stored."),
    ] = None,
    sequence_length: SequenceLength = None,
    packing: PackingOption = None,
    shuffle_seed: ShuffleSeed = None,
    val_fraction: ValFraction = None,
    max_shard_tokens: MaxShardTokens = None,
    as_json: AsJson = False,
) -> None:
    """Write a version's shards as files, its tokens for a trainer, or what is known of it.

    Without a format: Parquet of documents or embeddings, or Megatron's .bin and .idx, one pair a
    unit. With --format a description; what it had to leave out is said on stderr.

    \b
    muster export web/cc.text-default corpus
    muster export web/cc.gpt2 out --output-format nanogpt --shuffle-seed 0 --val-fraction 0.05%
    muster export web/cc.gpt2 out --output-format llmc
    muster export web/cc.gpt2 out --output-format mds --sequence-length 2048 --packing best-fit
    muster export web/cc.text-default croissant.json --format croissant
    muster export web/cc.text-default http://localhost:5000 --format openlineage
    muster export --all registry.yaml
    """
    session: Session = context.obj
    destination = None if destination == "-" else destination
    tuning = {
        "--sequence-length": sequence_length,
        "--packing": packing,
        "--shuffle-seed": shuffle_seed,
        "--val-fraction": val_fraction,
        "--max-shard-tokens": max_shard_tokens,
    }
    if everything is not None:
        _refuse_with_all(reference, metadata_format, output_format, *tuning.values())
        path = None if str(everything) == "-" else everything
        with session.registry() as registry:
            _show_all(registry.exchange.write_all(path), as_json=as_json)
        return
    if reference is None:
        raise InputError("no version is named", hint="muster export space/name DIR")
    if metadata_format is not None:
        _refuse_with_metadata(output_format, tuning)
        with session.registry() as registry:
            described = registry.exchange.write(
                reference, format=metadata_format, destination=destination
            )
        _show_description(described, as_json=as_json)
        return
    if destination is None:
        raise InputError("no folder is named", hint=f"muster export {reference} DIR")
    folder = Path(destination)
    if output_format is None:
        _refuse_without_format(tuning)
        with session.registry() as registry:
            _show_files(registry.export(reference, folder), as_json=as_json)
        return
    with session.registry() as registry:
        answer = registry.export_tokens(
            reference,
            folder,
            output_format=output_format,
            sequence_length=sequence_length,
            packing=packing or Packing.CONCATENATE,
            shuffle_seed=shuffle_seed,
            val_fraction=read_val_fraction(val_fraction),
            max_shard_tokens=max_shard_tokens,
        )
    _show_tokens(answer, as_json=as_json)


def _refuse_with_all(*others: object) -> None:
    if any(value is not None for value in others):
        raise InputError(
            "--all is of no single version and has a format of its own",
            hint="muster export --all registry.yaml",
        )


def _refuse_without_format(tuning: Mapping[str, object]) -> None:
    for option, value in tuning.items():
        if value is not None:
            raise InputError(
                f"{option} needs a format", hint="--output-format " + "|".join(OutputFormat)
            )


def _refuse_with_metadata(output_format: OutputFormat | None, tuning: Mapping[str, object]) -> None:
    for option, value in {"--output-format": output_format, **tuning}.items():
        if value is not None:
            raise InputError(
                f"{option} is for tokens, --format for a description", hint="give one of them"
            )


def _show_all(answer: DeclarationExport, *, as_json: bool) -> None:
    if as_json:
        output.print_json(answer)
    else:
        output.write(answer.text if answer.file is None else answer.file)


def _show_description(answer: MetadataExport, *, as_json: bool) -> None:
    from registry.reporting.text import plain

    if as_json:
        output.print_json(answer)
    elif answer.destination is None:
        output.write(answer.text)
    else:
        output.write(plain(redact_url(answer.destination)))
    for line in answer.left_out:
        output.hint(f"left out: {plain(line)}")


def _show_files(answer: Export, *, as_json: bool) -> None:
    if as_json:
        output.print_json(answer)
        return
    for file in answer.files:
        output.write(file.path)


def _show_tokens(answer: TokenExport, *, as_json: bool) -> None:
    if as_json:
        output.print_json(answer)
        return
    manifest = answer.manifest
    num_bytes = sum(file.num_bytes for file in manifest.files)
    output.print_facts(
        [
            (answer.status, answer.folder),
            ("from", manifest.reference),
            ("format", f"{manifest.options.output_format}, {manifest.dtype}"),
            ("tokenizer", manifest.tokenizer.name),
            ("special", manifest.boundaries),
            *((split.name, _split(split)) for split in manifest.splits),
            ("files", f"{len(manifest.files):,}, {format_bytes(num_bytes)}"),
        ]
    )


def _split(split: TokenSplit) -> str:
    parts = [
        format_number(split.num_tokens, "token"),
        format_number(split.num_documents, "document"),
    ]
    if split.num_rows != split.num_documents:
        parts.append(format_number(split.num_rows, "sequence"))
    if split.tail_tokens:
        what = "as a shorter row" if split.is_tail_written else "left out"
        parts.append(f"{split.tail_tokens:,} behind the last full one, {what}")
    return ", ".join(parts)
