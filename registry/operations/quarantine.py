"""Keep rejected rows: file, row or offset, reason and raw bytes, as one Parquet object."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from registry.documents import REJECTIONS
from registry.domain.answers import Quarantine, RejectedRow
from registry.domain.digest import Digest
from registry.domain.names import Reference
from registry.operations.context import Context
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


def show_quarantine(context: Context, reference: Reference, *, limit: int) -> Quarantine:
    """Return the first rows that the run behind a version rejected.

    Raises:
        UnknownError: There is no such version.
    """
    version = context.catalog.versions.get(reference)
    digest = None if version.run is None else context.catalog.runs.get(version.run).quarantine
    rows: list[RejectedRow] = []
    num_rows = 0
    for batch in read_quarantine(context.store, digest) if digest else ():
        num_rows += len(batch)
        rows.extend(_row(row) for row in batch.slice(0, max(0, limit - len(rows))).to_pylist())
    return Quarantine(
        reference=version.reference, run=version.run, num_rows=num_rows, rows=tuple(rows)
    )


def _row(row: dict[str, Any]) -> RejectedRow:
    return RejectedRow.model_validate(row | {"raw": row["raw"].decode("utf-8", "backslashreplace")})


def _write(path: Path, first: pa.RecordBatch, rest: Iterable[pa.RecordBatch]) -> None:
    with pq.ParquetWriter(path, REJECTIONS, compression="zstd") as writer:
        writer.write_batch(first)
        for batch in rest:
            writer.write_batch(batch)
