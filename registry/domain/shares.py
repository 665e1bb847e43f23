"""How much of a version models wrote, as exact bounds, carried from parents to children.

Documents that a child took from a parent can be any of the parent's, so what is synthetic among
them is known as an interval only. The bounds are the tightest that follow from the amounts: no
assumption of a fair sample is made, and what is unknown lies between nothing and everything.

Example:
    A child keeps 8 of 10 documents of a parent of which 3 are synthetic: at least 8 - 7 = 1 and at
    most 3 of the child's are. Mixed with 2 documents that are all synthetic, 3 to 5 of 10 are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from registry.domain.base import Value


class Bounds(Value):
    """How much of an amount is synthetic: at least and at most; the rest is real."""

    total: int
    """Documents or tokens in all."""

    low: int
    high: int

    @property
    def share_low(self) -> float:
        """The least share that is synthetic, between 0 and 1; of nothing, 0."""
        return self.low / self.total if self.total else 0.0

    @property
    def share_high(self) -> float:
        """The greatest share that is synthetic, between 0 and 1; of nothing, 0."""
        return self.high / self.total if self.total else 0.0

    @property
    def real_low(self) -> float:
        """The least share that is real."""
        return 1 - self.share_high if self.total else 0.0

    @property
    def real_high(self) -> float:
        """The greatest share that is real."""
        return 1 - self.share_low if self.total else 0.0

    @property
    def is_exact(self) -> bool:
        """Whether both bounds are the same."""
        return self.low == self.high

    @classmethod
    def none(cls, total: int) -> "Bounds":
        """Return that nothing is synthetic."""
        return cls(total=total, low=0, high=0)

    @classmethod
    def all(cls, total: int) -> "Bounds":
        """Return that everything is synthetic."""
        return cls(total=total, low=total, high=total)

    @classmethod
    def unknown(cls, total: int) -> "Bounds":
        """Return that nobody knows."""
        return cls(total=total, low=0, high=total)


@dataclass(frozen=True, slots=True)
class Part:
    """What a child took from one parent, in documents or in tokens."""

    parent: Bounds
    low: int
    """At least so much was taken."""

    high: int
    """At most so much was taken."""

    is_subset: bool
    """Whether each thing was taken once at most, and unchanged, so that amounts can be compared."""

    def synthetic(self) -> tuple[int, int]:
        """Return the bounds of what is synthetic in the part."""
        parent = self.parent
        if parent.low == parent.total:
            return self.low, self.high
        if parent.high == 0:
            return 0, 0
        if not self.is_subset:
            return 0, self.high
        least_real = parent.total - parent.low
        return max(0, self.low - least_real), min(self.high, parent.high)

    def real(self) -> tuple[int, int]:
        """Return the bounds of what is real in the part: what is synthetic, mirrored."""
        mirrored = Bounds(
            total=self.parent.total,
            low=self.parent.total - self.parent.high,
            high=self.parent.total - self.parent.low,
        )
        return Part(mirrored, self.low, self.high, self.is_subset).synthetic()


def weigh(parts: Iterable[tuple[Bounds, int]]) -> Bounds:
    """Return how much of a whole is synthetic that takes so much of each part, by their shares.

    Example:
        >>> weigh([(Bounds.all(2), 30), (Bounds(total=10, low=1, high=2), 70)])
        Bounds(total=100, low=37, high=44)
    """
    total = low = high = 0
    for held, amount in parts:
        total += amount
        if held.total:
            low += round(amount * held.low / held.total)
            high += round(amount * held.high / held.total)
    return Bounds(total=total, low=low, high=high)


def combine(total: int, parts: Sequence[Part]) -> Bounds:
    """Return how much of a child is synthetic, which was made from parts and nothing else."""
    narrowed = _narrow(total, parts)
    if any(part.low > part.high for part in narrowed):
        # The amounts contradict each other, as where text was changed on the way.
        return Bounds.unknown(total)
    synthetic = [part.synthetic() for part in narrowed]
    real = [part.real() for part in narrowed]
    low = max(sum(low for low, _ in synthetic), total - sum(high for _, high in real))
    high = min(sum(high for _, high in synthetic), total - sum(low for low, _ in real))
    return Bounds(total=total, low=low, high=high)


def _narrow(total: int, parts: Sequence[Part]) -> list[Part]:
    """Narrow how much each part holds: together they hold the total."""
    lows, highs = sum(part.low for part in parts), sum(part.high for part in parts)
    return [
        Part(
            part.parent,
            low=max(part.low, total - (highs - part.high)),
            high=min(part.high, total - (lows - part.low)),
            is_subset=part.is_subset,
        )
        for part in parts
    ]
