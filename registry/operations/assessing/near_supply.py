"""Near duplicates within and across those versions of a supply that were measured."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import KEY
from registry.domain.count import RecordedCount
from registry.domain.digest import Digest
from registry.domain.measurement import MeasurementKind, RecordedMeasurement
from registry.domain.names import Reference
from registry.domain.near_duplicates import NearDuplicates, SignatureMethod
from registry.operations.context import Context
from registry.operations.measuring.copies import find_copies
from registry.operations.measuring.signature_files import read_keys
from registry.operations.passes.indexes import look_up_tokens


@dataclass(frozen=True, slots=True)
class NearSupply:
    """What is known of near duplicates in a supply."""

    unmeasured: tuple[RecordedCount, ...] = ()
    """The counts for whose documents there are no signatures by the method of the others, so that
    they are compared with nothing; empty: all have them."""

    found: NearDuplicates | None = None
    """Among the measured ones; None: there is none."""

    method: SignatureMethod | None = None
    """By which they were measured; None: none was."""

    keys: pa.Array = field(default_factory=lambda: pa.array([], KEY))
    """Of the documents that are near duplicates."""

    signatures: tuple[Digest | None, ...] = ()
    """Of each version; None: of the unmeasured."""


def find_near_duplicates(
    context: Context, counts: Sequence[RecordedCount], *, gone: pa.Array
) -> NearSupply:
    """Return which tokens of versions stand in near duplicates of documents before them.

    Versions that were not measured are compared with nothing: what is known of the others holds
    all the same, and what stays is an upper bound. A document that the count does not have, or that
    left before, is no duplicate, and nothing is one of it: what stays in the supply is compared
    with itself alone.

    Args:
        context: The open registry.
        counts: The count of each version, in the stated order.
        gone: The keys of documents that are no supply whatever they resemble.

    Raises:
        UnknownError: Signatures are not in the store.
    """
    method, measured = _choose(context, counts)
    signatures = tuple(
        None if one is None or count.document_index is None else one.found
        for count, one in zip(counts, measured, strict=True)
    )
    pairs = list(zip(counts, signatures, strict=True))
    unmeasured = tuple(count for count, digest in pairs if digest is None)
    known = [
        (count.document_index, digest)
        for count, digest in pairs
        if digest is not None and count.document_index is not None
    ]
    if method is None or not known:
        return NearSupply(unmeasured=unmeasured, method=method)
    keys = [read_keys(context.store, digest) for _, digest in known]
    tokens = np.concatenate(
        [
            look_up_tokens(context.store, index, part)
            for (index, _), part in zip(known, keys, strict=True)
        ]
    )
    joined = pa.concat_arrays(keys)
    stays = ~pc.is_in(joined, gone).to_numpy(zero_copy_only=False)
    digests = [digest for _, digest in known]
    is_near = find_copies(context.store, digests, method, taken=(tokens >= 0) & stays).is_near
    return NearSupply(
        unmeasured=unmeasured,
        found=NearDuplicates(
            method=method,
            num_documents=int(is_near.sum()),
            num_tokens=int(tokens[is_near].sum()),
            unmeasured=tuple(count.reference for count in unmeasured),
        ),
        method=method,
        keys=joined.filter(pa.array(is_near)),
        signatures=signatures,
    )


def _choose(
    context: Context, counts: Sequence[RecordedCount]
) -> tuple[SignatureMethod | None, list[RecordedMeasurement | None]]:
    """Return the method by which most versions were measured, and by it what was found of each."""
    listed = context.catalog.measurements.list_many(
        [Reference.parse(count.reference) for count in counts], MeasurementKind.NEAR_DUPLICATES
    )
    by_version = {(one.reference, one.recipe, one.method_key): one for one in listed}
    wanted = {(count.reference, count.recipe) for count in counts}
    votes = Counter(key for *of, key in by_version if tuple(of) in wanted)
    if not votes:
        return None, [None] * len(counts)
    # Of methods that as many versions have, the name decides, so that the answer is always one.
    key = max(votes, key=lambda one: (votes[one], one))
    found = [by_version.get((count.reference, count.recipe, key)) for count in counts]
    return SignatureMethod.model_validate_json(key), found
