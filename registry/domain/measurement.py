"""What was measured of a version's documents and kept as an object."""

from enum import StrEnum

from pydantic import JsonValue

from registry.domain.base import Value
from registry.domain.digest import Digest, canonical_json


class MeasurementKind(StrEnum):
    """What is measured."""

    NEAR_DUPLICATES = "near-duplicates"
    CONTAMINATION = "contamination"


class Measurement(Value):
    """What was found of a version, by one method; written once."""

    kind: MeasurementKind
    method: dict[str, JsonValue]
    """Everything that decides what is found, beside the documents: measurements of one kind can be
    compared where it is the same."""

    recipe: Digest | None = None
    """The fingerprint of the recipe applied on the fly; None: the documents as they stand."""

    found: Digest
    """The object that holds what was found."""

    @property
    def method_key(self) -> str:
        """The method as canonical JSON."""
        return canonical_json(self.method).decode()


class RecordedMeasurement(Measurement):
    """A measurement as it stands in the catalog."""

    reference: str
    run: str
    """The public id of the run that measured it."""
