"""Read a file of metadata, whatever its format: recognised by what it holds, then by its name."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from registry.domain.exchange import MetadataFormat, StatedDescription
from registry.errors import InputError, UnreadableError
from registry.exchange.card_reading import read_card
from registry.exchange.croissant_reading import read_croissant
from registry.exchange.initiative import MARK, read_summary

_MOST_BYTES = 64 << 20
"""A larger file is no description of a dataset. Files of events are read line by line."""


def detect(path: Path) -> MetadataFormat:
    """Return the format of a file, by its beginning.

    Raises:
        UnreadableError: It cannot be read.
        InputError: It is in none of the formats.
    """
    head = _head(path)
    if head.startswith("---"):
        return MetadataFormat.CARD
    if '"eventType"' in head or '"eventTime"' in head:
        return MetadataFormat.OPENLINEAGE
    if '"@context"' in head or '"@type"' in head:
        return MetadataFormat.CROISSANT
    if f'"{MARK}"' in head:
        return MetadataFormat.DATA_PROVENANCE
    if path.suffix.lower() in {".md", ".markdown"}:
        raise InputError(
            f"{path} is no dataset card: it does not begin with front matter",
            hint="--- and YAML, then --- again; or, if it is one all the same, --format card",
        )
    raise InputError(
        f"{path} is in no format that is known here",
        hint=f"name it with --format {'|'.join(_READERS)}|openlineage",
    )


def read_descriptions(
    path: Path, data: bytes, wanted: MetadataFormat
) -> Sequence[StatedDescription]:
    """Return what a file states of datasets.

    Raises:
        UnreadableError: It is not what it is said to be.
        InputError: It describes no dataset, or is too large.
    """
    if wanted not in _READERS:
        raise InputError(f"{wanted} is written, not read", hint=f"--format {'|'.join(_READERS)}")
    if len(data) > _MOST_BYTES:
        raise InputError(f"{path} has {len(data):,} bytes, too many for a description")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(path=str(path), reason="is not UTF-8", offset=error.start) from error
    if wanted is MetadataFormat.CARD:
        return [read_card(text, origin=str(path))]
    document = _parse(path, text)
    if wanted is MetadataFormat.CROISSANT:
        return [read_croissant(document)]
    return read_summary(document)


_READERS = (MetadataFormat.CROISSANT, MetadataFormat.CARD, MetadataFormat.DATA_PROVENANCE)


def _parse(path: Path, text: str) -> dict[str, JsonValue]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(path=str(path), reason=f"is not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise UnreadableError(path=str(path), reason="holds no JSON object")
    return document


def _head(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(1 << 16).decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read: {error.strerror}") from error
