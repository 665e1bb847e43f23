"""A stream cut into lines, many at a time, without ever holding more than one long line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from registry.documents import MAX_RAW_BYTES
from registry.domain.reading import Span
from registry.sources.compression import BLOCK_BYTES

UTF8_BOM = b"\xef\xbb\xbf"


class ByteSource(Protocol):
    """What gives bytes in order, such as `registry.sources.compression.ByteStream`."""

    def read(self, num_bytes: int = ..., /) -> bytes:
        """Return the next bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive lines without their newlines."""

    first_row: int
    """The first line's number, from 1."""

    offset: int
    """The first line's byte offset in the stream; each line ends one byte before the next."""

    lines: list[bytes]


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line above the limit, of which only the beginning was kept."""

    row: int
    offset: int
    raw: bytes
    """Its first bytes, at most `MAX_RAW_BYTES`."""

    num_bytes: int


class PartialLine:
    """The line at the end of what was read, whose end is not yet in sight."""

    def __init__(self, max_line_bytes: int) -> None:
        self.pieces: list[bytes] = []
        self.num_bytes = 0
        self._max_line_bytes = max_line_bytes

    def add(self, piece: bytes) -> None:
        """Append bytes; of a line above the limit only the beginning stays."""
        self.num_bytes += len(piece)
        self.pieces.append(piece)
        if self.is_too_long and sum(map(len, self.pieces)) > MAX_RAW_BYTES:
            self.pieces = [b"".join(self.pieces)[:MAX_RAW_BYTES]]

    @property
    def is_too_long(self) -> bool:
        """True when the line is above the limit already."""
        return self.num_bytes > self._max_line_bytes

    def finish(self, row: int, offset: int) -> Lines | LongLine:
        """Return the line and begin the next."""
        line = b"".join(self.pieces)
        num_bytes = self.num_bytes
        is_too_long = self.is_too_long
        self.pieces, self.num_bytes = [], 0
        if is_too_long:
            return LongLine(row, offset, line[:MAX_RAW_BYTES], num_bytes)
        return Lines(row, offset, [line])


def iter_lines(
    stream: ByteSource,
    *,
    max_line_bytes: int,
    skips_bom: bool,
    span: Span | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Lines | LongLine]:
    r"""Yield all lines of a stream in order; only `\n` ends a line.

    Args:
        stream: What is read, to its end.
        max_line_bytes: A longer line becomes a `LongLine`.
        skips_bom: Leave out a UTF-8 byte order mark at the start.
        span: Which part of the file the stream holds; None: all of it.
        block_bytes: How much is read at once.

    Raises:
        UnreadableError: The stream is cut off or corrupt; everything before it was yielded.
    """
    row, offset = (1, 0) if span is None else (span.first_row, span.start)
    partial = PartialLine(max_line_bytes)
    while block := stream.read(block_bytes):
        if skips_bom and row == 1 and offset == 0 and block.startswith(UTF8_BOM):
            block, offset = block[len(UTF8_BOM) :], len(UTF8_BOM)
        first_end = block.find(b"\n")
        if first_end < 0:
            partial.add(block)
            continue
        partial.add(block[:first_end])
        num_bytes = partial.num_bytes
        yield partial.finish(row, offset)
        row, offset = row + 1, offset + num_bytes + 1
        last_end = block.rfind(b"\n")
        if last_end > first_end:
            lines = block[first_end + 1 : last_end].split(b"\n")
            yield from _within_limit(Lines(row, offset, lines), max_line_bytes)
            row, offset = row + len(lines), offset + last_end - first_end
        if last_end + 1 < len(block):
            partial.add(block[last_end + 1 :])
    if partial.num_bytes:
        yield partial.finish(row, offset)


def _within_limit(block: Lines, max_line_bytes: int) -> Iterator[Lines | LongLine]:
    if block.lines and max(map(len, block.lines)) <= max_line_bytes:
        yield block
        return
    row, offset = block.first_row, block.offset
    for line in block.lines:
        if len(line) > max_line_bytes:
            yield LongLine(row, offset, line[:MAX_RAW_BYTES], len(line))
        else:
            yield Lines(row, offset, [line])
        row, offset = row + 1, offset + len(line) + 1
