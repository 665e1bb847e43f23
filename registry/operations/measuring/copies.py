"""Which documents are copies of earlier ones, by their signatures: exactly, or nearly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from registry.document_index.rows import split_keys
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
    taken: Mask | None = None,
) -> Copies:
    """Compare the documents of versions with all before them, in the stated order.

    One band is held at a time, so memory does not grow with their number: some 100 bytes a
    document.

    Args:
        store: Where the signatures lie.
        digests: The signatures of each version, all by one method.
        method: The method.
        taken: Which documents of all versions are looked at; the others are no copies, and nothing
            is a copy of them. None: all.

    Raises:
        UnknownError: Signatures are not in the store.
    """
    keys = np.concatenate([split_keys(read_keys(store, digest))[0] for digest in digests])
    num_documents = len(keys)
    places = slice(None) if taken is None or taken.all() else np.flatnonzero(taken)
    clusters = Clusters(len(keys[places]))
    clusters.join(keys[places])
    del keys
    is_exact = clusters.is_later
    for hashes in iter_bands(store, digests, method, num_documents=num_documents):
        clusters.join(hashes[places])
    copies = np.zeros((2, num_documents), np.bool_)
    copies[0, places], copies[1, places] = is_exact, clusters.is_later & ~is_exact
    return Copies(is_exact=copies[0], is_near=copies[1])
