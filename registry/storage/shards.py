"""Document shards: Parquet files that depend on the documents alone.

Row groups and shards are cut by rows and bytes of text, never by the batches that happen to
arrive, so the same documents give the same bytes whatever the batch size.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from registry.documents import DOCUMENTS, num_text_bytes
from registry.domain.base import Value
from registry.storage.objects import ObjectStore, StoredObject

ROW_GROUP_BYTES = 16 << 20
"""Text bytes after which a row group is closed."""


class WrittenShard(Value):
    """A document shard that lies in the store."""

    stored: StoredObject
    num_documents: int
    num_text_bytes: int


class DocumentShardWriter:
    """Write batches of `DOCUMENTS` as Parquet objects (zstd) of about `shard_bytes` of text.

    Use it as a context manager and call `finish` for the shards; leaving without it writes nothing.
    """

    def __init__(self, store: ObjectStore, *, shard_bytes: int) -> None:
        self._store = store
        self._shard_bytes = shard_bytes
        self._row_groups = _RowGroups(min(ROW_GROUP_BYTES, shard_bytes))
        self._shards: list[WrittenShard] = []
        self._open: _OpenShard | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._open is not None:
            self._open.discard()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add documents in order.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        for group in self._row_groups.add(batch):
            self._write_group(group)

    def finish(self) -> list[WrittenShard]:
        """Write what is left and return all shards in order; none if there was no document.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        for group in self._row_groups.drain():
            self._write_group(group)
        self._close_shard()
        return self._shards

    def _write_group(self, group: pa.Table) -> None:
        if self._open is None:
            self._open = _OpenShard(self._store)
        self._open.write(group)
        if self._open.num_text_bytes >= self._shard_bytes:
            self._close_shard()

    def _close_shard(self) -> None:
        if self._open is not None:
            self._shards.append(self._open.commit())
            self._open = None


class _OpenShard:
    """The shard being written."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._stack = ExitStack()
        self._path: Path = self._stack.enter_context(store.stage())
        self._writer = pq.ParquetWriter(
            self._path,
            DOCUMENTS,
            compression="zstd",
            compression_level=3,
            use_dictionary=["source"],
        )
        self._num_documents = 0
        self.num_text_bytes = 0

    def write(self, group: pa.Table) -> None:
        self._writer.write_table(group, row_group_size=max(1, len(group)))
        self._num_documents += len(group)
        self.num_text_bytes += sum(num_text_bytes(batch) for batch in group.to_batches())

    def commit(self) -> WrittenShard:
        with self._stack:
            self._writer.close()
            return WrittenShard(
                stored=self._store.commit(self._path),
                num_documents=self._num_documents,
                num_text_bytes=self.num_text_bytes,
            )

    def discard(self) -> None:
        with self._stack:
            self._writer.close()


class _RowGroups:
    """Cut a stream of batches into groups that end with the first row that fills them."""

    def __init__(self, group_bytes: int) -> None:
        self._group_bytes = group_bytes
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        lengths = pc.binary_length(batch.column("text")).to_numpy(zero_copy_only=False)
        ends = np.cumsum(lengths)
        start, spent = 0, 0
        while start < len(batch):
            # The first row at which held + new bytes reach the group's size.
            missing = self._group_bytes - self._held_bytes
            stop = int(np.searchsorted(ends, spent + missing)) + 1
            piece = batch.slice(start, stop - start)
            self._held.append(piece)
            if stop > len(batch):
                self._held_bytes += int(ends[-1]) - spent
                return
            start, spent = stop, int(ends[stop - 1])
            yield from self.drain()

    def drain(self) -> Iterator[pa.Table]:
        if self._held:
            group = pa.Table.from_batches(self._held, DOCUMENTS).combine_chunks()
            self._held, self._held_bytes = [], 0
            yield group
