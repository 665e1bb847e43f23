"""What was measured of overlap with evaluation data, for whoever asks about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from registry.domain.contamination import OverlapMethod
from registry.domain.digest import Digest
from registry.domain.measurement import MeasurementKind, RecordedMeasurement
from registry.domain.names import Reference
from registry.operations.context import Context

_AGAINST = "against"


@dataclass(frozen=True, slots=True)
class Overlap:
    """A version that was compared with one version of evaluation data."""

    method: OverlapMethod
    against: Digest
    """What the bytes of the evaluation data are."""

    recorded: RecordedMeasurement


def say_method(method: OverlapMethod, against: Digest) -> dict[str, JsonValue]:
    """Return the method of a measurement: by what was compared, and with what."""
    return {**method.model_dump(mode="json"), _AGAINST: against}


def list_overlaps(context: Context, references: Sequence[str]) -> dict[str, list[Overlap]]:
    """Return what was measured of versions, by their references, the newest first."""
    found: dict[str, list[Overlap]] = {reference: [] for reference in references}
    for one in context.catalog.measurements.list_many(
        list(map(Reference.parse, references)), MeasurementKind.CONTAMINATION
    ):
        said = dict(one.method)
        against = str(said.pop(_AGAINST))
        found[one.reference].insert(0, Overlap(OverlapMethod.model_validate(said), against, one))
    return found
