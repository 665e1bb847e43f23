"""Keep rejected rows: file, row or offset, reason and raw bytes, as one Parquet object."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from registry.documents import NO_DOCUMENTS, REJECTIONS, Outcome
from registry.domain.digest import Digest
from registry.operations.passes.shards import Slice
from registry.storage.objects import ObjectStore
from registry.storage.row_groups import RowGroups, StagedParquet, iter_batches

_ROW_GROUP_BYTES = 4 << 20

_LOST_ROWS = 1 << 14
"""Rows of a lost unit that are written at a time."""

_READ_ROWS = 64
"""Rows read at a time: each may hold `MAX_RAW_BYTES`."""


class QuarantineWriter:
    """Store the rejections of one part of a run as one object, as they come.

    The object holds the reader's rejections and then those of each step, each in reading order,
    whatever the batches were. Of each at most a row group is held in memory; what is more of a
    step's waits in a file of its own. A writer that is given up without `finish` leaves nothing
    behind.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._accounts: list[_Account] = []

    def write(self, rejected: Sequence[pa.RecordBatch]) -> None:
        """Add the rejections of a batch: the reader's, then each step's; empty ones cost nothing.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        while len(self._accounts) < len(rejected):
            self._accounts.append(_Account(self._store))
        for account, rows in zip(self._accounts, rejected, strict=False):
            account.write(rows)

    def finish(self) -> Digest | None:
        """Store what was added as one object; None if it was nothing.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        if not self._accounts:
            return None
        whole, *others = self._accounts
        for account in others:
            for rows in account.drain():
                whole.write(rows)
        return whole.commit()


class _Account:
    """The rejections of the reader or of one step."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._row_groups = RowGroups(REJECTIONS, group_bytes=_ROW_GROUP_BYTES)
        self._file: StagedParquet | None = None

    def write(self, rows: pa.RecordBatch) -> None:
        for group in self._row_groups.add(rows):
            self._write_group(group)

    def drain(self) -> Iterator[pa.RecordBatch]:
        """Yield what was written, in order, and keep none of it."""
        if self._file is not None:
            yield from self._file.take_back(_READ_ROWS)
        for group in self._row_groups.drain():
            yield from group.to_batches()

    def commit(self) -> Digest | None:
        for group in self._row_groups.drain():
            self._write_group(group)
        return None if self._file is None else self._file.commit().digest

    def _write_group(self, group: pa.Table) -> None:
        if self._file is None:
            self._file = StagedParquet(self._store, REJECTIONS, compression="zstd")
        self._file.write(group)


def reject_documents(part: Slice, reason: str) -> Iterator[Outcome]:
    """Yield a rejection for each row of a slice that could not be read to its end.

    Each has its share of the slice's bytes, and no raw bytes.
    """
    first_row = None if part.span is None else part.span.first_row
    num_rows = part.shard.num_documents if part.span is None else part.span.num_rows
    for start in range(0, num_rows, _LOST_ROWS):
        count = min(_LOST_ROWS, num_rows - start)
        rows = None if first_row is None else range(first_row + start, first_row + start + count)
        share = [part.num_bytes // num_rows] * count
        rejected = pa.RecordBatch.from_pydict(
            {
                "file": [part.shard.path] * count,
                "row": [None] * count if rows is None else list(rows),
                "offset": [None] * count,
                "step": ["read"] * count,
                "reason": [reason] * count,
                "raw": [b""] * count,
                "num_bytes": share,
            },
            schema=REJECTIONS,
        )
        yield Outcome(kept=NO_DOCUMENTS, rejected=rejected)


def join_quarantines(store: ObjectStore, parts: Iterable[Digest | None]) -> Digest | None:
    """Store the rejections of all parts, in order, as one object; None if there are none.

    Raises:
        StorageError: The disk is full, or not to be written.
    """
    writer = QuarantineWriter(store)
    for part in parts:
        for batch in read_quarantine(store, part) if part else ():
            writer.write([batch])
    return writer.finish()


def read_quarantine(store: ObjectStore, digest: Digest) -> Iterator[pa.RecordBatch]:
    """Yield the rejections of a run as small batches of `REJECTIONS`."""
    with store.open(digest) as stream, pq.ParquetFile(stream) as file:
        for batch in iter_batches(file, _READ_ROWS):
            yield _complete(batch).cast(REJECTIONS)


def _complete(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rejections with a size; those written before it was kept have that of their raw."""
    if "num_bytes" in batch.schema.names:
        return batch
    return batch.append_column("num_bytes", pc.binary_length(batch.column("raw")))
