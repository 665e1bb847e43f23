"""Where a version is cut into units: by its shards alone, never by who will work on them.

A unit is what one worker does at a time and what a crash costs at most. A large version has some
64 of them, or as many as its shards are large; a small one has few, since each costs a checkpoint.
"""

from collections.abc import Iterator, Sequence

from registry.domain.base import Value
from registry.domain.version import Shard
from registry.operations.passes.shards import Slice, split_shard
from registry.operations.place import Place

LEAST_UNIT_BYTES = 8 << 20
_NUM_UNITS = 64

_MOST_UNIT_DOCUMENTS = 1 << 19
"""Whose keys a worker sorts in some 100 MB."""


class PlannedUnit(Value):
    """Shards, or parts of one, that are worked on as one unit."""

    number: int
    """Its place in the version, from 0."""

    slices: tuple[Slice, ...]
    num_bytes: int
    """Bytes of text, about."""

    @property
    def name(self) -> str:
        """What its checkpoint is called."""
        return f"unit-{self.number:06}"

    def describe(self) -> str:
        """Return the files it reads, for people."""
        first, *others = [part.shard.path for part in self.slices]
        return f"{first} and {len(others):,} more" if others else first


def plan_units(place: Place, shards: Sequence[Shard]) -> list[PlannedUnit]:
    """Cut a version into units, in the order of its documents.

    Shards that are split are digested for that.

    Raises:
        ConflictError: A file in place changed since it was registered.
        CorruptObjectError: An object holds other bytes than were sealed.
        UnreadableError: A file that is to be split is gone.
    """
    unit_bytes = _unit_bytes(shards, most=place.settings.shard_bytes)
    return [
        PlannedUnit(
            number=number,
            slices=slices,
            num_bytes=sum(part.num_bytes for part in slices),
        )
        for number, slices in enumerate(_group(place, shards, unit_bytes=unit_bytes))
    ]


def _unit_bytes(shards: Sequence[Shard], *, most: int) -> int:
    total = sum(shard.num_text_bytes for shard in shards)
    num_documents = sum(shard.num_documents for shard in shards)
    of_so_many = total * _MOST_UNIT_DOCUMENTS // max(1, num_documents)
    return max(1, min(max(total // _NUM_UNITS, LEAST_UNIT_BYTES), most, of_so_many))


def _group(
    place: Place, shards: Sequence[Shard], *, unit_bytes: int
) -> Iterator[tuple[Slice, ...]]:
    held: list[Slice] = []
    num_bytes = 0
    for shard in shards:
        num_parts = round(shard.num_text_bytes / unit_bytes)
        parts = split_shard(place, shard, num_parts=num_parts) if num_parts > 1 else ()
        if len(parts) > 1:
            if held:
                yield tuple(held)
                held, num_bytes = [], 0
            yield from ((part,) for part in parts)
            continue
        held.append(Slice(shard=shard))
        num_bytes += shard.num_text_bytes
        if num_bytes >= unit_bytes:
            yield tuple(held)
            held, num_bytes = [], 0
    if held:
        yield tuple(held)
