"""Keep rejected rows: file, row or offset, reason and raw bytes, as one Parquet object."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from registry.documents import REJECTIONS
from registry.domain.digest import Digest
from registry.storage.objects import ObjectStore


class QuarantineWriter:
    """Collect rejections of one part of a run and store them once there is one."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._held: list[pa.RecordBatch] = []

    def write(self, rejected: pa.RecordBatch) -> None:
        """Add rejections; an empty batch costs nothing."""
        if len(rejected):
            self._held.append(rejected)

    def finish(self) -> Digest | None:
        """Store what was added, in order; None if it was nothing."""
        return write_quarantine(self._store, self._held)


def write_quarantine(store: ObjectStore, batches: Iterable[pa.RecordBatch]) -> Digest | None:
    """Store rejections as one object; None if there are none.

    Raises:
        StorageError: The disk is full, or not to be written.
    """
    filled = (batch for batch in batches if len(batch))
    first = next(filled, None)
    if first is None:
        return None
    with store.stage() as path:
        _write(path, first, filled)
        return store.commit(path).digest


def join_quarantines(store: ObjectStore, parts: Iterable[Digest | None]) -> Digest | None:
    """Store the rejections of all parts, in order, as one object; None if there are none."""
    return write_quarantine(
        store, (batch for part in parts if part for batch in read_quarantine(store, part))
    )


def read_quarantine(store: ObjectStore, digest: Digest) -> Iterator[pa.RecordBatch]:
    """Yield the rejections of a run as batches of `REJECTIONS`."""
    with store.open(digest) as stream, pq.ParquetFile(stream) as file:
        for batch in file.iter_batches():
            yield batch.cast(REJECTIONS)


def _write(path: Path, first: pa.RecordBatch, rest: Iterable[pa.RecordBatch]) -> None:
    with pq.ParquetWriter(path, REJECTIONS, compression="zstd") as writer:
        writer.write_batch(first)
        for batch in rest:
            writer.write_batch(batch)
