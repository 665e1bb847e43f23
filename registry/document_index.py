"""Indexes of distinct documents: by which duplicates are found within a version and across many.

An index holds the key of each distinct document, how often it stands in the version, and the bytes
and tokens of one copy. See `registry.documents.INDEX`.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import INDEX
from registry.domain.digest import document_keys

Numbers = npt.NDArray[np.int64]

_UNCOUNTED = -1
_KEY_BYTES = 16
_KEY = pa.binary(_KEY_BYTES)
_FEWEST_PENDING = 1 << 16


@dataclass(frozen=True, slots=True)
class UniqueShare:
    """What one index adds to those before it."""

    num_documents: int
    num_bytes: int
    num_tokens: int | None
    """None where the tokens of some document were not counted."""

    def __add__(self, other: "UniqueShare") -> "UniqueShare":
        """Return what an index adds, with what it adds of other documents."""
        return UniqueShare(
            num_documents=self.num_documents + other.num_documents,
            num_bytes=self.num_bytes + other.num_bytes,
            num_tokens=_add_known(self.num_tokens, other.num_tokens),
        )


NOTHING = UniqueShare(num_documents=0, num_bytes=0, num_tokens=0)


@dataclass(frozen=True, slots=True)
class UniqueTotals:
    """Distinct documents over several indexes, each counted once."""

    num_documents: int
    num_bytes: int
    num_tokens: int | None
    """None where the tokens of some document were not counted."""

    shares: tuple[UniqueShare, ...]
    """What each index adds, in the given order: a document belongs to the first that holds it."""

    removed: tuple[tuple[UniqueShare, ...], ...] = ()
    """For each set of keys that was taken away, what it took of each index; a document in several
    sets was taken by the first."""

    def __add__(self, other: "UniqueTotals") -> "UniqueTotals":
        """Return the totals with those of other documents of the same indexes."""
        return UniqueTotals(
            num_documents=self.num_documents + other.num_documents,
            num_bytes=self.num_bytes + other.num_bytes,
            num_tokens=_add_known(self.num_tokens, other.num_tokens),
            shares=tuple(map(UniqueShare.__add__, self.shares, other.shares)),
            removed=tuple(
                tuple(map(UniqueShare.__add__, mine, theirs))
                for mine, theirs in zip(self.removed, other.removed, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class IndexDifference:
    """Distinct documents of two indexes, and the bytes of one copy of each."""

    num_added: int = 0
    """Of the second alone."""

    num_removed: int = 0
    """Of the first alone."""

    num_kept: int = 0
    """Of both."""

    bytes_added: int = 0
    bytes_removed: int = 0
    bytes_kept: int = 0

    def __add__(self, other: "IndexDifference") -> "IndexDifference":
        """Return the difference with that of other documents of the same indexes."""
        return IndexDifference(*map(int.__add__, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of an index as columns; a key is two big-endian words, so that they sort as bytes do."""

    high: npt.NDArray[np.uint64]
    low: npt.NDArray[np.uint64]
    num_copies: Numbers
    num_bytes: Numbers
    num_tokens: Numbers

    def __len__(self) -> int:
        return len(self.high)


class DocumentIndexBuilder:
    """Collects the distinct documents of a version, 40 bytes each."""

    def __init__(self) -> None:
        self._merged = _rows(pa.array([], _KEY), num_bytes=_no_numbers(), num_tokens=_no_numbers())
        self._pending: list[_Rows] = []
        self._num_pending = 0

    def add(self, texts: pa.Array, num_tokens: Numbers | None) -> None:
        """Add documents.

        Args:
            texts: `large_string` without nulls.
            num_tokens: Tokens of each document; None: not counted.
        """
        keys, num_bytes = keys_of(texts)
        tokens = np.full(len(texts), _UNCOUNTED) if num_tokens is None else num_tokens
        self._add(_rows(pa.array(keys, _KEY), num_bytes=num_bytes, num_tokens=tokens))

    def add_index(self, index: pa.RecordBatch) -> None:
        """Add the documents of a part of the version, by its index (`registry.documents.INDEX`)."""
        self._add(_read(index))

    def _add(self, rows: _Rows) -> None:
        self._pending.append(rows)
        self._num_pending += len(rows)
        # Merging only when as much is new as was there keeps the cost of all merges linear.
        if self._num_pending >= max(_FEWEST_PENDING, len(self._merged)):
            self._merge()

    def to_batch(self) -> pa.RecordBatch:
        """Return the index of everything added: `registry.documents.INDEX`, sorted by key."""
        self._merge()
        rows = self._merged
        return pa.RecordBatch.from_arrays(
            [
                _key_column(rows),
                pa.array(rows.num_copies).cast(pa.uint32()),
                pa.array(rows.num_bytes).cast(pa.uint64()),
                pa.array(rows.num_tokens, mask=rows.num_tokens == _UNCOUNTED).cast(pa.uint64()),
            ],
            schema=INDEX,
        )

    def _merge(self) -> None:
        if self._pending:
            self._merged = _merge_copies([self._merged, *self._pending])
            self._pending, self._num_pending = [], 0


def unique_totals(
    indexes: Sequence[pa.RecordBatch], *, removed: Sequence[pa.Array] = ()
) -> UniqueTotals:
    """Return the totals over the union of several indexes, one copy of each document.

    Args:
        indexes: `registry.documents.INDEX`, in the order in which documents are to be attributed.
            Their tokens are of one tokenizer and policy.
        removed: Sets of keys, `binary(16)` without nulls, whose documents are not counted.
    """
    parts = [_read(index) for index in indexes]
    if not parts:
        nothing = tuple(() for _ in removed)
        return UniqueTotals(num_documents=0, num_bytes=0, num_tokens=0, shares=(), removed=nothing)
    # What is taken away stands behind what is held: in a group of equal keys it comes last.
    rows = _concatenate([*parts, *map(_keys_alone, removed)])
    lengths = [*map(len, parts), *map(len, removed)]
    owners = np.repeat(np.arange(len(lengths)), lengths)
    order, starts = _sort(rows)
    # The sort is stable: of the rows with one key the first stands in the first index.
    held = _Held(
        owners=owners[order[starts]],
        takers=_takers(owners[order], starts, num_parts=len(parts)),
        num_bytes=rows.num_bytes[order[starts]],
        num_tokens=_counted(rows.num_tokens[order], starts),
    )
    kept = held.taken_by(-1)
    total = _share(kept.num_bytes, kept.num_tokens)
    return UniqueTotals(
        num_documents=total.num_documents,
        num_bytes=total.num_bytes,
        num_tokens=total.num_tokens,
        shares=kept.shares(len(parts)),
        removed=tuple(
            held.taken_by(place).shares(len(parts)) for place in range(len(parts), len(lengths))
        ),
    )


def compare_indexes(before: pa.RecordBatch, after: pa.RecordBatch) -> IndexDifference:
    """Return which documents two versions share, by their indexes (`registry.documents.INDEX`)."""
    parts = [_read(before), _read(after)]
    rows = _concatenate(parts)
    order, starts = _sort(rows)
    is_after = np.repeat([False, True], [len(part) for part in parts])[order]
    num_bytes = rows.num_bytes[order][starts]
    if not len(starts):
        return IndexDifference()
    in_after = np.logical_or.reduceat(is_after, starts)
    in_before = np.logical_or.reduceat(~is_after, starts)
    added, removed, kept = in_after & ~in_before, in_before & ~in_after, in_before & in_after
    return IndexDifference(
        num_added=int(added.sum()),
        num_removed=int(removed.sum()),
        num_kept=int(kept.sum()),
        bytes_added=int(num_bytes[added].sum()),
        bytes_removed=int(num_bytes[removed].sum()),
        bytes_kept=int(num_bytes[kept].sum()),
    )


def tokens_of(index: pa.RecordBatch, keys: pa.Array) -> Numbers:
    """Return the tokens of documents by their keys; -1 where the index does not know them.

    Args:
        index: `registry.documents.INDEX`.
        keys: `fixed_size_binary(16)` without nulls, in any order.
    """
    rows, (high, low) = _read(index), split_keys(keys)
    tokens = np.full(len(high), _UNCOUNTED)
    if not len(rows):
        return tokens
    # Of a range of an index most keys are outside.
    open_ = np.flatnonzero((high >= rows.high[0]) & (high <= rows.high[-1]))
    places = np.full(len(high), len(rows))
    places[open_] = np.searchsorted(rows.high, high[open_])
    while len(open_):
        # Rows with one upper word stand together; few have any beside them.
        open_ = open_[places[open_] < len(rows)]
        open_ = open_[rows.high[places[open_]] == high[open_]]
        is_found = rows.low[places[open_]] == low[open_]
        tokens[open_[is_found]] = rows.num_tokens[places[open_[is_found]]]
        open_ = open_[~is_found]
        places[open_] += 1
    return tokens


def split_keys(keys: pa.Array) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the two words of each key (`fixed_size_binary(16)`), which sort as its bytes do."""
    start = keys.offset * _KEY_BYTES
    data = memoryview(keys.buffers()[1] or b"")[start : start + len(keys) * _KEY_BYTES]
    words = np.frombuffer(data, ">u8").reshape(-1, 2)
    return words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64)


@dataclass(frozen=True, slots=True)
class _Held:
    """Distinct documents, with the index that owns each and the set that takes it away."""

    owners: npt.NDArray[np.intp]
    takers: npt.NDArray[np.intp]
    """-1: none; where the owner itself is a set, no index holds the document."""

    num_bytes: Numbers
    num_tokens: Numbers

    def taken_by(self, place: int) -> "_Held":
        """Return those that a set takes away; of -1 those that stay."""
        chosen = self.takers == place
        if chosen.all():
            return self
        return _Held(
            self.owners[chosen],
            self.takers[chosen],
            self.num_bytes[chosen],
            self.num_tokens[chosen],
        )

    def shares(self, num_parts: int) -> tuple[UniqueShare, ...]:
        """Return what each of the first so many owners holds."""
        return _shares(self.owners, self.num_bytes, self.num_tokens, num_parts=num_parts)


def _takers(
    owners: npt.NDArray[np.intp], starts: npt.NDArray[np.intp], *, num_parts: int
) -> npt.NDArray[np.intp]:
    """Return the first set that takes each distinct document away; -1: none, -2: nobody holds it.

    Args:
        owners: Of all rows, sorted by key and then by owner.
        starts: Where each distinct key begins.
        num_parts: Owners below it are indexes, the others sets.
    """
    if not len(starts):
        return np.empty(0, np.intp)
    is_held = owners < num_parts
    ends = np.append(starts[1:], len(owners))
    first_set = starts + np.add.reduceat(is_held.astype(np.intp), starts)
    takers = np.where(first_set < ends, owners[np.minimum(first_set, len(owners) - 1)], -1)
    takers[~is_held[starts]] = -2
    return takers


def _shares(
    owners: npt.NDArray[np.intp], num_bytes: Numbers, num_tokens: Numbers, *, num_parts: int
) -> tuple[UniqueShare, ...]:
    """Return what each part owns, in one pass over all documents, however many parts there are."""
    held = np.bincount(owners, minlength=num_parts)
    uncounted = np.bincount(owners[num_tokens == _UNCOUNTED], minlength=num_parts)
    sums = np.zeros((2, num_parts), np.int64)
    for row, numbers in zip(sums, (num_bytes, num_tokens), strict=True):
        np.add.at(row, owners, numbers)
    return tuple(
        UniqueShare(
            num_documents=documents,
            num_bytes=total_bytes,
            num_tokens=None if unknown else tokens,
        )
        for documents, unknown, total_bytes, tokens in zip(
            held.tolist(), uncounted.tolist(), *sums.tolist(), strict=True
        )
    )


def _add_known(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _share(num_bytes: Numbers, num_tokens: Numbers) -> UniqueShare:
    is_counted = not bool((num_tokens == _UNCOUNTED).any())
    return UniqueShare(
        num_documents=len(num_bytes),
        num_bytes=int(num_bytes.sum()),
        num_tokens=int(num_tokens.sum()) if is_counted else None,
    )


def keys_of(texts: pa.Array) -> tuple[list[bytes], Numbers]:
    """Return the key and the bytes of each document of a column of `large_string`."""
    data, ends = _text_bytes(texts)
    keys = document_keys(data[start:end] for start, end in pairwise(ends.tolist()))
    return keys, np.diff(ends)


def _text_bytes(texts: pa.Array) -> tuple[memoryview, Numbers]:
    """Return the bytes under some texts, where in them each begins, and where the last ends."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset :][: len(texts) + 1]
    return memoryview(data or b""), ends


def _no_numbers() -> Numbers:
    return np.empty(0, np.int64)


def _rows(keys: pa.Array, *, num_bytes: Numbers, num_tokens: Numbers) -> _Rows:
    """Return one row a key, of one copy."""
    high, low = split_keys(keys)
    return _Rows(
        high=high,
        low=low,
        num_copies=np.ones(len(keys), np.int64),
        num_bytes=num_bytes,
        num_tokens=num_tokens,
    )


def high_words(index: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """Return the first eight bytes of each key of an index, as a number that sorts as they do."""
    return split_keys(index.column("key"))[0]


def _read(index: pa.RecordBatch) -> _Rows:
    tokens = pc.fill_null(index.column("num_tokens").cast(pa.int64()), _UNCOUNTED)
    rows = _rows(
        index.column("key"),
        num_bytes=index.column("num_bytes").cast(pa.int64()).to_numpy(),
        num_tokens=tokens.to_numpy(),
    )
    return replace(rows, num_copies=index.column("num_copies").cast(pa.int64()).to_numpy())


def _keys_alone(keys: pa.Array) -> _Rows:
    """Return rows of documents of which nothing but the key matters."""
    nothing = np.zeros(len(keys), np.int64)
    return _rows(keys, num_bytes=nothing, num_tokens=nothing + _UNCOUNTED)


def _concatenate(parts: Sequence[_Rows]) -> _Rows:
    return _Rows(
        high=np.concatenate([part.high for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        num_copies=np.concatenate([part.num_copies for part in parts]),
        num_bytes=np.concatenate([part.num_bytes for part in parts]),
        num_tokens=np.concatenate([part.num_tokens for part in parts]),
    )


def _sort(rows: _Rows) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the stable order by key, and where in that order each distinct key begins."""
    order = np.lexsort((rows.low, rows.high))
    high, low = rows.high[order], rows.low[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return order, np.flatnonzero(is_first)


def _merge_copies(parts: Sequence[_Rows]) -> _Rows:
    rows = _concatenate(parts)
    order, starts = _sort(rows)
    firsts = order[starts]
    copies = rows.num_copies[order]
    return _Rows(
        high=rows.high[firsts],
        low=rows.low[firsts],
        num_copies=np.add.reduceat(copies, starts) if len(starts) else copies,
        num_bytes=rows.num_bytes[firsts],
        num_tokens=_counted(rows.num_tokens[order], starts),
    )


def _counted(num_tokens: Numbers, starts: npt.NDArray[np.intp]) -> Numbers:
    """Return the tokens of each distinct document, counted if those of any copy were."""
    return np.maximum.reduceat(num_tokens, starts) if len(starts) else num_tokens


def _key_column(rows: _Rows) -> pa.Array:
    words = np.empty((len(rows), 2), ">u8")
    words[:, 0], words[:, 1] = rows.high, rows.low
    return pa.Array.from_buffers(_KEY, len(rows), [None, pa.py_buffer(words.tobytes())])
