"""Text columns as bytes: find the few documents that a step may have to change.

A step asks two questions of a batch. Which documents could need it? That is answered over the raw
bytes of the whole column, at several GB/s. What do they become? That is Python, for those alone.
On clean text the second question never arises and the column goes on without being copied.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]
Offsets = npt.NDArray[np.int64]

WINDOW = 96 << 10
"""Bytes looked at in one go: few enough that intermediate arrays stay in the processor's cache,
and below the 128 KiB from which on the C library maps memory anew for each of them."""

FIRST_WIDE = 0xC2
"""The least byte that begins a character outside ASCII."""

_LONG_BYTES = 1 << 20
"""A longer document is rewritten piece by piece, where lines do not depend on each other."""

NOWHERE: Positions = np.empty(0, np.intp)
"""No position: nothing was found."""

LOOKAHEAD = 3
"""Bytes of the next window that each window also shows, so that no character of up to four bytes
and no pair of bytes is cut."""


def text_bytes(column: pa.Array) -> tuple[Bytes, Offsets]:
    """Return the UTF-8 bytes of a column and the offsets of its documents in them, uncopied.

    Args:
        column: `large_string` or `large_binary` without nulls; it may be a slice.

    Returns:
        The bytes of all documents in one array, and one offset more than there are documents, the
        first of them 0.
    """
    _, offset_buffer, data_buffer = column.buffers()
    if len(column) == 0 or data_buffer is None:
        return np.empty(0, np.uint8), np.zeros(len(column) + 1, np.int64)
    offsets = np.frombuffer(offset_buffer, np.int64)[column.offset :][: len(column) + 1]
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    return data, offsets - offsets[0]


def find_documents(column: pa.Array, find: Callable[[Bytes], Positions]) -> pa.Array:
    """Return a mask, true for each document in which `find` finds something.

    Args:
        column: `large_string`, without nulls.
        find: Gives the positions of hits in a window of bytes. Windows run over the borders of
            documents, so a hit of several bytes may lie across one and be none: a document
            marked is a suspect, a document not marked is clear.
    """
    data, offsets = text_bytes(column)
    marked = np.zeros(len(column), np.bool_)
    for start in range(0, len(data), WINDOW):
        end = min(start + WINDOW, len(data))
        hits = find(data[start : end + LOOKAHEAD])
        if len(hits) == 0:
            continue
        first = int(np.searchsorted(offsets, start, side="right")) - 1
        last = int(np.searchsorted(offsets, end + LOOKAHEAD, side="left"))
        bounds = np.searchsorted(hits + start, offsets[first : last + 1])
        marked[first:last][np.diff(bounds) > 0] = True
    return pa.array(marked)


def find_range(window: Bytes, first: str, last: str) -> Positions:
    """Return where a window holds a character of a range.

    Args:
        window: A window of UTF-8. What is cut off at its end is whole in the next window.
        first: The first character of the range.
        last: The last one; it differs from the first in the last byte of its UTF-8 alone.

    Example:
        >>> find_range(np.frombuffer("é…".encode(), np.uint8), "\u2010", "\u203f").tolist()
        [2]
    """
    *prefix, low = first.encode()
    high = last.encode()[-1]
    hits = np.flatnonzero(window[: len(window) - len(prefix)] == prefix[0])
    for distance, byte in enumerate(prefix[1:], start=1):
        hits = hits[window[hits + distance] == byte]
    final = window[hits + len(prefix)]
    return hits[(final >= low) & (final <= high)]


def rewrite(column: pa.Array, suspects: pa.Array, function: Callable[[str], str]) -> pa.Array:
    """Return a column in which each suspect went through a function.

    Args:
        column: `large_string`, without nulls.
        suspects: Boolean, as long as the column, without nulls.
        function: From the text of a document to its new text.

    Returns:
        The same column, uncopied, when nothing changed.
    """
    if not pc.any(suspects).as_py():
        return column
    before = column.filter(suspects).to_pylist()
    after = [function(text) for text in before]
    if before == after:
        return column
    return pc.replace_with_mask(column, suspects, pa.array(after, pa.large_string()))


def rewrite_lines(column: pa.Array, suspects: pa.Array, function: Callable[[str], str]) -> pa.Array:
    """Return what `rewrite` does, for a function that gives each line the same text by itself.

    A long document goes through it in pieces that end behind a line feed: as one string it takes up
    to four times its bytes, and so does every copy of it.
    """
    is_long = pc.and_(suspects, pc.greater(pc.binary_length(column), _LONG_BYTES))
    if not pc.any(is_long).as_py():
        return rewrite(column, suspects, function)
    after = [_rewrite_long(text.as_buffer(), function) for text in column.filter(is_long)]
    column = pc.replace_with_mask(column, is_long, pa.array(after, pa.large_string()))
    return rewrite(column, pc.and_not(suspects, is_long), function)


def _rewrite_long(text: pa.Buffer, function: Callable[[str], str]) -> bytes:
    data = text.to_pybytes()
    pieces: list[bytes] = []
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + _LONG_BYTES) + 1 or len(data)
        pieces.append(function(data[start:end].decode()).encode())
        start = end
    return b"".join(pieces)


def count_changes(before: pa.Array, after: pa.Array) -> int:
    """Return in how many rows two text columns of one length hold different bytes."""
    if _share_memory(before, after):
        return 0
    differ = pc.not_equal(before.cast(pa.large_binary()), after.cast(pa.large_binary()))
    return int(pc.sum(differ).as_py() or 0)


def _share_memory(one: pa.Array, other: pa.Array) -> bool:
    if one.offset != other.offset:
        return False
    return _addresses(one) == _addresses(other)


def _addresses(column: pa.Array) -> list[int | None]:
    return [None if buffer is None else buffer.address for buffer in column.buffers()[1:]]
