"""Parquet row groups that are bounded in memory and depend on the rows alone.

A group ends with the first row that fills it, never with a batch that happens to end, so the same
rows give the same bytes whatever the batch size.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from registry.documents import is_variable
from registry.storage.objects import ObjectStore, StoredObject, translated_errors

Measure: TypeAlias = Callable[[pa.RecordBatch], npt.NDArray[np.int64]]
"""Says how many bytes each row of a batch has."""

MAX_ROWS = 1 << 16
"""Rows after which a row group is closed, however small they are."""


class RowGroups:
    """Cut a stream of batches into groups of about so many bytes and at most `MAX_ROWS` rows.

    The bytes of a row are those of all its strings, binary values and lists of a fixed size, or
    what `measure` says they are.
    """

    def __init__(
        self, schema: pa.Schema, *, group_bytes: int, measure: Measure | None = None
    ) -> None:
        self.schema = schema
        self._group_bytes = group_bytes
        self._measure = measure or _row_bytes
        self._clear()

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """Take rows and yield the groups that they fill."""
        ends = np.cumsum(self._measure(batch))
        start, spent = 0, 0
        while start < len(batch):
            # One past the first row at which held and new bytes reach the group's size.
            missing = self._group_bytes - self._held_bytes
            full = int(np.searchsorted(ends, spent + missing)) + 1
            stop = min(full, start + MAX_ROWS - self._held_rows, len(batch))
            self._held.append(batch.slice(start, stop - start))
            self._held_rows += stop - start
            self._held_bytes += int(ends[stop - 1]) - spent
            start, spent = stop, int(ends[stop - 1])
            if self._held_bytes >= self._group_bytes or self._held_rows >= MAX_ROWS:
                yield from self.drain()

    def drain(self) -> Iterator[pa.Table]:
        """Yield what is held as a last group, if there is something."""
        if self._held:
            group = pa.Table.from_batches(self._held, self.schema).combine_chunks()
            self._clear()
            yield group

    def _clear(self) -> None:
        self._held: list[pa.RecordBatch] = []
        self._held_rows = 0
        self._held_bytes = 0


class StagedParquet:
    """A Parquet object that is being written; nothing is left of one that is not committed.

    Args:
        store: Where it will lie.
        schema: Its columns.
        options: Of `pyarrow.parquet.ParquetWriter`.

    Raises:
        StorageError: The disk is full, or not to be written.
    """

    def __init__(self, store: ObjectStore, schema: pa.Schema, **options: object) -> None:
        self._store = store
        with ExitStack() as stack:
            self._path = stack.enter_context(store.stage())
            with translated_errors(store.url):
                self._writer = pq.ParquetWriter(self._path, schema, **options)
            self._stack = stack.pop_all()
        self.discard = weakref.finalize(self, _discard, self._writer, self._stack)
        """Removes what was written; also called when nobody holds this object any more."""

    def write(self, group: pa.Table) -> None:
        """Add a row group.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        with translated_errors(self._store.url):
            self._writer.write_table(group, row_group_size=max(1, len(group)))

    def take_back(self, num_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield what was written, so many rows at a time, and remove the file.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        with translated_errors(self._store.url):
            self._writer.close()
        with pq.ParquetFile(self._path) as file:
            yield from iter_batches(file, num_rows)
        self.discard()

    def commit(self) -> StoredObject:
        """Make it an object.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        with translated_errors(self._store.url):
            self._writer.close()
        stored = self._store.commit(self._path)
        self.discard()
        return stored


def write_parquet(
    store: ObjectStore, batches: Iterable[pa.RecordBatch], groups: RowGroups, **options: object
) -> StoredObject:
    """Store rows as a Parquet object; what batches they come in does not show.

    Args:
        store: Where it will lie.
        batches: The rows.
        groups: Cuts them; nothing was added to it.
        options: See `StagedParquet`.

    Raises:
        StorageError: The disk is full, or not to be written.
    """
    file = StagedParquet(store, groups.schema, **options)
    try:
        for batch in batches:
            for group in groups.add(batch):
                file.write(group)
        for group in groups.drain():
            file.write(group)
        return file.commit()
    finally:
        file.discard()


def iter_batches(file: pq.ParquetFile, num_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file in batches of at most so many."""
    # Asked for all groups at once, Arrow keeps what it has read until the last of them.
    for group in range(file.num_row_groups):
        yield from file.iter_batches(num_rows, row_groups=[group], use_threads=False)


def _discard(writer: pq.ParquetWriter, stack: ExitStack) -> None:
    # On a full disk closing fails as writing did, and the first error is already on its way.
    with stack, suppress(OSError):
        writer.close()


def _row_bytes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    sizes = np.zeros(len(batch), np.int64)
    for column in batch.columns:
        if is_variable(column.type):
            lengths = pc.fill_null(pc.binary_length(column), 0)
            sizes += lengths.to_numpy(zero_copy_only=False)
        elif pa.types.is_fixed_size_list(column.type):
            sizes += column.type.list_size * column.type.value_type.byte_width
    return sizes
