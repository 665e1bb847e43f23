"""Document shards: Parquet files that depend on the documents alone.

A row group is closed by the bytes of all four columns or by its rows, so that what is held in
memory is bounded whatever the documents are like; a shard is closed by its bytes of text, after
the first row group with which it has them. Neither looks at the batches that happen to arrive, so
the same documents give the same bytes whatever the batch size.
"""

from types import TracebackType
from typing import Self

import pyarrow as pa

from registry.documents import DOCUMENTS, num_text_bytes
from registry.domain.base import Value
from registry.storage.objects import ObjectStore, StoredObject
from registry.storage.row_groups import RowGroups, StagedParquet

ROW_GROUP_BYTES = 16 << 20
"""Bytes of ids, texts, sources and metadata after which a row group is closed."""


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
        group_bytes = min(ROW_GROUP_BYTES, shard_bytes)
        self._row_groups = RowGroups(DOCUMENTS, group_bytes=group_bytes)
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
        self._file = StagedParquet(
            store, DOCUMENTS, compression="zstd", compression_level=3, use_dictionary=["source"]
        )
        self._num_documents = 0
        self.num_text_bytes = 0

    def write(self, group: pa.Table) -> None:
        self._file.write(group)
        self._num_documents += len(group)
        self.num_text_bytes += sum(num_text_bytes(batch) for batch in group.to_batches())

    def commit(self) -> WrittenShard:
        return WrittenShard(
            stored=self._file.commit(),
            num_documents=self._num_documents,
            num_text_bytes=self.num_text_bytes,
        )

    def discard(self) -> None:
        self._file.discard()
