"""Words, pairs, terms and vectors as objects in the store."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from registry.documents import TERMS, with_embedding
from registry.domain.digest import Digest, finish, new_hasher
from registry.domain.version import Shard
from registry.embedding.cooccurrence import Pairs
from registry.embedding.term_vectors import TermVectors, Vectors
from registry.embedding.vocabulary import WORD_COUNTS, Vocabulary
from registry.storage.objects import ObjectStore, StoredObject
from registry.storage.row_groups import StagedParquet

PAIRS = pa.schema(
    [
        pa.field("key", pa.uint32(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
    ]
)
"""Counted pairs of terms; see `registry.embedding.cooccurrence.Pairs`."""

_ROWS_AT_A_TIME = 1 << 13
_NUM_WORDS = b"num_words"


def write_word_counts(store: ObjectStore, counts: pa.Table) -> StoredObject:
    """Store counts of words: `WORD_COUNTS`."""
    return _write(store, counts)


def read_word_counts(store: ObjectStore, digest: Digest) -> pa.Table:
    """Return counts of words."""
    return _read(store, digest).cast(WORD_COUNTS)


def write_pairs(store: ObjectStore, pairs: Pairs) -> StoredObject:
    """Store counts of pairs."""
    return _write(store, pa.table([pairs.keys, pairs.counts], schema=PAIRS))


def read_pairs(store: ObjectStore, digest: Digest) -> Pairs:
    """Return counts of pairs."""
    table = _read(store, digest)
    return Pairs(table.column("key").to_numpy(), table.column("count").to_numpy())


def write_vocabulary(store: ObjectStore, vocabulary: Vocabulary) -> StoredObject:
    """Store terms, for workers that number words by them."""
    table = pa.table([vocabulary.terms, vocabulary.counts], schema=WORD_COUNTS)
    metadata = {_NUM_WORDS: str(vocabulary.num_words)}
    return _write(store, table.replace_schema_metadata(metadata))


def read_vocabulary(store: ObjectStore, digest: Digest) -> Vocabulary:
    """Return terms."""
    table = _read(store, digest).combine_chunks()
    return Vocabulary(
        terms=table.column("word").chunk(0),
        counts=table.column("count").to_numpy(),
        num_words=int(table.schema.metadata[_NUM_WORDS]),
    )


def write_terms(store: ObjectStore, terms: TermVectors) -> StoredObject:
    """Store terms with weights and vectors: `TERMS` and `embedding`."""
    schema = with_embedding(TERMS, terms.vectors.shape[1])
    flat = pa.array(terms.vectors.reshape(-1))
    vectors = pa.FixedSizeListArray.from_arrays(flat, type=schema.field("embedding").type)
    columns = [terms.vocabulary.terms, terms.vocabulary.counts, terms.weights, vectors]
    table = pa.table(columns, schema=schema)
    return _write(
        store, table.replace_schema_metadata({_NUM_WORDS: str(terms.vocabulary.num_words)})
    )


def read_terms(store: ObjectStore, digest: Digest) -> TermVectors:
    """Return terms with weights and vectors."""
    table = _read(store, digest).combine_chunks()
    vocabulary = Vocabulary(
        terms=table.column("term").chunk(0).cast(pa.large_string()),
        counts=table.column("count").to_numpy(),
        num_words=int(table.schema.metadata[_NUM_WORDS]),
    )
    vectors = vectors_of(table.column("embedding").chunk(0))
    return TermVectors(vocabulary, table.column("weight").to_numpy(), vectors)


def digest_of_terms(terms: TermVectors) -> Digest:
    """Return the digest of terms, weights and vectors, however a file would hold them."""
    hasher = new_hasher()
    for term in terms.vocabulary.terms.to_pylist():
        hasher.update(term.encode() + b"\n")
    for numbers in (terms.weights, terms.vectors):
        hasher.update(np.ascontiguousarray(numbers, "<f4").tobytes())
    return finish(hasher)


def iter_embeddings(
    store: ObjectStore, shards: Sequence[Shard], *, columns: Sequence[str] = ("embedding",)
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of shards of embeddings, in order, a few thousand at a time.

    Raises:
        UnknownError: An object is not in the store.
    """
    for shard in shards:
        with store.open(shard.digest) as stream, pq.ParquetFile(stream) as file:
            for group in range(file.num_row_groups):
                yield from file.iter_batches(
                    _ROWS_AT_A_TIME, row_groups=[group], columns=list(columns), use_threads=False
                )


def vectors_of(column: pa.Array) -> Vectors:
    """Return a column of embeddings as a matrix, one row each."""
    flat: Vectors = column.flatten().to_numpy()
    return flat.reshape(len(column), column.type.list_size)


def _write(store: ObjectStore, table: pa.Table) -> StoredObject:
    file = StagedParquet(store, table.schema, compression="zstd", use_dictionary=False)
    try:
        file.write(table)
        return file.commit()
    finally:
        file.discard()


def _read(store: ObjectStore, digest: Digest) -> pa.Table:
    with store.open(digest) as stream:
        return pq.read_table(stream)
