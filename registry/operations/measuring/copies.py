"""Which documents are copies of earlier ones, by their signatures: exactly, or nearly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from registry.document_index import split_keys
from registry.domain.digest import Digest
from registry.domain.near_duplicates import SignatureMethod
from registry.embedding.clusters import Clusters
from registry.operations.measuring.signature_files import iter_bands, read_keys
from registry.storage.objects import ObjectStore

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Copies:
    """For each document whether it is left out, and why."""

    is_exact: Mask
    """An earlier one has the same text."""

    is_near: Mask
    """It is none of those, and an earlier one of its cluster stays."""


def find_copies(
    store: ObjectStore,
    digests: Sequence[Digest],
    method: SignatureMethod,
    *,
    keys: Sequence[pa.Array] | None = None,
    taken: Mask | None = None,
) -> Copies:
    """Compare the documents of versions with all before them, in the stated order.

    Memory is some 100 bytes a document, whatever it says: one band is held at a time.

    Args:
        store: Where the signatures lie.
        digests: The signatures of each version, all by one method.
        method: The method.
        keys: The keys of each version, where they were read already.
        taken: Which documents of all versions are looked at; the others are no copies, and nothing
            is a copy of them. None: all.

    Raises:
        UnknownError: Signatures are not in the store.
    """
    keys = [read_keys(store, digest) for digest in digests] if keys is None else keys
    firsts = [split_keys(part)[0] for part in keys]
    num_documents = sum(map(len, firsts))
    chosen = np.ones(num_documents, np.bool_) if taken is None else taken
    places = np.flatnonzero(chosen)
    clusters = Clusters(len(places))
    clusters.join(np.concatenate([*firsts, np.empty(0, np.uint64)])[places])
    is_exact = clusters.firsts != np.arange(len(places))
    for hashes in iter_bands(store, digests, method, num_documents=num_documents):
        clusters.join(hashes[places])
    is_copy = clusters.firsts != np.arange(len(places))
    return Copies(
        is_exact=_spread(is_exact, places, num_documents),
        is_near=_spread(is_copy & ~is_exact, places, num_documents),
    )


def _spread(values: Mask, places: npt.NDArray[np.intp], number: int) -> Mask:
    spread = np.zeros(number, np.bool_)
    spread[places] = values
    return spread
