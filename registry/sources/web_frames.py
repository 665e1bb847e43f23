"""A web archive cut into its records, so that a broken one costs itself and no other.

fastwarc's own iterator ends without a word where an archive is cut off, and at the first wrong
length it gives up the rest of the file. So records are found here, by their lengths and by what
stands behind them, and each is then parsed by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from registry.documents import MAX_RAW_BYTES
from registry.errors import UnreadableError
from registry.sources.web_headers import MAX_HEAD_BYTES, parse_headers

MAX_RECORD_BYTES: Final = 64 << 20
"""Of a longer record only the beginning is kept; no web page is as long as that."""

_BLOCK_BYTES: Final = 256 << 10
_LINE_ENDS: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """Where the block of a record begins, and how long it is."""

    block_start: int
    num_block_bytes: int


class Dialect(Protocol):
    """How the records of one kind of archive begin."""

    @property
    def beginning(self) -> re.Pattern[bytes]:
        """Matches the beginning of a record."""

    @property
    def usual_end(self) -> bytes:
        """What mostly stands behind a record; others may as well."""

    @property
    def next_record(self) -> re.Pattern[bytes]:
        """Matches the line end before the beginning of a record."""

    def find_head(self, data: bytes, start: int) -> Head | None:
        """Return where the headers that begin at `start` end; None: they are no headers."""

    def read_head(self, head: bytes) -> dict[str, str]:
        """Return what the beginning of a record says, as headers of WARC by lower-case names."""


class Readable(Protocol):
    """Decompressed bytes, in order."""

    def read(self, num_bytes: int, /) -> bytes:
        """Return the next bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One record, as it lies in the archive."""

    row: int
    offset: int
    """Of its first byte, in the decompressed file."""

    num_bytes: int
    """Headers and block, without what stands between records."""

    raw: bytes
    """The record; of one that is broken or too long, its first `MAX_RAW_BYTES`."""

    block_start: int | None
    """Where in `raw` its block begins; None: its headers or its length are wrong, and it goes on to
    the next record."""


class WarcDialect:
    """`WARC/1.1`, headers, a blank line, then as many bytes as they say."""

    beginning = re.compile(rb"WARC/[0-9]")
    usual_end = b"\r\n\r\nWARC/1."
    next_record = re.compile(rb"\n(?=WARC/[0-9.]+\r\n)")
    _length = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)

    def find_head(self, data: bytes, start: int) -> Head | None:
        """Return where the headers end; None: they do not end, or say no length."""
        end = data.find(b"\r\n\r\n", start, start + MAX_HEAD_BYTES)
        length = self._length.search(data, start, end + 2) if end >= 0 else None
        return None if length is None else Head(end + 4, int(length[1]))

    def read_head(self, head: bytes) -> dict[str, str]:
        """Return the headers."""
        return parse_headers(head)


class Window:
    """The bytes of a stream from where a record begins."""

    def __init__(self, stream: Readable, path: str, *, offset: int = 0) -> None:
        """Take a stream, the archive's name, and where in the file the stream begins."""
        self._stream = stream
        self.path = path
        self.data = b""
        self.start = 0
        self._offset = offset

    @property
    def offset(self) -> int:
        """Where the window begins, in the decompressed file."""
        return self._offset + self.start

    def fill(self, num_bytes: int) -> bool:
        """Hold at least so many bytes; False: the stream ends before, and its rest is held."""
        num_held = len(self.data) - self.start
        if num_held >= num_bytes:
            return True
        pieces = [self.data[self.start :]]
        self._offset += self.start
        while num_held < num_bytes and (block := self._stream.read(_BLOCK_BYTES)):
            pieces.append(block)
            num_held += len(block)
        self.data, self.start = b"".join(pieces), 0
        return num_held >= num_bytes

    def drop(self, num_bytes: int) -> bool:
        """Move on by so many bytes, held or not; False: the stream ends before."""
        num_held = len(self.data) - self.start
        while num_held < num_bytes:
            num_bytes -= num_held
            self._offset += len(self.data)
            self.data, self.start = self._stream.read(_BLOCK_BYTES), 0
            num_held = len(self.data)
            if not num_held:
                return False
        self.start += num_bytes
        return True

    def skip_line_ends(self) -> bool:
        """Move on to the next byte that ends no line; False: there is none."""
        while self.fill(1):
            rest = self.data[self.start : self.start + 16].lstrip(_LINE_ENDS)
            self.start = min(self.start + 16, len(self.data)) - len(rest)
            if rest:
                return True
        return False


def iter_frames(window: Window, dialect: Dialect, *, first_row: int = 1) -> Iterator[Frame]:
    """Yield all records of an archive, in order.

    Args:
        window: What is read, to its end.
        dialect: How records begin.
        first_row: The number of the first record in the file.

    Raises:
        UnreadableError: The archive is cut off, or no record is found behind a broken one.
    """
    row = first_row
    while window.skip_line_ends():
        yield _read_frame(window, dialect, row)
        row += 1


def _read_frame(window: Window, dialect: Dialect, row: int) -> Frame:
    window.fill(MAX_HEAD_BYTES)
    begins = dialect.beginning.match(window.data, window.start)
    head = dialect.find_head(window.data, window.start) if begins else None
    if head is None:
        return _skip_broken(window, dialect, row, known=1, reason="no record begins here")
    num_head_bytes = head.block_start - window.start
    num_bytes = num_head_bytes + head.num_block_bytes
    if num_bytes > MAX_RECORD_BYTES:
        return _skip_long(window, row, num_head_bytes, num_bytes)
    is_held = window.fill(num_bytes)
    if not is_held or not _ends_well(window, dialect, num_bytes):
        what = "does not end where its length says" if is_held else "is cut off"
        reason = f"the record {what}"
        return _skip_broken(window, dialect, row, known=num_head_bytes, reason=reason)
    raw = window.data[window.start : window.start + num_bytes]
    frame = Frame(row, window.offset, num_bytes, raw, num_head_bytes)
    window.start += num_bytes
    return frame


def _ends_well(window: Window, dialect: Dialect, num_bytes: int) -> bool:
    """Whether a record begins behind so many bytes and any line ends, or nothing does."""
    if window.data.startswith(dialect.usual_end, window.start + num_bytes):
        return True
    window.fill(num_bytes + MAX_HEAD_BYTES)
    data, end = window.data, window.start + num_bytes
    while data[end : end + 1] in {b"\r", b"\n"}:
        end += 1
    return end == len(data) or dialect.beginning.match(data, end) is not None


def _skip_long(window: Window, row: int, num_head_bytes: int, num_bytes: int) -> Frame:
    window.fill(MAX_RAW_BYTES)
    offset = window.offset
    raw = window.data[window.start : window.start + MAX_RAW_BYTES]
    if not window.drop(num_bytes):
        raise UnreadableError(path=window.path, reason="the record is cut off", offset=offset)
    return Frame(row, offset, num_bytes, raw, num_head_bytes)


def _skip_broken(window: Window, dialect: Dialect, row: int, *, known: int, reason: str) -> Frame:
    """Take everything up to where the next record begins for one that is broken.

    Args:
        window: Where it begins.
        dialect: How records begin.
        row: Its number.
        known: How many of its first bytes are certain.
        reason: What is said where no other record follows.

    Raises:
        UnreadableError: No record follows.
    """
    window.fill(MAX_RAW_BYTES)
    offset, raw = window.offset, window.data[window.start : window.start + MAX_RAW_BYTES]
    num_bytes = 0
    while True:
        found = dialect.next_record.search(window.data, window.start + known)
        if found is not None:
            num_here = found.end() - window.start
            window.start = found.end()
            return Frame(row, offset, num_bytes + num_here, raw[: num_bytes + num_here], None)
        # The beginning of the next record may stand across the end of what is held.
        num_here = max(0, len(window.data) - window.start - MAX_HEAD_BYTES)
        num_bytes += num_here
        window.start += num_here
        known = max(0, known - num_here)
        if not window.fill(MAX_HEAD_BYTES + _BLOCK_BYTES) and not num_here:
            raise UnreadableError(path=window.path, reason=reason, offset=offset)
