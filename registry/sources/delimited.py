"""CSV and TSV, every value kept as the bytes it is.

Well-formed records go through Arrow, many at once (`registry.sources.delimited_blocks`). Others go
through the standard library's parser as Latin-1, which maps each byte to one character and back, so
nothing is guessed or mangled whatever the encoding; it names row, offset and bytes of a bad row,
and has no block size that a long value could exceed. Both give the same documents.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import NO_REJECTIONS, RAW_DOCUMENTS, Outcome, locators
from registry.domain.reading import Format, Reading
from registry.domain.template import parse_template
from registry.errors import UnreadableError
from registry.sources import reasons
from registry.sources.columnar import cut
from registry.sources.columns import unique_names
from registry.sources.compression import BLOCK_BYTES, ByteStream, open_decompressed
from registry.sources.delimited_blocks import Piece, iter_pieces, parse_piece
from registry.sources.file import SourceFile
from registry.sources.lines import LongLine, iter_lines
from registry.sources.outcomes import Batcher, Document
from registry.sources.reasons import RowError
from registry.sources.records import SEPARATOR, dump_metadata
from registry.sources.row_json import to_json

_SEPARATOR = pa.scalar(SEPARATOR.encode(), pa.large_binary())
_DELIMITERS = {Format.CSV: ",", Format.TSV: "\t"}


def read_delimited(
    file: SourceFile,
    reading: Reading,
    *,
    batch_bytes: int,
    max_document_bytes: int,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Outcome]:
    """Yield the documents of a CSV or TSV file with a header; rows count from 1 below it.

    The arguments are those of `registry.sources.jsonl.read_jsonl`, and how much is read at once.
    Blank lines are no rows.

    Raises:
        UnreadableError: The file is cut off or corrupt, or a quoted value never ends.
    """
    batcher = Batcher(file.name, batch_bytes)
    delimiter = _DELIMITERS[reading.format]
    with open_decompressed(file, reading.compression) as stream:
        pieces = iter_pieces(
            stream, delimiter, most_bytes=max_document_bytes, block_bytes=block_bytes
        )

        def read(piece: Piece) -> Iterator[Record]:
            return iter_records(
                piece, reading.format, max_document_bytes=max_document_bytes, offset=piece.offset
            )

        header, records, pieces = _read_header(pieces, read)
        if header is None:
            return
        names = read_names(file.name, header)
        assemble, row = Assembler(names, reading, max_document_bytes), 1
        for record in records:
            _add(batcher, row, record, assemble)
            row += 1
            if batcher.is_full:
                yield batcher.take()
        for piece in pieces:
            documents = None
            if piece.rest is None and len(piece.data) <= max_document_bytes:
                documents = assemble.make_all(piece, delimiter, first_row=row)
            if documents is not None:
                if not batcher.is_empty:
                    yield batcher.take()
                yield from cut(Outcome(documents, NO_REJECTIONS), batch_bytes)
                row += len(documents)
                continue
            for record in read(piece):
                _add(batcher, row, record, assemble)
                row += 1
                if batcher.is_full:
                    yield batcher.take()
    if not batcher.is_empty:
        yield batcher.take()


def _read_header(
    pieces: Iterator[Piece], read: "Callable[[Piece], Iterator[Record]]"
) -> tuple["Record | None", Iterator["Record"], Iterator[Piece]]:
    """Return the header, the records behind it that are read one by one, and other pieces."""
    for piece in pieces:
        records = read(piece)
        header = next(records, None)
        if header is None:
            continue
        if piece.rest is not None:
            return header, records, pieces
        left = piece.behind(header.offset + header.num_bytes + 1 - piece.offset)
        return header, iter(()), chain([left] if left.data else [], pieces)
    return None, iter(()), pieces


def _add(batcher: Batcher, row: int, record: "Record", assemble: "Assembler") -> None:
    try:
        batcher.keep(row, assemble.make(record), record.num_bytes)
    except RowError as error:
        batcher.reject(
            row, record.offset, reason=error.reason, raw=record.raw, num_bytes=record.num_bytes
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the file, its header included."""

    offset: int
    lines: list[bytes]
    """The lines it was made of, without newlines; of one above the limit only the beginning."""

    num_bytes: int
    """How many bytes it was made of, without the newline at its end."""

    values: list[str]
    """Its values, each character standing for one byte; none where it is broken."""

    reason: str | None
    """Why it is broken, if it is."""

    @property
    def raw(self) -> bytes:
        """The bytes it was made of, as far as they were kept."""
        return b"\n".join(self.lines)


def iter_records(
    stream: ByteStream | Piece, format_: Format, *, max_document_bytes: int, offset: int = 0
) -> Iterator[Record]:
    """Yield the records of a stream in order, the header first.

    Args:
        stream: What is read, to its end.
        format_: CSV or TSV.
        max_document_bytes: A longer record is broken.
        offset: Where the stream begins in the file.

    Raises:
        UnreadableError: The stream is cut off or corrupt, or ends inside quotes.
    """
    # The limit belongs to the whole process, so each reader sets its own before it begins.
    csv.field_size_limit(max_document_bytes)
    feed = _Feed(stream, max_document_bytes, offset)
    reader = csv.reader(feed.lines(), delimiter=_DELIMITERS[format_])
    while True:
        feed.begin_record()
        values, reason = [], None
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            is_long = "field limit" in str(error)
            reason = reasons.DOCUMENT_TOO_LONG if is_long else reasons.RAGGED_ROW
        if feed.is_over and feed.record_lines and reason is None:
            raise UnreadableError(
                path=stream.path,
                reason="a quoted value never ends",
                offset=feed.record_offset,
                hint="mend the quote of the row that begins there; of what is no table, "
                "--format text --split lines",
            )
        if values or reason:
            reason = reasons.DOCUMENT_TOO_LONG if feed.is_too_long else reason
            num_bytes = feed.record_num_bytes
            yield Record(feed.record_offset, feed.record_lines, num_bytes, values, reason)


def read_names(path: str, header: Record) -> list[str]:
    """Return the names of the columns, made unique.

    Raises:
        UnreadableError: The header is broken or not UTF-8.
    """
    if header.reason is not None:
        raise UnreadableError(path=path, reason=f"broken header ({header.reason})", offset=0)
    try:
        return unique_names([value.encode("latin-1").decode() for value in header.values])
    except UnicodeDecodeError as error:
        raise UnreadableError(
            path=path,
            reason="the header is not UTF-8",
            offset=0,
            hint="say what it is written in: --encoding NAME, such as windows-1252",
        ) from error


class _Feed:
    """Hands lines to the parser and remembers which of them the current record is made of."""

    def __init__(self, stream: ByteStream | Piece, max_line_bytes: int, offset: int) -> None:
        self._stream = stream
        self._max_line_bytes = max_line_bytes
        self._first = self._offset = offset
        self.is_over = False
        self.begin_record()

    def begin_record(self) -> None:
        self.record_lines: list[bytes] = []
        self.record_offset = self._offset
        self.record_num_bytes = 0
        self.is_too_long = False

    def lines(self) -> Iterator[str]:
        max_bytes, first = self._max_line_bytes, self._first
        for block in iter_lines(self._stream, max_line_bytes=max_bytes, skips_bom=first == 0):
            if isinstance(block, LongLine):
                self._take(first + block.offset, block.raw, block.num_bytes)
                self._offset = first + block.offset + block.num_bytes + 1
                self.is_too_long = True
                # Something must stand for the line, so that its record exists and is rejected.
                yield "?\n"
                continue
            self._offset = first + block.offset
            for line in block.lines:
                self._take(self._offset, line, len(line))
                self._offset += len(line) + 1
                yield line.decode("latin-1") + "\n"
        # A blank line is no record, unless quotes are still open: then it shows that they are.
        self.is_over = True
        yield "\n"

    def _take(self, offset: int, line: bytes, num_bytes: int) -> None:
        if not self.record_lines:
            self.record_offset = offset
        self.record_lines.append(line)
        # Lines follow each other without a gap, so this spans the newlines between them.
        self.record_num_bytes = offset + num_bytes - self.record_offset


class Assembler:
    """Makes documents of the records below one header."""

    def __init__(self, names: list[str], reading: Reading, max_document_bytes: int) -> None:
        self._names = names
        self._num_columns = len(names)
        self._max_document_bytes = max_document_bytes
        places = {name: place for place, name in enumerate(names)}
        self._text_places = [places.get(column) for column in reading.text_columns]
        self._id_place = places.get(reading.id_column or "")
        taken = {*self._text_places, self._id_place}
        self._others = [(name, place) for name, place in places.items() if place not in taken]
        self._id_name = reading.id_column
        self._pieces = [
            (piece.words.encode().decode("latin-1"), places.get(piece.column or ""), piece.column)
            for piece in parse_template(reading.template or "{text}")
        ]
        self._is_templated = reading.template is not None

    def make_all(self, piece: Piece, delimiter: str, *, first_row: int) -> pa.RecordBatch | None:
        """Return well-formed records as `RAW_DOCUMENTS`; None: one of them is not ordinary."""
        places = [place for place in self._text_places if place is not None]
        if self._is_templated or not places or len(places) < len(self._text_places):
            return None
        rows = parse_piece(piece.data, self._names, delimiter)
        if rows is None:
            return None
        numbers = pa.array(np.arange(first_row, first_row + len(rows), dtype=np.int64))
        sources = locators(piece.path, numbers)
        ids = sources
        names = [name for name, _ in self._others]
        try:
            others = [rows.column(place).cast(pa.large_string()) for _, place in self._others]
            if self._id_place is not None:
                ids = rows.column(self._id_place).cast(pa.string())
        except pa.ArrowInvalid:
            # A value that is not UTF-8.
            return None
        texts = [rows.column(place) for place in places]
        joined = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, _SEPARATOR)
        metadata = pa.repeat(pa.scalar("{}"), len(rows))
        if others:
            metadata = to_json(names, pa.RecordBatch.from_arrays(others, names=names))
        return pa.RecordBatch.from_arrays([ids, joined, sources, metadata], schema=RAW_DOCUMENTS)

    def make(self, record: Record) -> Document:
        """Return the document in a record.

        Raises:
            RowError: There is none.
        """
        text, values = self.find_text(record), record.values
        fields = {name: _decode(values[place]) for name, place in self._others}
        identity = None if self._id_place is None else _decode(values[self._id_place])
        if identity is not None and self._id_name is not None and not _is_unicode(identity):
            fields[self._id_name], identity = identity, None
        return identity, as_bytes(text), _dump(fields) if fields else b"{}"

    def find_text(self, record: Record) -> str:
        """Return the text of a record, each character standing for one byte.

        Raises:
            RowError: It has none.
        """
        if record.reason is not None:
            raise RowError(record.reason)
        values = record.values
        if len(values) != self._num_columns:
            raise RowError(reasons.RAGGED_ROW)
        if not self._text_places:
            raise RowError(reasons.MISSING_TEXT)
        text = self._fill(values) if self._is_templated else self._join(values)
        if len(text) > self._max_document_bytes:
            raise RowError(reasons.DOCUMENT_TOO_LONG)
        return text

    def _join(self, values: list[str]) -> str:
        parts = [_value_at(values, place) for place in self._text_places]
        return parts[0] if len(parts) == 1 else SEPARATOR.join(parts)

    def _fill(self, values: list[str]) -> str:
        if not any(_value_at(values, place) for place in self._text_places):
            raise RowError(reasons.NULL_TEXT)
        return "".join(
            words + ("" if column is None else _value_at(values, place))
            for words, place, column in self._pieces
        )


def _value_at(values: list[str], place: int | None) -> str:
    if place is None:
        raise RowError(reasons.MISSING_TEXT)
    return values[place]


def as_bytes(value: str) -> str | bytes:
    """Return what Arrow can take for a value whose characters stand for bytes."""
    return value if value.isascii() else value.encode("latin-1")


def _decode(value: str) -> str:
    return value if value.isascii() else value.encode("latin-1").decode("utf-8", "surrogateescape")


def _is_unicode(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _dump(fields: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return dump_metadata(fields)
