"""All values of a column as an object of the store, for as long as a run needs them."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from registry.documents import row_bytes
from registry.domain.digest import Digest
from registry.normalization.tables.quantiles import Doubles
from registry.storage.objects import ObjectStore
from registry.storage.row_groups import RowGroups, StagedParquet, iter_batches

_SCHEMA = pa.schema([pa.field("value", pa.float64(), nullable=False)])
_GROUP_BYTES = 4 << 20
_READ_ROWS = 1 << 16


class KeptValues:
    """Values on their way into an object; see `registry.normalization.tables.values.Keeping`.

    Nothing refers to the object once the run is sealed, and `muster gc` removes it.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._groups = RowGroups(_SCHEMA, group_bytes=_GROUP_BYTES, measure=row_bytes)
        self._file: StagedParquet | None = None

    def write(self, values: pa.Array) -> None:
        """Keep more values: float64, without nulls.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        for group in self._groups.add(pa.RecordBatch.from_arrays([values], schema=_SCHEMA)):
            self._write(group)

    def finish(self) -> Digest | None:
        """Return the object; None: there were no values.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        for group in self._groups.drain():
            self._write(group)
        return None if self._file is None else self._file.commit().digest

    def _write(self, group: pa.Table) -> None:
        if self._file is None:
            self._file = StagedParquet(self._store, _SCHEMA, compression="zstd")
        self._file.write(group)


def read_values(store: ObjectStore, digest: Digest) -> Iterator[Doubles]:
    """Yield the values of an object, in pieces."""
    with store.open(digest) as stream, pq.ParquetFile(stream) as file:
        for batch in iter_batches(file, _READ_ROWS):
            yield batch.column(0).to_numpy(zero_copy_only=False)
