"""How much a compressed file or archive becomes, against those made to fill time and disks.

The bytes that come out are counted over all levels, archives inside archives among them, and each
once, however often it is read.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from registry.domain.limits import MAX_MEMBERS, MAX_RATIO
from registry.domain.quantities import format_bytes
from registry.errors import UnreadableError

FREE_BYTES: Final = 100_000_000
"""A file that becomes no more than this does no harm, however dense it is."""


@dataclass(slots=True)
class _Totals:
    """What came out of the outermost file, in all."""

    num_packed: int
    max_ratio: float
    max_members: int
    known: dict[tuple[str | int, ...], int] = field(default_factory=dict)
    """The most that came out of each stream, and of each archive, by its place."""

    sums: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, place: tuple[int, ...], number: int) -> int:
        """Note how much one place has given so far, and return the sum of its kind."""
        before = self.known.get((what, *place), 0)
        if number > before:
            self.known[what, *place] = number
            kind = _KINDS[what]
            self.sums[kind] = self.sums.get(kind, 0) + number - before
        return self.sums.get(_KINDS[what], 0)


_STREAM, _UNPACKED, _MEMBERS = "stream", "unpacked", "members"
_KINDS: Final = {_STREAM: "bytes", _UNPACKED: "bytes", _MEMBERS: "members"}


@dataclass(frozen=True, slots=True)
class Meter:
    """Counts what comes out of one place: the outermost file, or a member at some depth."""

    _totals: _Totals
    _place: tuple[int, ...] = ()

    @classmethod
    def of(
        cls, num_bytes: int, *, max_ratio: float | None = None, max_members: int | None = None
    ) -> Self:
        """Return the meter of a file of so many bytes, with its limits; None: the defaults."""
        return cls(_Totals(num_bytes, max_ratio or MAX_RATIO, max_members or MAX_MEMBERS))

    def inside(self, number: int) -> "Meter":
        """Return the meter of a member, by its number in the archive."""
        return Meter(self._totals, (*self._place, number))

    def add_stream(self, num_bytes: int, *, path: str) -> None:
        """Note how many bytes a compressed stream has become so far.

        Raises:
            UnreadableError: That is more than may come of the file.
        """
        self._add_bytes(_STREAM, num_bytes, path)

    def add_unpacked(self, num_bytes: int, *, path: str) -> None:
        """Note how many bytes the members of an archive are together; errors as above."""
        self._add_bytes(_UNPACKED, num_bytes, path)

    def add_members(self, number: int, *, path: str) -> None:
        """Note how many members an archive has so far.

        Raises:
            UnreadableError: The file has more than it may.
        """
        most = self._totals.max_members
        if self._totals.add(_MEMBERS, self._place, number) > most:
            raise UnreadableError(
                path=path,
                reason=f"it has more than {most:,} members",
                hint="--max-members, if it is no attack",
            )

    def _add_bytes(self, what: str, num_bytes: int, path: str) -> None:
        totals = self._totals
        most = max(FREE_BYTES, totals.max_ratio * totals.num_packed)
        if totals.add(what, self._place, num_bytes) > most:
            raise UnreadableError(
                path=path,
                reason=f"it unpacks to more than {format_bytes(FREE_BYTES)} and "
                f"{totals.max_ratio:g} times its {format_bytes(totals.num_packed)}",
                hint="--max-ratio, if it is no attack",
            )
