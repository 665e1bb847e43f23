"""A JSON array of objects, read element by element; it may stand in an object.

The array is only cut into its elements here, by brackets, commas and strings; each element is then
read as a line of JSON Lines is. So a bad element costs one row, and its bytes reach the quarantine
as they were. (ijson, the obvious reader, puts `?` in the place of a lone surrogate and gives up at
the first byte that is not UTF-8.)
"""

import re
from collections.abc import Iterator

from registry.documents import Outcome
from registry.domain.reading import Reading
from registry.errors import UnreadableError
from registry.sources.compression import BLOCK_BYTES, ByteStream, open_decompressed
from registry.sources.file import SourceFile
from registry.sources.json_path import find_array, require_end
from registry.sources.lines import UTF8_BOM, Lines, LongLine, PartialLine
from registry.sources.outcomes import Batcher, gather
from registry.sources.records import make_parser

_SPACE = b" \t\r\n"
_STRUCTURE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{},]', re.DOTALL)
_REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+("?)', re.DOTALL)
_QUOTE, _COMMA, _CLOSING_BRACKET = b'",]'
_OPENING = b"[{"


def read_json_array(
    file: SourceFile, reading: Reading, *, batch_bytes: int, max_document_bytes: int
) -> Iterator[Outcome]:
    """Yield the documents of a JSON array; a row is an element, counted from 1.

    The arguments are those of `registry.sources.jsonl.read_jsonl`.

    Raises:
        UnreadableError: The file is cut off or corrupt, or no array.
    """
    parse = make_parser(reading, skips_blank=False)
    with open_decompressed(file, reading.compression) as stream:
        elements = iter_elements(
            stream, max_element_bytes=max_document_bytes, records=reading.records
        )
        yield from gather(elements, parse, Batcher(file.name, batch_bytes))


def iter_elements(
    stream: ByteStream,
    *,
    max_element_bytes: int,
    block_bytes: int = BLOCK_BYTES,
    records: str | None = None,
) -> Iterator[Lines | LongLine]:
    """Yield the elements of the array in a stream, each as a line of its own.

    Args:
        stream: The bytes of a file.
        max_element_bytes: A longer element is not held in memory. Neither is an object whose
            records stand at a path: as a whole, it may be as long.
        block_bytes: How much is read at once.
        records: The path of the array, where it stands in an object.

    Raises:
        UnreadableError: The stream is cut off or corrupt, holds no array, or goes on behind it.
    """
    if records is not None:
        yield from _iter_inner_elements(stream, max_element_bytes, records)
        return
    cutter = _Cutter(stream.path, max_element_bytes)
    while block := stream.read(block_bytes):
        yield from cutter.cut(block)
    cutter.finish()


def _iter_inner_elements(
    stream: ByteStream, max_bytes: int, records: str
) -> Iterator[Lines | LongLine]:
    data = _read_whole(stream, max_bytes)
    start = find_array(data, records, name=stream.path)
    cutter = _Cutter(stream.path, max_bytes, offset=start, is_inner=True)
    yield from cutter.cut(data[start:])
    cutter.finish()
    require_end(data, cutter.end_offset, records, name=stream.path)


def _read_whole(stream: ByteStream, max_bytes: int) -> bytes:
    blocks, num_bytes = [], 0
    while block := stream.read(BLOCK_BYTES):
        blocks.append(block)
        num_bytes += len(block)
        if num_bytes > max_bytes:
            reason = f"an object of more than {max_bytes:,} bytes, which is read as a whole"
            raise UnreadableError(path=stream.path, reason=reason)
    return b"".join(blocks)


class _Cutter:
    """How far the reading of an array has come between two blocks."""

    def __init__(
        self, path: str, max_element_bytes: int, *, offset: int = 0, is_inner: bool = False
    ) -> None:
        self._path = path
        self._element = PartialLine(max_element_bytes)
        self._element_offset = 0
        self._block_offset = offset
        self._is_inner = is_inner
        self.end_offset = 0
        """The byte behind the array, once it is closed."""

        self._row = 1
        self._depth = 0
        self._is_closed = False
        self._in_string = False
        self._after_backslash = False

    def cut(self, block: bytes) -> Iterator[Lines | LongLine]:
        """Yield the elements that end in a block."""
        start = 0 if self._depth or self._is_closed else self._open(block)
        position = self._leave_string(block) if self._in_string else start
        for match in _STRUCTURE.finditer(block, position) if self._depth else ():
            mark = block[match.start()]
            if mark == _QUOTE:
                self._in_string = not match[1]
                self._after_backslash = self._in_string and match.end() < len(block)
                if self._in_string:
                    break
            elif mark in _OPENING:
                self._depth += 1
            elif mark != _COMMA:
                self._depth -= 1
            if self._depth == 0 or (self._depth == 1 and mark == _COMMA):
                self._add(block, start, match.start())
                start = match.end()
                yield from self._end_element(mark, start)
            if self._depth == 0:
                break
        if self._depth:
            self._add(block, start, len(block))
        elif self._is_closed and not self._is_inner and block[start:].strip(_SPACE):
            self._refuse("more bytes behind the end of the JSON array", start)
        self._block_offset += len(block)

    def finish(self) -> None:
        """Refuse a stream that ended before its array."""
        if not self._is_closed:
            reason = (
                "the JSON array is cut off" if self._depth else "an empty file is no JSON array"
            )
            self._refuse(reason, 0)

    def _open(self, block: bytes) -> int:
        start = len(UTF8_BOM) if not self._block_offset and block.startswith(UTF8_BOM) else 0
        rest = block[start:].lstrip(_SPACE)
        start = len(block) - len(rest)
        if not rest:
            return start
        if not rest.startswith(b"["):
            self._refuse("not a JSON array", start)
        self._depth = 1
        return start + 1

    def _leave_string(self, block: bytes) -> int:
        match = _REST_OF_STRING.match(block, 1 if self._after_backslash else 0)
        if match is None or not match[1]:
            self._after_backslash = match is not None and match.end() < len(block)
            return len(block)
        self._in_string = self._after_backslash = False
        return match.end()

    def _add(self, block: bytes, start: int, end: int) -> None:
        piece = block[start:end]
        if not self._element.num_bytes:
            piece = piece.lstrip(_SPACE)
            self._element_offset = self._block_offset + end - len(piece)
        if piece:
            self._element.add(piece)

    def _end_element(self, mark: int, end: int) -> Iterator[Lines | LongLine]:
        if self._depth == 0:
            if mark != _CLOSING_BRACKET:
                self._refuse("brackets that do not match in the JSON array", end - 1)
            self._is_closed = True
            self.end_offset = self._block_offset + end
        is_empty_array = self._is_closed and self._row == 1 and not self._element.num_bytes
        if not is_empty_array:
            yield self._element.finish(self._row, self._element_offset)
        self._row += 1

    def _refuse(self, reason: str, place: int) -> None:
        raise UnreadableError(path=self._path, reason=reason, offset=self._block_offset + place)
