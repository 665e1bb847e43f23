"""Signatures of documents as objects in the store."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from registry.documents import band_name, signature_schema
from registry.domain.digest import Digest, canonical_json
from registry.domain.near_duplicates import SignatureMethod
from registry.embedding.signatures import Hashes
from registry.storage.objects import ObjectStore, StoredObject
from registry.storage.row_groups import RowGroups, iter_batches, write_parquet

_GROUP_BYTES = 8 << 20
_READ_ROWS = 1 << 16

_HELD_HASHES = 1 << 23
"""Hashes read at a time, where a band of all documents is no more."""


def write_signatures(
    store: ObjectStore, batches: Iterable[pa.RecordBatch], method: SignatureMethod
) -> StoredObject:
    """Store signatures (`signature_schema`), with the method in the file's metadata.

    What batches they come in does not show.

    Raises:
        StorageError: The disk is full, or not to be written.
    """
    said = canonical_json(method.model_dump(mode="json"))
    schema = signature_schema(method.bands).with_metadata({"method": said})
    groups = RowGroups(schema, group_bytes=_GROUP_BYTES, measure=_row_bytes)
    # Hashes are random bytes: compressing them costs time and saves nothing.
    return write_parquet(store, batches, groups, compression="none", use_dictionary=False)


def iter_signatures(store: ObjectStore, digests: Iterable[Digest]) -> Iterator[pa.RecordBatch]:
    """Yield the signatures of several objects, one behind the other.

    Raises:
        UnknownError: An object is not in the store.
    """
    for digest in digests:
        with store.open(digest) as stream, pq.ParquetFile(stream) as file:
            yield from iter_batches(file, _READ_ROWS)


def read_keys(store: ObjectStore, digest: Digest) -> pa.Array:
    """Return the key of each document of a version, in its order.

    Raises:
        UnknownError: The object is not in the store.
    """
    return _read(store, digest, ["key"])[0]


def iter_bands(
    store: ObjectStore, digests: Sequence[Digest], method: SignatureMethod, *, num_documents: int
) -> Iterator[Hashes]:
    """Yield for each band the hashes of the documents of several versions, one behind the other.

    A band is read at a time, or several where documents are few.

    Args:
        store: Where the signatures lie.
        digests: Of each version.
        method: By which all of them were made.
        num_documents: Of all versions.

    Raises:
        UnknownError: An object is not in the store.
    """
    names = [band_name(band) for band in range(method.bands)]
    at_once = max(1, _HELD_HASHES // max(1, num_documents))
    for first in range(0, len(names), at_once):
        columns = [_read(store, digest, names[first : first + at_once]) for digest in digests]
        for parts in zip(*columns, strict=True):
            yield np.concatenate([part.to_numpy() for part in parts])


def _read(store: ObjectStore, digest: Digest, names: list[str]) -> list[pa.Array]:
    with store.open(digest) as stream, pq.ParquetFile(stream, pre_buffer=False) as file:
        table = file.read(names, use_threads=False).combine_chunks()
    arrays = [table.column(name) for name in names]
    return [pa.concat_arrays(array.chunks) if array.chunks else _empty(array) for array in arrays]


def _empty(array: pa.ChunkedArray) -> pa.Array:
    return pa.array([], array.type)


def _row_bytes(batch: pa.RecordBatch) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    width = sum(column.type.bit_width // 8 for column in batch.columns)
    return np.full(len(batch), width, np.int64)
