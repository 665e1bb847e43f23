"""The cheapest set that brings enough: the covering knapsack, exact in whole numbers.

Of all sets that bring at least what is needed the one of the least cost; of equally cheap ones that
of the fewest members, then that whose last member comes first. Sets are built member by member, and
one that costs no less and brings no more than another is given up: what completes it completes the
other as well. Solvers of mixed-integer programs allow errors of a millionth, which is a million
tokens in a trillion; whole numbers need none.

Source:
    Nemhauser and Ullmann 1969, Discrete Dynamic Programming and Capital Allocation: the list of
    undominated sets.
"""

from collections.abc import Sequence
from heapq import merge
from typing import NamedTuple

from registry.errors import InputError

MOST_SETS = 500_000
"""Undominated sets that are kept at a time."""


class _Set(NamedTuple):
    """Compared by cost, then members, then which they are."""

    cost: int
    size: int
    members: int
    """A bit for each."""

    gain: int


def cheapest_cover(gains: Sequence[int], costs: Sequence[int], need: int) -> tuple[int, ...] | None:
    """Return the places of the cheapest set that brings at least what is needed; None: none does.

    Args:
        gains: What each brings, not negative.
        costs: What each costs, not negative.
        need: What is needed.

    Raises:
        InputError: A number is negative, or there are too many sets to tell which is best.

    Example:
        >>> cheapest_cover([60, 50, 50], [10, 6, 5], 100)
        (1, 2)
    """
    if any(number < 0 for number in (*gains, *costs)):
        raise InputError("what a set brings and costs cannot be negative")
    if need <= 0:
        return ()
    if sum(gains) < need:
        return None
    limit = _greedy(gains, costs, need)
    # What all behind a place bring together.
    rest = [sum(gains[place:]) for place in range(len(gains) + 1)]
    sets = [_Set(0, 0, 0, 0)]
    for place, (gain, cost) in enumerate(zip(gains, costs, strict=True)):
        larger = [
            _Set(one.cost + cost, one.size + 1, one.members | 1 << place, one.gain + gain)
            for one in sets
            if one.gain < need
        ]
        sets = _undominated(sets, larger, need=need, rest=rest[place + 1], limit=limit)
        if len(sets) > MOST_SETS:
            raise InputError(
                f"too many sets of {len(gains):,} candidates are alike to tell the cheapest",
                hint="name fewer candidates",
            )
    best = min(one for one in sets if one.gain >= need)
    return tuple(place for place in range(len(gains)) if best.members >> place & 1)


def _undominated(
    sets: Sequence[_Set], larger: Sequence[_Set], *, need: int, rest: int, limit: int
) -> list[_Set]:
    kept: list[_Set] = []
    most = -1
    for one in merge(sets, larger):
        gain = min(one.gain, need)
        if gain > most and one.gain + rest >= need and one.cost <= limit:
            kept.append(one)
            most = gain
    return kept


def _greedy(gains: Sequence[int], costs: Sequence[int], need: int) -> int:
    """Return the cost of a set that brings enough: no better one costs more."""
    gained = spent = 0
    order = sorted(range(len(gains)), key=lambda place: costs[place] / max(1, gains[place]))
    for place in order:
        if gained >= need:
            break
        if gains[place]:
            gained, spent = gained + gains[place], spent + costs[place]
    return spent
