"""How a file is to be read: by its content first, then by its name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

import pyarrow as pa

from registry.domain.reading import (
    MEMBER_MARK,
    Compression,
    Container,
    Field,
    Format,
    Reading,
    Split,
)
from registry.errors import InputError, UnreadableError
from registry.sources.archive import iter_members
from registry.sources.arrow_ipc import find_arrow_fields
from registry.sources.columnar import fields_of
from registry.sources.columns import MeanLengths, choose_columns
from registry.sources.compression import ByteStream, open_decompressed
from registry.sources.delimited import iter_records, read_names
from registry.sources.encoding import (
    ENCODED_FORMATS,
    as_utf8,
    find_encoding,
    is_suspect,
    may_be_encoded,
)
from registry.sources.file import SourceFile
from registry.sources.json_array import iter_elements
from registry.sources.lines import Lines, LongLine, iter_lines
from registry.sources.normalized import is_normalized
from registry.sources.parquet import find_mean_lengths, find_parquet_schema
from registry.sources.partial import as_partial
from registry.sources.reasons import RowError
from registry.sources.records import load_record, load_text
from registry.sources.sniffing import (
    HEAD_BYTES,
    UNKNOWN_FORMAT,
    WARC_MAGIC,
    ZSTD_DICTIONARY,
    check_encoding,
    find_compression,
    find_container,
    find_format,
    find_mark,
)
from registry.sources.text import WIDE_BOMS
from registry.sources.web_extra import decide

__all__ = ["UNKNOWN_FORMAT", "Detected", "describe", "detect"]

_MAX_RECORDS = 100
_MAX_RECORD_BYTES = 32 << 20
_MAX_LINE_BYTES = 512 << 20
_MAX_COMMENTS = 20
"""Records behind a header that looks like a comment, which are compared with it."""

_MAX_MEMBERS = 100
_MAX_ARCHIVE_DEPTH = 3
_MIXED = "mixed"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Detected:
    """How a file is to be read, and what its records hold."""

    reading: Reading
    """Every field decided; of an archive, format and columns stay as wanted, since each member
    decides what was left open by its own content."""

    fields: tuple[Field, ...]
    """The fields of its records; none for plain text."""


def detect(file: SourceFile, wanted: Reading) -> Detected:
    """Decide how a file is read.

    Of JSON the first 100 records are looked at; of an archive the first members, up to the first
    one with records.

    Args:
        file: The file, or a member of an archive.
        wanted: What the user said: format (or `auto`), text and id columns, split. Compression
            and container are found here, whatever it says about them.

    Raises:
        UnreadableError: The file is corrupt at its beginning, or of no format that is read; the
            reason `UNKNOWN_FORMAT` means binary content that is no data we know.
        InputError: A wanted column does not exist, there is not one clear text column, or what is
            no plain text is to be split.
    """
    with open_decompressed(file, Compression.NONE) as raw:
        compression = find_compression(raw.read(HEAD_BYTES), file.name)
    reading = wanted.model_copy(update={"compression": compression})
    plain, as_plain, cut = as_partial(file, reading)
    found = _detect_decompressed(plain, as_plain)
    if cut is None:
        return found
    kept = {"compression": compression, "keeps_partial": True}
    return Detected(found.reading.model_copy(update=kept), found.fields)


def describe(file: SourceFile, reading: Reading) -> Detected:
    """Return what the records of an uncompressed JSON file hold, where all else is decided.

    So a file in which no record has the text column is still read: each of them is rejected.

    Raises:
        UnreadableError: The file is corrupt at its beginning.
    """
    fields, _ = _find_json_columns(file, reading)
    return Detected(reading, fields)


def _detect_decompressed(file: SourceFile, wanted: Reading) -> Detected:
    """Decide how a file is read of which the compression is known."""
    head = _read_head(file, wanted.compression)
    container = find_container(head, file.name)
    reading = wanted.model_copy(update={"container": container})
    if container is not Container.NONE:
        return _detect_archive(file, reading)
    if reading.encoding is not None:
        return _detect_encoded(file, reading, head)
    if reading.format is Format.AUTO:
        is_object = reading.records is not None
        found = Format.JSON if is_object else find_format(head, file.name)
        reading = reading.model_copy(update={"format": found})
    if reading.split is not Split.FILE and reading.format is not Format.TEXT:
        raise InputError(
            f"{file.name} is {reading.format}, and --split {reading.split} is of plain text",
            hint="leave out --split, or register such files apart",
        )
    if may_be_encoded(reading) and _begins_otherwise(head, reading.format):
        encoding = find_encoding(file, reading)
        if encoding is not None:
            return _detect_encoded(file, reading.model_copy(update={"encoding": encoding}), head)
    check_encoding(head, reading.format, file.name)
    is_free = (
        not (wanted.text_columns or wanted.id_column or wanted.template)
        and wanted.format is Format.AUTO
    )
    return _detect_columns(file, reading, is_free=is_free)


def _begins_otherwise(head: bytes, format_: Format) -> bool:
    """Return whether the names of columns are no UTF-8, or a mark says that nothing is."""
    if head.startswith(WIDE_BOMS):
        return True
    header = pa.array([head.partition(b"\n")[0]], pa.large_binary())
    return format_ in (Format.CSV, Format.TSV) and is_suspect(header)


def _detect_encoded(file: SourceFile, reading: Reading, head: bytes) -> Detected:
    """Decide how a file is read whose encoding is declared, by its text in UTF-8."""
    marked = find_mark(head, file.name)
    if marked is not None or reading.format not in (Format.AUTO, *ENCODED_FORMATS):
        raise InputError(
            f"{file.name} is {marked or reading.format}, which says by itself how text is encoded",
            hint="leave out --encoding",
        )
    plain, wanted = as_utf8(file, reading)
    found = _detect_decompressed(plain, wanted)
    kept = {"compression": reading.compression, "encoding": reading.encoding}
    return Detected(found.reading.model_copy(update=kept), found.fields)


def _read_head(file: SourceFile, compression: Compression) -> bytes:
    with open_decompressed(file, Compression.NONE) as raw:
        if raw.read(len(ZSTD_DICTIONARY)) == ZSTD_DICTIONARY:
            # Only web archives begin with their dictionary, and only their reader knows it.
            return WARC_MAGIC
    with open_decompressed(file, compression) as stream:
        return stream.read(HEAD_BYTES)


def _detect_archive(file: SourceFile, reading: Reading) -> Detected:
    if file.name.count(MEMBER_MARK) >= _MAX_ARCHIVE_DEPTH:
        raise UnreadableError(path=file.name, reason="too many archives inside archives")
    for number, member in enumerate(iter_members(file, reading)):
        try:
            detected = detect(member, reading)
        except UnreadableError as error:
            if error.reason != UNKNOWN_FORMAT:
                raise
            continue
        if detected.fields:
            extractor = detected.reading.extractor
            return Detected(reading.model_copy(update={"extractor": extractor}), detected.fields)
        if number + 1 >= _MAX_MEMBERS:
            break
    return Detected(reading, ())


def _detect_columns(file: SourceFile, reading: Reading, *, is_free: bool) -> Detected:
    if reading.format is Format.TEXT:
        return Detected(reading, ())
    if reading.format in (Format.WARC, Format.HTML):
        return Detected(*decide(reading))
    mean_lengths: MeanLengths = dict
    if reading.format in (Format.PARQUET, Format.DOCUMENTS):
        schema = find_parquet_schema(file, reading.compression)
        mean_lengths = partial(find_mean_lengths, file, reading.compression)
        if reading.format is Format.DOCUMENTS or (is_free and is_normalized(schema)):
            reading = reading.model_copy(update={"format": Format.DOCUMENTS})
            return Detected(reading, fields_of(schema))
        fields = fields_of(schema)
    elif reading.format is Format.ARROW:
        fields = find_arrow_fields(file, reading.compression)
    elif reading.format in (Format.CSV, Format.TSV):
        fields = _find_delimited_fields(file, reading)
    else:
        fields, found = _find_json_columns(file, reading)
        if not fields and _holds_texts(file, reading):
            return Detected(reading.model_copy(update={"holds_texts": True}), ())
        mean_lengths = found.copy
    reading = choose_columns(file.name, fields, reading, mean_lengths=mean_lengths)
    return Detected(reading, fields)


def _find_delimited_fields(file: SourceFile, reading: Reading) -> tuple[Field, ...]:
    with open_decompressed(file, reading.compression) as stream:
        records = iter_records(stream, reading.format, max_document_bytes=_MAX_LINE_BYTES)
        header = next(records, None)
        if header is None:
            return ()
        names = read_names(file.name, header)
        is_comment = names[0].startswith("#") and any(
            len(record.values) != len(names) for record in islice(records, _MAX_COMMENTS)
        )
    if is_comment:
        raise InputError(
            f"{file.name}: its first line is taken for the names of the columns, and is a comment: "
            f"{names[0]}",
            hint=f"take such lines out: grep -v '^#' {file.name}",
        )
    if len(names) == 1 and ";" in names[0] and not reading.text_columns:
        raise InputError(
            f"{file.name}: the columns seem to be separated by ';': {names[0]}",
            hint="separate them by commas, or by tabs in a .tsv file",
        )
    return tuple(Field(name=name, type="string") for name in names)


def _find_json_columns(
    file: SourceFile, reading: Reading
) -> tuple[tuple[Field, ...], dict[str, float]]:
    """Return the fields of the first records, and how long the strings of each are in the mean."""
    with open_decompressed(file, reading.compression) as stream:
        values: dict[str, list[object]] = {}
        for record in _first_values(_iter_blocks(stream, reading), load_record):
            for name, value in record.items():
                values.setdefault(_as_unicode(name), []).append(value)
    fields = tuple(Field(name=name, type=_type_of(found)) for name, found in values.items())
    return fields, {name: _mean_length(found) for name, found in values.items()}


def _holds_texts(file: SourceFile, reading: Reading) -> bool:
    """Return whether the first values of a JSON file, in which no object is, are strings.

    A member of an archive is read by its own content every time, and as it always was.
    """
    is_open = not (reading.text_columns or reading.id_column or reading.template)
    if not is_open or MEMBER_MARK in file.name:
        return False
    with open_decompressed(file, reading.compression) as stream:
        return any(True for _ in _first_values(_iter_blocks(stream, reading), load_text))


def _iter_blocks(stream: ByteStream, reading: Reading) -> Iterable[Lines | LongLine]:
    if reading.format is Format.JSON:
        return iter_elements(stream, max_element_bytes=_MAX_LINE_BYTES, records=reading.records)
    return iter_lines(stream, max_line_bytes=_MAX_LINE_BYTES, skips_bom=True)


def _first_values(
    blocks: Iterable[Lines | LongLine], load: Callable[[bytes], _T | None]
) -> Iterator[_T]:
    """Yield what the first lines hold, without those that hold nothing or something else."""
    num_records = num_bytes = 0
    for block in blocks:
        for line in () if isinstance(block, LongLine) else block.lines:
            try:
                record = load(line)
            except RowError:
                continue
            if record is None:
                continue
            yield record
            num_records, num_bytes = num_records + 1, num_bytes + len(line)
            if num_records == _MAX_RECORDS or num_bytes > _MAX_RECORD_BYTES:
                return


def _type_of(values: list[object]) -> str:
    # Arrow infers from the first values alone where the later ones are of another kind.
    kinds = {type(value) for value in values} - {type(None)}
    if len(kinds) > 1 and kinds != {int, float}:
        return _MIXED
    try:
        return str(pa.infer_type(values))
    except (pa.ArrowException, OverflowError, ValueError):
        return _MIXED


def _mean_length(values: list[object]) -> float:
    return sum(len(value) for value in values if isinstance(value, str)) / len(values)


def _as_unicode(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
