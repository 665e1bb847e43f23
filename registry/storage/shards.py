"""Shards of documents and of tables: Parquet files that depend on their rows alone.

A row group is closed by the bytes of all columns or by its rows, so that what is held in memory is
bounded whatever the rows are like; a shard is closed by its bytes of text, or by those of all
values of a table, after the first row group with which it has them. Neither looks at the batches
that happen to arrive, so the same rows give the same bytes whatever the batch size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from registry.documents import DOCUMENTS, num_text_bytes, row_bytes
from registry.domain.base import Value
from registry.storage.objects import ObjectStore, StoredObject
from registry.storage.row_groups import Measure, RowGroups, StagedParquet

ROW_GROUP_BYTES = 16 << 20
"""Bytes of ids, texts, sources and metadata after which a row group is closed."""


class WrittenShard(Value):
    """A shard of documents or of a table that lies in the store."""

    stored: StoredObject
    num_documents: int
    num_text_bytes: int
    """Of a table, bytes of all values."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a shard is made of, and how it is measured."""

    schema: pa.Schema
    measure: Callable[[pa.RecordBatch], int]
    """The bytes by which shards are closed."""

    row_bytes: Measure | None = None
    """The bytes by which row groups are closed; None: those of all texts."""

    dictionaries: tuple[str, ...] | bool = True
    """The columns that are written as dictionaries; True: where that is smaller."""


def lay_out_table(schema: pa.Schema) -> Layout:
    """Return the layout of a table's shards."""
    return Layout(schema, lambda rows: int(row_bytes(rows).sum()), row_bytes)


DOCUMENT_LAYOUT: Final = Layout(DOCUMENTS, num_text_bytes, dictionaries=("source",))


class ShardWriter:
    """Write batches as Parquet objects (zstd) of about `shard_bytes`.

    Use it as a context manager and call `finish` for the shards; leaving without it writes nothing.
    """

    def __init__(
        self, store: ObjectStore, layout: Layout = DOCUMENT_LAYOUT, *, shard_bytes: int
    ) -> None:
        self._store = store
        self._layout = layout
        self._shard_bytes = shard_bytes
        self._row_groups = RowGroups(
            layout.schema,
            group_bytes=min(ROW_GROUP_BYTES, shard_bytes),
            measure=layout.row_bytes,
        )
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
        """Add rows in order.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        for group in self._row_groups.add(batch):
            self._write_group(group)

    def finish(self) -> list[WrittenShard]:
        """Write what is left and return all shards in order; none if there was no row.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        for group in self._row_groups.drain():
            self._write_group(group)
        self._close_shard()
        return self._shards

    def _write_group(self, group: pa.Table) -> None:
        if self._open is None:
            self._open = _OpenShard(self._store, self._layout)
        self._open.write(group)
        if self._open.num_text_bytes >= self._shard_bytes:
            self._close_shard()

    def _close_shard(self) -> None:
        if self._open is not None:
            self._shards.append(self._open.commit())
            self._open = None


class _OpenShard:
    """The shard being written."""

    def __init__(self, store: ObjectStore, layout: Layout) -> None:
        named = layout.dictionaries
        self._measure = layout.measure
        self._file = StagedParquet(
            store,
            layout.schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=named if isinstance(named, bool) else list(named),
        )
        self._num_documents = 0
        self.num_text_bytes = 0

    def write(self, group: pa.Table) -> None:
        self._file.write(group)
        self._num_documents += len(group)
        self.num_text_bytes += sum(map(self._measure, group.to_batches()))

    def commit(self) -> WrittenShard:
        return WrittenShard(
            stored=self._file.commit(),
            num_documents=self._num_documents,
            num_text_bytes=self.num_text_bytes,
        )

    def discard(self) -> None:
        self._file.discard()
