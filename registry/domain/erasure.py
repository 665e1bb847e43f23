"""What is left of versions that a takedown withdrew, once their bytes are erased."""

from typing import Literal

from registry.domain.base import Value
from registry.domain.digest import Digest


class ErasedObject(Value):
    """The tombstone of an object: what it was of, its digest and its size."""

    digest: Digest
    num_bytes: int
    reference: str
    """A version that it was a part of."""

    path: str
    """Its place in the version."""


class LeftBytes(Value):
    """Bytes of a withdrawn version that were not erased."""

    reference: str
    path: str
    digest: Digest
    num_bytes: int
    uri: str | None
    """The file in place, which is not muster's to erase; None: an object of the store."""

    used_by: tuple[str, ...]
    """Versions in use that are made of the same bytes."""


class Erasure(Value):
    """The answer of `takedown erase`."""

    takedown: int
    status: Literal["planned", "done"]
    erased: tuple[ErasedObject, ...]
    """What was erased now, or would be."""

    num_before: int
    """Objects that were erased before."""

    left: tuple[LeftBytes, ...]

    @property
    def num_bytes(self) -> int:
        """The size of what was erased now."""
        return sum(one.num_bytes for one in self.erased)
