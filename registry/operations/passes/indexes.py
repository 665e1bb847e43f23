"""Document indexes as objects: the distinct documents of a version, by key."""

import pyarrow as pa
import pyarrow.parquet as pq

from registry.documents import INDEX
from registry.domain.digest import Digest
from registry.storage.objects import ObjectStore, translated_errors


def write_index(store: ObjectStore, index: pa.RecordBatch) -> Digest:
    """Store a document index (`INDEX`, sorted by key).

    Raises:
        StorageError: The disk is full, or not to be written.
    """
    with store.stage() as path:
        # Keys are random bytes: compressing them costs time and saves nothing.
        table = pa.Table.from_batches([index], INDEX)
        with translated_errors(store.url):
            pq.write_table(table, path, compression="none", use_dictionary=False)
        return store.commit(path).digest


def read_index(store: ObjectStore, digest: Digest) -> pa.RecordBatch:
    """Return a document index.

    Raises:
        UnknownError: It is not in the store.
    """
    # A report opens thousands of small ones, and threads for each would take longer than to read.
    with store.open(digest) as stream, pq.ParquetFile(stream, pre_buffer=False) as file:
        table = file.read(use_threads=False)
    if not table.schema.equals(INDEX):
        table = table.cast(INDEX)
    table = table.combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=INDEX)
