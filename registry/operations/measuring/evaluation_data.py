"""Evaluation data: which versions it is, and what is looked for of it in others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from registry.document_index.rows import keys_of
from registry.domain.names import Reference
from registry.domain.version import Content, DatasetKind, Version
from registry.embedding.ngrams import Hashes, hash_ngrams
from registry.embedding.words import Numbers, split_words
from registry.errors import InputError
from registry.normalization.pipeline import Pipeline
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import Context
from registry.operations.passes.inputs import list_heads
from registry.operations.passes.shards import read_shard

MOST_NGRAMS = 1 << 27
"""They are held in memory by every worker, 8 bytes each."""

_COLUMNS = ["id", "source"]


@dataclass(frozen=True, slots=True)
class Items:
    """The items of several versions of evaluation data, by number, and what tells them."""

    sets: Numbers
    """For each item the number of its version."""

    names: pa.Table
    """`id` and `source` of each item."""

    keys: list[bytes]
    """The key of each item."""

    is_short: Numbers
    """1 where an item has too few words for an n-gram."""

    ngrams: Hashes
    """Distinct n-grams, rising."""

    places: Numbers
    """Places in `ngrams`, rising, each with an item that holds it in `holders`."""

    holders: Numbers


def find_evaluation(context: Context, named: Sequence[Reference] | None) -> dict[str, Version]:
    """Return versions of evaluation data by reference.

    Args:
        context: The open registry.
        named: Which ones; None: the newest of each active dataset of the kind `evaluation`.

    Raises:
        InputError: One holds no documents.
        UnknownError: There is no such version.
    """
    if named is None:
        heads = list_heads(context, kind=DatasetKind.EVALUATION)
        named = list(map(Reference.parse, heads))
    versions = context.catalog.versions.list_many(named)
    for version in versions:
        if version.content is not Content.DOCUMENTS:
            raise InputError(
                f"{version.reference} holds {version.content}, not documents to compare with",
                hint=f"muster lineage {version.reference}",
            )
    return {version.reference: version for version in versions}


def read_items(context: Context, versions: Sequence[Version], *, words: int) -> Items:
    """Return the items of versions, in order, with their n-grams of so many words.

    Raises:
        InputError: They have more n-grams than memory is planned for.
        ConflictError: Their files changed.
    """
    batches = [
        (place, documents)
        for place, version in enumerate(versions)
        for documents in _iter_documents(context, version)
    ]
    hashes, holders, lengths, keys = [], [], [], []
    first = 0
    for _, documents in batches:
        split = split_words(documents.column("text"))
        found, places = hash_ngrams(split, size=words)
        hashes.append(found)
        holders.append(places + first)
        lengths.append(split.lengths)
        keys.extend(keys_of(documents.column("text"))[0])
        first += len(documents)
        if sum(map(len, hashes)) > MOST_NGRAMS:
            raise InputError(
                f"the evaluation data has more than {MOST_NGRAMS:,} n-grams",
                hint="compare with fewer versions at a time: --against REF",
            )
    ngrams, places = np.unique(_join(hashes, np.uint64), return_inverse=True)
    pairs = np.unique(np.stack([places.astype(np.int64), _join(holders, np.int64)]), axis=1)
    names = [documents.select(_COLUMNS) for _, documents in batches]
    return Items(
        sets=np.repeat([place for place, _ in batches], [len(one) for _, one in batches]).astype(
            np.int64
        ),
        names=pa.Table.from_batches(names) if names else pa.table({"id": [], "source": []}),
        keys=keys,
        is_short=(_join(lengths, np.int64) < words).astype(np.int64),
        ngrams=ngrams,
        places=pairs[0],
        holders=pairs[1],
    )


def _iter_documents(context: Context, version: Version) -> Iterator[pa.RecordBatch]:
    pipeline = Pipeline(AS_IS)
    for shard in context.catalog.versions.list_shards(Reference.parse(version.reference)):
        for outcome in read_shard(context.place, shard):
            yield pipeline(outcome).kept


def _join(arrays: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.empty(0, kind), *arrays])
