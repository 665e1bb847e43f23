"""Well-formed CSV in pieces of whole records, for Arrow to parse: many times as fast as by the row.

Well-formed is a stream in which every quote opens a value, closes one or is doubled inside one, as
RFC 4180 has it: then an even number of quotes stands before the end of each record, and Arrow and
the standard library's parser see the same values. From the first quote that stands elsewhere the
rest of the stream is one piece, to be read record by record.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from registry.sources.compression import BLOCK_BYTES, ByteStream
from registry.sources.lines import UTF8_BOM

_QUOTE, _RETURN, _NEWLINE, _NUL = b'"\r\n\0'
_LAST_BYTES = 1 << 16
_LOOK_BYTES = 1 << 17
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]


@dataclass
class Piece:
    """Consecutive records of a stream; itself a stream, that can be read once."""

    path: str
    offset: int
    """Where it begins in the stream."""

    data: bytes
    """Its first bytes, or all of them."""

    rest: ByteStream | None = None
    """Where the others come from; None: there are none, and all records are well-formed."""

    _is_read: bool = field(default=False, init=False)

    def read(self, num_bytes: int = BLOCK_BYTES) -> bytes:
        """See `ByteStream.read`; the first bytes come as one block."""
        if not self._is_read:
            self._is_read = True
            if self.data:
                return self.data
        return b"" if self.rest is None else self.rest.read(num_bytes)

    def behind(self, num_bytes: int) -> "Piece":
        """Return what is left of well-formed records behind the first bytes."""
        return Piece(self.path, self.offset + num_bytes, self.data[num_bytes:])


def iter_pieces(
    stream: ByteStream, delimiter: str, *, most_bytes: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[Piece]:
    """Yield a stream in pieces, each of which ends where a record does.

    Args:
        stream: What is read, to its end.
        delimiter: What stands between values.
        most_bytes: More bytes without the end of a record are a rest.
        block_bytes: How much is read at once.

    Raises:
        UnreadableError: The stream is cut off or corrupt; everything before it was yielded.
    """
    offset, held = 0, b""
    # A long record is looked at anew with each block, so they grow with it.
    while block := stream.read(max(block_bytes, len(held))):
        held += block
        end = _find_end(held, delimiter)
        if end is None or len(held) - end > most_bytes:
            yield Piece(stream.path, offset, held, stream)
            return
        if end:
            yield Piece(stream.path, offset, held[:end])
            offset, held = offset + end, held[end:]
    if held:
        # What no newline ends may also be a value whose quotes never close.
        yield Piece(stream.path, offset, held, stream)


def parse_piece(data: bytes, names: Sequence[str], delimiter: str) -> pa.RecordBatch | None:
    """Return well-formed records as columns of bytes; None: Arrow would see other values.

    Args:
        data: The records; blank lines are none.
        names: The columns.
        delimiter: What stands between values.
    """
    if data.startswith(UTF8_BOM):
        # Arrow takes the first character of a value for a mark.
        return None
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(data),
            read_options=pa.csv.ReadOptions(
                use_threads=False, column_names=names, block_size=len(data) + 1
            ),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_binary()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        # A record has more values than there are columns, or fewer.
        return None
    return table.combine_chunks().to_batches()[0] if len(table) else None


def _find_end(data: bytes, delimiter: str) -> int | None:
    """Return where the last whole record ends, 0 if none does; None: it is not well-formed."""
    if _NUL in data:
        return None
    view = np.frombuffer(data, np.uint8)
    quotes = _find_all(view, _QUOTE)
    if not _are_in_place(view, quotes, delimiter):
        return None
    if _RETURN in data and not _end_lines(view, quotes):
        return None
    return _find_last_newline(view, quotes)


def _find_all(view: Bytes, byte: int) -> Places:
    """Return where a byte stands; compared in stretches that stay in the processor's cache."""
    found = [
        np.flatnonzero(view[start : start + _LOOK_BYTES] == byte) + start
        for start in range(0, len(view), _LOOK_BYTES)
    ]
    return np.concatenate(found) if found else np.empty(0, np.intp)


def _find_last_newline(view: Bytes, quotes: Places) -> int:
    """Return what is behind the last newline outside quotes; 0: there is none.

    It is looked for from the end, in stretches that grow, since most often it is near.
    """
    stop, size = len(view), _LAST_BYTES
    while stop:
        start = max(0, stop - size)
        newlines = np.flatnonzero(view[start:stop] == _NEWLINE) + start
        ends = newlines[_is_outside(newlines, quotes)]
        if len(ends):
            return int(ends[-1]) + 1
        stop, size = start, 4 * size
    return 0


def _are_in_place(view: Bytes, quotes: Places, delimiter: str) -> bool:
    """Whether each quote opens a value, closes one or is doubled; the last may yet be either."""
    opening, closing = quotes[::2], quotes[1::2]
    is_border = np.zeros(256, np.bool_)
    is_border[[ord(delimiter), _RETURN, _NEWLINE]] = True
    # A doubled quote closes and opens: between those two stands nothing.
    doubled = np.zeros(len(quotes) + 1, np.bool_)
    doubled[1:-1] = quotes[1:] == quotes[:-1] + 1
    begins = is_border[view[opening - 1]] | (opening == 0) | doubled[:-1][::2]
    has_next = closing < len(view) - 1
    ends = is_border[view[np.minimum(closing + 1, len(view) - 1)]] | doubled[1:][1::2] | ~has_next
    return bool(begins.all() and ends.all())


def _end_lines(view: Bytes, quotes: Places) -> bool:
    """Whether each carriage return outside quotes stands before a newline, or at the end."""
    returns = np.flatnonzero(view[:-1] == _RETURN)
    outside = returns[_is_outside(returns, quotes)]
    return bool((view[outside + 1] == _NEWLINE).all())


def _is_outside(places: Places, quotes: Places) -> npt.NDArray[np.bool_]:
    is_outside: npt.NDArray[np.bool_] = np.searchsorted(quotes, places) % 2 == 0
    return is_outside
