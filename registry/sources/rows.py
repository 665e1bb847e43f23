"""Read a file as rows of a table: the same rows that are documents, with their columns as they are.

A row that is no document of its version (ragged, broken, without text) is no row of its table
either, so that the books of both agree.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import (
    NO_REJECTIONS,
    RAW_DOCUMENTS,
    Outcome,
    is_variable,
    locators,
    with_sources,
)
from registry.domain.digest import document_keys, key_of
from registry.domain.reading import Container, Format, Reading, Span
from registry.errors import InputError, UnreadableError
from registry.sources.arrow_ipc import iter_arrow_batches, open_arrow
from registry.sources.columnar import find_reasons, find_texts, reject_rows, to_json
from registry.sources.columns import unique_names
from registry.sources.compression import ByteStream, open_decompressed, open_part
from registry.sources.delimited import Assembler, as_bytes, iter_records, read_names
from registry.sources.file import SourceFile
from registry.sources.json_array import iter_elements
from registry.sources.lines import Lines, LongLine, iter_lines
from registry.sources.outcomes import Batcher
from registry.sources.parquet import iter_batches, open_parquet
from registry.sources.reading import leave_out
from registry.sources.reasons import DOCUMENT_TOO_LONG, RowError
from registry.sources.records import load_record, make_parser

_MAX_ROWS: Final = 1 << 15
"""Rows of a batch."""

Columns: TypeAlias = Sequence[str] | None
"""The columns that are wanted; None: all."""


def read_rows(
    file: SourceFile,
    reading: Reading,
    *,
    columns: Columns,
    batch_bytes: int,
    max_document_bytes: int,
    span: Span | None = None,
) -> Iterator[Outcome]:
    """Yield the rows of a file (`registry.documents.with_sources`) and the rejected ones.

    The values of CSV, TSV and JSON are texts, those of JSON that are none in its own words; those
    of Parquet and Arrow have the type they have. Names that stand twice have a number behind them.

    Args:
        file: What is read.
        reading: How its rows become documents; without text columns, each row is one.
        columns: The columns that are wanted; None: all.
        batch_bytes: Bytes after which a batch is closed.
        max_document_bytes: A row whose text is longer is rejected.
        span: The part to read; None: all of it.

    Raises:
        UnreadableError: The file is cut off or corrupt, or lacks a column.
        InputError: It is of a format without columns.
    """
    if reading.container is not Container.NONE:
        raise InputError(
            f"{file.name} is an archive, and a table is read from files themselves",
            hint="unpack it, and register what it held",
        )
    limits = {"batch_bytes": batch_bytes, "max_document_bytes": max_document_bytes}
    match reading.format:
        case Format.CSV | Format.TSV:
            yield from _read_delimited(file, reading, columns, **limits)
        case Format.JSONL | Format.JSON:
            yield from _read_json(file, reading, columns, span, **limits)
        case Format.PARQUET | Format.DOCUMENTS:
            with open_parquet(file, reading.compression) as parquet:
                batches = iter_batches(parquet, file.name, batch_bytes=batch_bytes, span=span)
                first = 1 if span is None else span.first_row
                yield from _read_columnar(
                    batches, file.name, reading, columns, max_document_bytes, first_row=first
                )
        case Format.ARROW:
            with open_arrow(file, reading.compression) as reader:
                batches = iter_arrow_batches(reader, file.name)
                yield from _read_columnar(batches, file.name, reading, columns, max_document_bytes)
        case _:
            raise InputError(f"{file.name} is {reading.format}, which has no columns")


def _read_columnar(
    batches: Iterable[pa.RecordBatch],
    path: str,
    reading: Reading,
    columns: Columns,
    max_document_bytes: int,
    *,
    first_row: int = 1,
) -> Iterator[Outcome]:
    for whole in batches:
        named = whole.rename_columns(unique_names(whole.schema.names))
        for start in range(0, len(named), _MAX_ROWS):
            batch = named.slice(start, _MAX_ROWS)
            rows = pa.array(np.arange(first_row, first_row + len(batch), dtype=np.int64))
            first_row += len(batch)
            texts = None
            rejected, is_kept = NO_REJECTIONS, None
            if _has_text(reading):
                texts = find_texts(batch, reading, path)
                why = find_reasons(texts, _check_words(batch), max_document_bytes)
                if why.null_count < len(why):
                    rejected = reject_rows(batch, rows, texts, why, path=path)
                    is_kept = pc.is_null(why)
            picked = _pick(batch, columns, path)
            if is_kept is not None:
                picked, rows = picked.filter(is_kept), rows.filter(is_kept)
                texts = None if texts is None else texts.filter(is_kept)
            outcome = Outcome(with_sources(picked, locators(path, rows)), rejected)
            yield _take_down(outcome, texts, reading)


def _has_text(reading: Reading) -> bool:
    return bool(reading.text_columns or reading.template)


def _check_words(batch: pa.RecordBatch) -> pa.Array:
    """Return what says, by null, that a row holds text that is not UTF-8."""
    for column in batch.columns:
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            return to_json(batch.schema.names, batch)
    return pa.repeat(pa.scalar("{}"), len(batch))


def _pick(batch: pa.RecordBatch, columns: Columns, path: str) -> pa.RecordBatch:
    names = batch.schema.names if columns is None else columns
    _require(names, batch.schema.names, path)
    return pa.RecordBatch.from_arrays(
        [_flatten(batch.column(name), name, path) for name in names], names=[*names]
    )


def _require(wanted: Iterable[str], names: Sequence[str], path: str) -> None:
    for name in wanted:
        if name not in names:
            raise UnreadableError(
                path=path, reason=f"no column {name!r}; it has {', '.join(names)}"
            )


def _flatten(column: pa.Array, name: str, path: str) -> pa.Array:
    """Return a column without encodings, in a type that a table's columns are made of."""
    kinds = pa.types
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if kinds.is_dictionary(column.type):
        column = column.dictionary_decode()
    if kinds.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if kinds.is_string_view(column.type) or kinds.is_decimal(column.type):
        return column.cast(pa.large_string())
    if kinds.is_float16(column.type):
        return column.cast(pa.float32())
    is_value = kinds.is_primitive(column.type) or kinds.is_null(column.type)
    if not (is_value or is_variable(column.type)):
        raise UnreadableError(
            path=path, reason=f"column {name!r} holds {column.type}, not single values"
        )
    return column.cast(pa.large_string()) if kinds.is_null(column.type) else column


def _read_delimited(
    file: SourceFile,
    reading: Reading,
    columns: Columns,
    *,
    batch_bytes: int,
    max_document_bytes: int,
) -> Iterator[Outcome]:
    gathered = _Gathered(file.name, reading, batch_bytes)
    with open_decompressed(file, reading.compression) as stream:
        records = iter_records(stream, reading.format, max_document_bytes=max_document_bytes)
        header = next(records, None)
        if header is None:
            return
        names = read_names(file.name, header)
        wanted = names if columns is None else columns
        _require(wanted, names, file.name)
        places = [names.index(name) for name in wanted]
        assemble = Assembler(names, reading, max_document_bytes)
        for row, record in enumerate(records, 1):
            try:
                text = assemble.find_text(record) if _has_text(reading) else ""
            except RowError as error:
                gathered.reject(row, record.offset, error.reason, record.raw, record.num_bytes)
            else:
                values = record.values
                gathered.keep(row, [values[at] for at in places], text, record.num_bytes)
            if gathered.is_full:
                yield gathered.take(wanted, _from_latin)
    yield gathered.take(wanted, _from_latin)


def _from_latin(values: Sequence[str]) -> pa.Array:
    """Return texts of values whose characters stand for bytes; as bytes if not all are UTF-8."""
    if all(map(str.isascii, values)):
        return pa.array(values, pa.large_string())
    found = pa.array([as_bytes(value) for value in values], pa.large_binary())
    try:
        return found.cast(pa.large_string())
    except pa.ArrowInvalid:
        return found


def _read_json(
    file: SourceFile,
    reading: Reading,
    columns: Columns,
    span: Span | None,
    *,
    batch_bytes: int,
    max_document_bytes: int,
) -> Iterator[Outcome]:
    if columns is None:
        raise InputError(f"{file.name}: JSON has no columns of its own; name those that are wanted")
    parse = make_parser(reading, skips_blank=reading.format is Format.JSONL)
    gathered = _Gathered(file.name, reading, batch_bytes)
    with open_part(file, reading.compression, span) as stream:
        for block in _iter_blocks(stream, reading, span, max_document_bytes):
            if isinstance(block, LongLine):
                reason = DOCUMENT_TOO_LONG
                gathered.reject(block.row, block.offset, reason, block.raw, block.num_bytes)
                continue
            offset = block.offset
            for row, line in enumerate(block.lines, block.first_row):
                try:
                    document = parse(line)
                    record = None if document is None else load_record(line)
                except RowError as error:
                    gathered.reject(row, offset, error.reason, line, len(line))
                else:
                    if document is not None and record is not None:
                        values = [_in_words(record.get(name)) for name in columns]
                        gathered.keep(row, values, document[1], len(line))
                offset += len(line) + 1
                if gathered.is_full:
                    yield gathered.take(columns, _from_json)
    yield gathered.take(columns, _from_json)


def _iter_blocks(
    stream: ByteStream, reading: Reading, span: Span | None, max_document_bytes: int
) -> Iterable[Lines | LongLine]:
    if reading.format is Format.JSON:
        return iter_elements(stream, max_element_bytes=max_document_bytes, records=reading.records)
    return iter_lines(stream, max_line_bytes=max_document_bytes, skips_bom=True, span=span)


def _in_words(value: object) -> str | None:
    """Return a value of JSON as a file of texts would have it; integers keep any size."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    return orjson.dumps(value, default=str).decode()


def _from_json(values: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.large_string())
    except UnicodeEncodeError:
        # Half a surrogate pair is no text, so its row shows as one of another type.
        raw = [None if one is None else one.encode("utf-8", "surrogatepass") for one in values]
        return pa.array(raw, pa.large_binary())


class _Gathered:
    """Rows of one file in order; `take` makes a batch of what has come together."""

    def __init__(self, path: str, reading: Reading, batch_bytes: int) -> None:
        self._path = path
        self._reading = reading
        self._rejected = Batcher(path, batch_bytes)
        self._batch_bytes = batch_bytes
        self._clear()

    @property
    def is_full(self) -> bool:
        return self._num_bytes >= self._batch_bytes or len(self._rows) >= _MAX_ROWS

    def keep(self, row: int, values: Sequence[Any], text: str | bytes, num_bytes: int) -> None:
        self._rows.append(row)
        self._values.append(values)
        if self._reading.without:
            self._texts.append(text)
        self._num_bytes += num_bytes

    def reject(
        self, row: int | None, offset: int | None, reason: str, raw: bytes, num_bytes: int
    ) -> None:
        self._rejected.reject(row, offset, reason=reason, raw=raw, num_bytes=num_bytes)
        self._num_bytes += num_bytes

    def take(self, names: Sequence[str], to_column: Callable[[Any], pa.Array]) -> Outcome:
        by_column = zip(*self._values, strict=True) if self._values else [()] * len(names)
        rows = pa.RecordBatch.from_arrays([*map(to_column, by_column)], names=[*names])
        rejected = self._rejected.take().rejected
        texts = None
        if self._reading.without:
            texts = pa.array(
                [_to_bytes(text, self._reading) for text in self._texts], pa.large_binary()
            )
        outcome = Outcome(with_sources(rows, locators(self._path, self._rows)), rejected)
        self._clear()
        return _take_down(outcome, texts, self._reading)

    def _clear(self) -> None:
        self._rows: list[int] = []
        self._values: list[Sequence[Any]] = []
        self._texts: list[str | bytes] = []
        self._num_bytes = 0


def _to_bytes(text: str | bytes, reading: Reading) -> bytes:
    if isinstance(text, bytes):
        return text
    is_delimited = reading.format in (Format.CSV, Format.TSV)
    return text.encode("latin-1" if is_delimited else "utf-8")


def _take_down(outcome: Outcome, texts: pa.Array | None, reading: Reading) -> Outcome:
    """Leave out the rows whose text was taken down, as the documents of the version are."""
    if not reading.without or texts is None:
        return outcome
    keys = {key_of(digest) for digest in reading.without}
    is_gone = pa.array([key in keys for key in document_keys(texts.to_pylist())], pa.bool_())
    blank = pa.repeat(pa.scalar(""), len(texts))
    documents = pa.RecordBatch.from_arrays(
        [blank, texts, outcome.kept.column(0), blank], schema=RAW_DOCUMENTS
    )
    (left,) = leave_out([Outcome(documents, outcome.rejected)], reading.without)
    return Outcome(outcome.kept.filter(pc.invert(is_gone)), left.rejected)
