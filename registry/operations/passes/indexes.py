"""Document indexes as objects: the distinct documents of a version, by key.

However many documents there are, few are held at a time: keys are digests, so equal ranges of them
hold about equally many rows, and what is known of the documents of one range depends on no other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from registry.document_index.building import DocumentIndexBuilder
from registry.document_index.difference import IndexDifference, compare_indexes
from registry.document_index.rows import high_words, split_keys
from registry.document_index.totals import UniqueTotals, tokens_of, unique_totals
from registry.documents import INDEX
from registry.domain.digest import Digest
from registry.storage.objects import ObjectStore
from registry.storage.row_groups import RowGroups, write_parquet

RANGE_ROWS = 1 << 20
"""Rows of all indexes that are held at a time; to merge one takes some 200 bytes."""

_ROW_BYTES = 40
_GROUP_BYTES = _ROW_BYTES << 16
"""Bytes of a row group: what must be read for the least range."""

_NUM_HIGH_WORDS = 1 << 64


def write_index(store: ObjectStore, parts: Iterable[pa.RecordBatch]) -> Digest:
    """Store a document index (`INDEX`) from parts that are sorted by key, within and among them.

    What parts it came in does not show.

    Raises:
        StorageError: The disk is full, or not to be written.
    """
    groups = RowGroups(INDEX, group_bytes=_GROUP_BYTES, measure=_row_bytes)
    # Keys are random bytes: compressing them costs time and saves nothing.
    return write_parquet(store, parts, groups, compression="none", use_dictionary=False).digest


def join_indexes(store: ObjectStore, digests: Sequence[Digest]) -> tuple[Digest, int]:
    """Store the indexes of a version's parts as one; return it and how many documents it has.

    Raises:
        StorageError: The disk is full, or not to be written.
        UnknownError: An index is not in the store.
    """
    sizes: list[int] = []

    def merge() -> Iterator[pa.RecordBatch]:
        for parts in read_ranges(store, digests):
            builder = DocumentIndexBuilder()
            for part in parts:
                builder.add_index(part)
            merged = builder.to_batch()
            sizes.append(len(merged))
            yield merged

    return write_index(store, merge()), sum(sizes)


def add_up_indexes(
    store: ObjectStore, digests: Sequence[Digest], *, removed: Sequence[pa.Array] = ()
) -> UniqueTotals:
    """Return the totals over the union of several indexes; see `unique_totals`.

    Raises:
        UnknownError: An index is not in the store.
    """
    words = [split_keys(keys)[0] for keys in removed]

    def between(first: int, end: int) -> list[pa.Array]:
        least, most = np.uint64(first), np.uint64(end - 1)
        return [
            keys.filter(pa.array((high >= least) & (high <= most)))
            for keys, high in zip(removed, words, strict=True)
        ]

    first, *others = [
        unique_totals(parts, removed=between(*borders))
        for borders, parts in _read_ranges(store, digests)
    ]
    return sum(others, start=first)


def look_up_tokens(store: ObjectStore, digest: Digest, keys: pa.Array) -> npt.NDArray[np.int64]:
    """Return the tokens of documents by their keys; see `tokens_of`.

    Raises:
        UnknownError: The index is not in the store.
    """
    parts = [tokens_of(part, keys) for (part,) in read_ranges(store, [digest])]
    found: npt.NDArray[np.int64] = np.maximum.reduce(parts)
    return found


def read_index_keys(store: ObjectStore, digest: Digest) -> pa.Array:
    """Return the keys of all documents of an index, in order.

    Raises:
        UnknownError: It is not in the store.
    """
    columns = [part.column("key") for (part,) in read_ranges(store, [digest])]
    return pa.concat_arrays(columns)


def compare_stored_indexes(store: ObjectStore, before: Digest, after: Digest) -> IndexDifference:
    """Return which documents two versions share; see `compare_indexes`.

    Raises:
        UnknownError: An index is not in the store.
    """
    pairs = read_ranges(store, [before, after])
    return sum((compare_indexes(*pair) for pair in pairs), start=IndexDifference())


def holds_any(store: ObjectStore, digest: Digest, keys: Sequence[bytes]) -> bool:
    """Return whether one of several documents stands in an index, by their keys.

    Raises:
        UnknownError: The index is not in the store.
    """
    sought = pa.array(keys, INDEX.field("key").type)
    ranges = read_ranges(store, [digest])
    return any(pc.any(pc.is_in(part.column("key"), sought)).as_py() for (part,) in ranges)


def read_ranges(store: ObjectStore, digests: Sequence[Digest]) -> Iterator[list[pa.RecordBatch]]:
    """Yield what several indexes hold of one range of keys after the other, in order.

    Args:
        store: Where they lie.
        digests: The indexes.

    Yields:
        `INDEX` of each of them, in the given order. One range is all keys where all rows together
        are no more than `RANGE_ROWS`.
    """
    for _, parts in _read_ranges(store, digests):
        yield parts


def _read_ranges(
    store: ObjectStore, digests: Sequence[Digest]
) -> Iterator[tuple[tuple[int, int], list[pa.RecordBatch]]]:
    """Yield the same, each with its first high word and the one behind its last."""
    held = 0
    indexes: list[_Stored] = []
    for digest in digests:
        indexes.append(_Stored.open(store, digest, at_most=RANGE_ROWS - held))
        held += 0 if indexes[-1].rows is None else indexes[-1].num_rows
    num_rows = sum(index.num_rows for index in indexes)
    num_ranges = max(1, -(-num_rows // RANGE_ROWS))
    borders = [_NUM_HIGH_WORDS * number // num_ranges for number in range(num_ranges + 1)]
    for first, end in pairwise(borders):
        yield (first, end), [index.between(first, end) for index in indexes]


@dataclass(frozen=True, slots=True)
class _Stored:
    """An index in the store, of which ranges of keys are read."""

    store: ObjectStore
    digest: Digest
    num_rows: int
    rows: pa.RecordBatch | None
    """All of it; None: it is read range by range."""

    groups: tuple[tuple[int, int], ...]
    """The first and the last high word of each row group, where it is read range by range."""

    @classmethod
    def open(cls, store: ObjectStore, digest: Digest, *, at_most: int) -> Self:
        """Open an index, and read it if it has no more rows than that."""
        # A report opens thousands of small ones: threads for each would take longer than to read.
        with store.open(digest) as stream, pq.ParquetFile(stream, pre_buffer=False) as file:
            num_rows = file.metadata.num_rows
            if num_rows <= at_most:
                rows = _as_batch(file.read(use_threads=False))
                return cls(store, digest, num_rows, rows=rows, groups=())
            groups = [
                file.metadata.row_group(number).column(0).statistics
                for number in range(file.num_row_groups)
            ]
            words = tuple((_high_word(group.min), _high_word(group.max)) for group in groups)
            return cls(store, digest, num_rows, rows=None, groups=words)

    def between(self, first: int, end: int) -> pa.RecordBatch:
        """Return the rows whose high word is at least the first and below the end."""
        rows = self._read(first, end) if self.rows is None else self.rows
        words = high_words(rows)
        start = int(np.searchsorted(words, np.uint64(first)))
        stop = len(rows)
        if end < _NUM_HIGH_WORDS:
            stop = int(np.searchsorted(words, np.uint64(end)))
        return rows.slice(start, stop - start)

    def _read(self, first: int, end: int) -> pa.RecordBatch:
        wanted = [
            number
            for number, (least, most) in enumerate(self.groups)
            if most >= first and least < end
        ]
        with (
            self.store.open(self.digest) as stream,
            pq.ParquetFile(stream, pre_buffer=False) as file,
        ):
            return _as_batch(file.read_row_groups(wanted, use_threads=False))


def _high_word(key: bytes) -> int:
    return int.from_bytes(key[:8], "big")


def _as_batch(table: pa.Table) -> pa.RecordBatch:
    if not table.schema.equals(INDEX):
        table = table.cast(INDEX)
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=INDEX)


def _row_bytes(index: pa.RecordBatch) -> npt.NDArray[np.int64]:
    return np.full(len(index), _ROW_BYTES)
