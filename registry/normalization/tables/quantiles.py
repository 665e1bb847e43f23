"""Exact order statistics of more values than memory holds.

The bits of a double, read as an integer and mirrored below zero, sort as the doubles do. So values
are counted by their first 16 bits, and only those that share them with a wanted rank are looked at
again, by the next 16 bits, until so few are left that they can be sorted. Values are read up to
five times, nothing is approximated, and their order does not matter.

Source: radix selection; Knuth, The Art of Computer Programming, volume 3, sections 5.2.5 and 5.3.3.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Doubles: TypeAlias = npt.NDArray[np.float64]
Reader: TypeAlias = Callable[[], Iterable[Doubles]]
"""Reads all values from the first to the last, each time it is called."""

SORTED_AT_ONCE: Final = 1 << 22
"""Values that are sorted in memory: 32 MiB."""

_BITS: Final = 16
_SIGN: Final = np.uint64(1 << 63)


def find_quantiles(
    read: Reader, num_values: int, shares: Sequence[float], *, most: int = SORTED_AT_ONCE
) -> list[float]:
    """Return the quantiles at some shares, interpolated linearly between the two values around.

    Args:
        read: Yields the values: finite, in pieces of any size and order.
        num_values: How many there are; at least one.
        shares: From 0 to 1. At 0.5 it is the median, the mean of the two values in the middle.
        most: How many values may be sorted in memory.

    Source: R. J. Hyndman and Y. Fan (1996), Sample quantiles in statistical packages, definition 7;
    NumPy's `quantile` with its method `linear`, to the bit.

    Example:
        >>> find_quantiles(lambda: [np.array([3.0, 1.0, 2.0, 10.0])], 4, [0.25, 0.5])
        [1.75, 2.5]
    """
    places = [share * (num_values - 1) for share in shares]
    ranks = sorted({rank for place in places for rank in (math.floor(place), math.ceil(place))})
    if num_values <= most:
        values = _gather(read, 0, 0, most=num_values)
        found = {rank: float(values[rank]) for rank in ranks}
    else:
        found = dict(zip(ranks, _select(read, ranks, most=most), strict=True))
    return [
        _between(found[math.floor(place)], found[math.ceil(place)], place - math.floor(place))
        for place in places
    ]


def _between(low: float, high: float, weight: float) -> float:
    if weight == 0.5:
        return low / 2 + high / 2 if math.isinf(low + high) else (low + high) / 2
    if weight > 0.5:
        return high - (high - low) * (1 - weight)
    return low + (high - low) * weight


def _select(read: Reader, ranks: Sequence[int], *, most: int) -> list[float]:
    """Return the values at some ranks, from 0."""
    found: dict[int, float] = {}
    # By prefix: how many bits of it are fixed, and which ranks, counted within it, are wanted.
    open_: dict[tuple[int, int], list[tuple[int, int]]] = {(0, 0): [(rank, rank) for rank in ranks]}
    while open_:
        (fixed, prefix), wanted = open_.popitem()
        counts = _count(read, fixed, prefix)
        ends = np.cumsum(counts)
        grouped: dict[int, list[tuple[int, int]]] = {}
        for rank, inner in wanted:
            bucket = int(np.searchsorted(ends, inner, side="right"))
            grouped.setdefault(bucket, []).append(
                (rank, inner - int(ends[bucket] - counts[bucket]))
            )
        for bucket, inside in grouped.items():
            key = (fixed + _BITS, (prefix << _BITS) | bucket)
            if key[0] == 64 or counts[bucket] <= most:
                values = _gather(read, *key, most=int(counts[bucket]))
                found.update((rank, float(values[inner])) for rank, inner in inside)
            else:
                open_[key] = inside
    return [found[rank] for rank in ranks]


def _count(read: Reader, fixed: int, prefix: int) -> npt.NDArray[np.int64]:
    counts = np.zeros(1 << _BITS, np.int64)
    for values in read():
        keys = _within(_keys(values), fixed, prefix)
        following = (keys >> np.uint64(64 - fixed - _BITS)) & np.uint64((1 << _BITS) - 1)
        counts += np.bincount(following.astype(np.int64), minlength=1 << _BITS)
    return counts


def _gather(read: Reader, fixed: int, prefix: int, *, most: int) -> Doubles:
    """Return the values under a prefix, sorted; of one value alone, a view of as many."""
    if fixed == 64:
        return np.broadcast_to(_values(np.array([prefix], np.uint64)), most)
    held = [_within(_keys(values), fixed, prefix) for values in read()]
    return _values(np.sort(np.concatenate(held)))


def _within(keys: npt.NDArray[np.uint64], fixed: int, prefix: int) -> npt.NDArray[np.uint64]:
    return keys[keys >> np.uint64(64 - fixed) == prefix] if fixed else keys


def _keys(values: Doubles) -> npt.NDArray[np.uint64]:
    bits = (values + 0.0).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _values(keys: npt.NDArray[np.uint64]) -> Doubles:
    return np.where(keys & _SIGN, keys & ~_SIGN, ~keys).view(np.float64)
