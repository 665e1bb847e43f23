"""Rows of CSV, TSV and JSON: every value as the text that stands there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

from registry.documents import Outcome, locators, with_sources
from registry.domain.reading import Format, Reading, Span
from registry.errors import InputError
from registry.sources.compression import ByteStream, open_decompressed, open_part
from registry.sources.delimited import Assembler, as_bytes, iter_records, read_names
from registry.sources.file import SourceFile
from registry.sources.json_array import iter_elements
from registry.sources.lines import Lines, LongLine, iter_lines
from registry.sources.outcomes import Batcher
from registry.sources.reasons import DOCUMENT_TOO_LONG, RowError
from registry.sources.records import load_record, make_parser
from registry.sources.row_batches import (
    MAX_ROWS,
    Columns,
    has_text,
    require_columns,
    take_down,
)


def read_delimited_rows(
    file: SourceFile,
    reading: Reading,
    columns: Columns,
    *,
    batch_bytes: int,
    max_document_bytes: int,
) -> Iterator[Outcome]:
    """Yield the rows of a file; see `registry.sources.rows.read_rows`."""
    gathered = _Gathered(file.name, reading, batch_bytes)
    with open_decompressed(file, reading.compression) as stream:
        records = iter_records(stream, reading.format, max_document_bytes=max_document_bytes)
        header = next(records, None)
        if header is None:
            return
        names = read_names(file.name, header)
        wanted = names if columns is None else columns
        require_columns(wanted, names, file.name)
        places = [names.index(name) for name in wanted]
        assemble = Assembler(names, reading, max_document_bytes)
        for row, record in enumerate(records, 1):
            try:
                text = assemble.find_text(record) if has_text(reading) else ""
            except RowError as error:
                gathered.reject(row, record.offset, error.reason, record.raw, record.num_bytes)
            else:
                values = record.values
                gathered.keep(row, [values[at] for at in places], text, record.num_bytes)
            if gathered.is_full:
                yield gathered.take(wanted, _from_latin)
    yield gathered.take(wanted, _from_latin)


def read_json_rows(
    file: SourceFile,
    reading: Reading,
    columns: Columns,
    span: Span | None,
    *,
    batch_bytes: int,
    max_document_bytes: int,
) -> Iterator[Outcome]:
    """Yield the rows of a file; see `registry.sources.rows.read_rows`."""
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


def _from_latin(values: Sequence[str]) -> pa.Array:
    """Return texts of values whose characters stand for bytes; as bytes if not all are UTF-8."""
    if all(map(str.isascii, values)):
        return pa.array(values, pa.large_string())
    found = pa.array([as_bytes(value) for value in values], pa.large_binary())
    try:
        return found.cast(pa.large_string())
    except pa.ArrowInvalid:
        return found


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
        return self._num_bytes >= self._batch_bytes or len(self._rows) >= MAX_ROWS

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
        return take_down(outcome, texts, self._reading)

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
