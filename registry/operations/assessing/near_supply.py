"""Near duplicates within and across the versions of a supply, where all of them were measured."""

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
    """The counts for whose documents there are no signatures by the method of the others; empty:
    all have them."""

    found: NearDuplicates | None = None
    """None: some are not measured, or there is nothing."""

    method: SignatureMethod | None = None
    """By which the others were measured; None: none was."""

    keys: pa.Array = field(default_factory=lambda: pa.array([], KEY))
    """Of the documents that are near duplicates."""

    signatures: tuple[Digest, ...] = ()
    """Of each version."""


def find_near_duplicates(
    context: Context, counts: Sequence[RecordedCount], *, gone: pa.Array
) -> NearSupply:
    """Return which tokens of versions stand in near duplicates of documents before them.

    A document that the count does not have, or that left before, is none, and nothing is a
    duplicate of it: what stays in the supply is compared with itself alone.

    Args:
        context: The open registry.
        counts: The count of each version, in the stated order.
        gone: The keys of documents that are no supply whatever they resemble.

    Raises:
        UnknownError: Signatures are not in the store.
    """
    method, measured = _choose(context, counts)
    unmeasured = tuple(
        count
        for count, signatures in zip(counts, measured, strict=True)
        if signatures is None or count.document_index is None
    )
    digests = [one.found for one in measured if one is not None]
    if method is None or unmeasured:
        return NearSupply(unmeasured=unmeasured, method=method)
    keys = [read_keys(context.store, digest) for digest in digests]
    tokens = np.concatenate(
        [
            look_up_tokens(context.store, count.document_index, part)
            for count, part in zip(counts, keys, strict=True)
            if count.document_index is not None
        ]
    )
    joined = pa.concat_arrays(keys)
    stays = ~pc.is_in(joined, gone).to_numpy(zero_copy_only=False)
    is_near = find_copies(context.store, digests, method, taken=(tokens >= 0) & stays).is_near
    return NearSupply(
        found=NearDuplicates(
            method=method,
            num_documents=int(is_near.sum()),
            num_tokens=int(tokens[is_near].sum()),
        ),
        method=method,
        keys=joined.filter(pa.array(is_near)),
        signatures=tuple(digests),
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
