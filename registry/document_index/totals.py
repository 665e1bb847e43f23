"""Distinct documents over several indexes, each counted once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from registry.document_index.rows import (
    UNCOUNTED,
    Numbers,
    concatenate,
    counted_tokens,
    keys_alone,
    read_rows,
    sort_rows,
    split_keys,
)


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


def unique_totals(
    indexes: Sequence[pa.RecordBatch], *, removed: Sequence[pa.Array] = ()
) -> UniqueTotals:
    """Return the totals over the union of several indexes, one copy of each document.

    Args:
        indexes: `registry.documents.INDEX`, in the order in which documents are to be attributed.
            Their tokens are of one tokenizer and policy.
        removed: Sets of keys, `binary(16)` without nulls, whose documents are not counted.
    """
    parts = [read_rows(index) for index in indexes]
    if not parts:
        nothing = tuple(() for _ in removed)
        return UniqueTotals(num_documents=0, num_bytes=0, num_tokens=0, shares=(), removed=nothing)
    # What is taken away stands behind what is held: in a group of equal keys it comes last.
    rows = concatenate([*parts, *map(keys_alone, removed)])
    lengths = [*map(len, parts), *map(len, removed)]
    owners = np.repeat(np.arange(len(lengths)), lengths)
    order, starts = sort_rows(rows)
    # The sort is stable: of the rows with one key the first stands in the first index.
    held = _Held(
        owners=owners[order[starts]],
        takers=_takers(owners[order], starts, num_parts=len(parts)),
        num_bytes=rows.num_bytes[order[starts]],
        num_tokens=counted_tokens(rows.num_tokens[order], starts),
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


def tokens_of(index: pa.RecordBatch, keys: pa.Array) -> Numbers:
    """Return the tokens of documents by their keys; -1 where the index does not know them.

    Args:
        index: `registry.documents.INDEX`.
        keys: `fixed_size_binary(16)` without nulls, in any order.
    """
    rows, (high, low) = read_rows(index), split_keys(keys)
    tokens = np.full(len(high), UNCOUNTED)
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
    uncounted = np.bincount(owners[num_tokens == UNCOUNTED], minlength=num_parts)
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


def _share(num_bytes: Numbers, num_tokens: Numbers) -> UniqueShare:
    is_counted = not bool((num_tokens == UNCOUNTED).any())
    return UniqueShare(
        num_documents=len(num_bytes),
        num_bytes=int(num_bytes.sum()),
        num_tokens=int(num_tokens.sum()) if is_counted else None,
    )


def _add_known(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
