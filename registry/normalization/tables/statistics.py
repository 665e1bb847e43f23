"""What steps are fitted from: statistics of one column that are gathered in parts and added up.

Each is exact, whatever the order and the cut of the rows, so the same table gives the same numbers
with any batches and any number of workers.

Sums are integers. A double is m * 2^e with an integer m of 53 bits; m and its square are added up
for each e, and the sums are shifted to one common exponent, where Python's integers have no limit.
The mean and the variance are rounded once, at the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import JsonValue

from registry.errors import InputError

Doubles = npt.NDArray[np.float64]

State: TypeAlias = list[JsonValue]
"""What a statistic knows, in an order of its own."""

_SHIFT: Final = 1074
"""Every finite double is a whole multiple of 2^-1074."""

_PIECE: Final = 1 << 20
"""Values summed in one go: so many integers below 2^32 add up exactly as doubles."""

_HALF: Final = 27
"""A mantissa of 53 bits is cut into 26 and 27."""


class Measured(StrEnum):
    """Which statistic of a column is meant."""

    MOMENTS = "moments"
    EXTENT = "extent"
    FREQUENCIES = "frequencies"
    ORDER = "order"
    """Every value, which are too many to hold: see `registry.normalization.tables.quantiles`."""


@dataclass(frozen=True, slots=True)
class Need:
    """A statistic that a step is fitted from."""

    column: str
    measured: Measured
    most: int = 0
    """How many distinct values a column may have, where they are counted."""


class Statistic(Protocol):
    """A statistic of a column, of the rows seen so far. Null is not looked at."""

    def add(self, column: pa.Array) -> None:
        """Take more rows into account."""

    def merge(self, state: State) -> None:
        """Take the rows into account of which another one has the state."""

    @property
    def state(self) -> State:
        """All that it knows, for a checkpoint."""


class Moments:
    """Number, sum and sum of squares, exactly."""

    def __init__(self) -> None:
        self.num_values = 0
        self._sum = 0
        self._squares = 0

    def add(self, column: pa.Array) -> None:
        """See `Statistic`; float64, finite."""
        values = column.drop_null().to_numpy(zero_copy_only=False)
        self.num_values += len(values)
        for start in range(0, len(values), _PIECE):
            total, squares = _sum_exactly(values[start : start + _PIECE])
            self._sum += total
            self._squares += squares

    def merge(self, state: State) -> None:
        """See `Statistic`."""
        number, total, squares = map(str, state)
        self.num_values += int(number)
        self._sum += int(total, 16)
        self._squares += int(squares, 16)

    @property
    def state(self) -> State:
        """See `Statistic`."""
        return [self.num_values, f"{self._sum:x}", f"{self._squares:x}"]

    @property
    def mean(self) -> float:
        """The mean, correctly rounded."""
        return float(Fraction(self._sum, self.num_values << _SHIFT))

    @property
    def variance(self) -> float:
        """The variance of the population, correctly rounded.

        Raises:
            OverflowError: It is no double.
        """
        number = self.num_values
        above = number * self._squares - self._sum**2
        return float(Fraction(above, number**2 << (2 * _SHIFT)))


class Extent:
    """The least and the greatest value."""

    def __init__(self) -> None:
        self.least: float | None = None
        self.greatest: float | None = None

    def add(self, column: pa.Array) -> None:
        """See `Statistic`; float64."""
        found = pc.min_max(column)
        if found["min"].is_valid:
            # Which of the two zeros was first does not matter.
            self._widen(found["min"].as_py() + 0.0, found["max"].as_py() + 0.0)

    def merge(self, state: State) -> None:
        """See `Statistic`."""
        if state:
            least, greatest = map(str, state)
            self._widen(float(least), float(greatest))

    @property
    def state(self) -> State:
        """See `Statistic`."""
        return [] if self.least is None else [self.least, self.greatest]

    def _widen(self, least: float, greatest: float) -> None:
        self.least = least if self.least is None else min(self.least, least)
        self.greatest = greatest if self.greatest is None else max(self.greatest, greatest)


class Frequencies:
    """How often each value occurs, null included.

    Args:
        need: Whose column it is, and how many distinct values there may be.
    """

    def __init__(self, need: Need) -> None:
        self._need = need
        self.counts: dict[JsonValue, int] = {}

    def add(self, column: pa.Array) -> None:
        """See `Statistic`.

        Raises:
            InputError: There are too many distinct values.
        """
        for item in pc.value_counts(column).to_pylist():
            self._count(item["values"], item["counts"])
        self._check()

    def merge(self, state: State) -> None:
        """See `Statistic`.

        Raises:
            InputError: There are too many distinct values.
        """
        half = len(state) // 2
        for value, count in zip(state[:half], state[half:], strict=True):
            self._count(value, int(str(count)))
        self._check()

    @property
    def state(self) -> State:
        """See `Statistic`."""
        return [*self.counts, *self.counts.values()]

    @property
    def categories(self) -> list[JsonValue]:
        """The distinct values, in order, without null."""
        values = (value for value in self.counts if value is not None)
        return [*sorted(values)]  # type: ignore[type-var] # values of one column are of one type

    @property
    def has_null(self) -> bool:
        """Whether null was among them."""
        return None in self.counts

    @property
    def mode(self) -> JsonValue:
        """The most frequent value, of several the least; None: there is none."""
        counts = self.counts
        return min(self.categories, key=lambda value: -counts[value], default=None)

    def _count(self, value: JsonValue, count: int) -> None:
        value = 0.0 if value == 0.0 and isinstance(value, float) else value
        self.counts[value] = self.counts.get(value, 0) + count

    def _check(self) -> None:
        if len(self.counts) > self._need.most:
            raise InputError(
                f"column {self._need.column!r} has more than {self._need.most:,} distinct values",
                hint='raise max_categories, or encode with method = "hashed"',
            )


def _sum_exactly(values: Doubles) -> tuple[int, int]:
    """Return the sum as a multiple of 2^-1074, and that of the squares of 2^-2148."""
    fractions, exponents = np.frexp(values)
    mantissas = np.ldexp(fractions, 53).astype(np.int64)
    places = exponents.astype(np.int64) - 53 + _SHIFT
    signs = np.sign(mantissas)
    high, low = np.abs(mantissas) >> _HALF, np.abs(mantissas) & ((1 << _HALF) - 1)
    total = squares = 0
    for place, *sums in _sum_by_place(
        places,
        signs * high,
        signs * low,
        *_halves(high * high),
        *_halves(high * low),
        *_halves(low * low),
    ):
        linear = (sums[0] << _HALF) + sums[1]
        top, middle, bottom = ((sums[n + 1] << 32) + sums[n] for n in (2, 4, 6))
        total += _shift(linear, place)
        squares += _shift((top << 2 * _HALF) + (middle << (_HALF + 1)) + bottom, 2 * place)
    return total, squares


def _halves(products: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    return products & 0xFFFFFFFF, products >> 32


def _sum_by_place(
    places: npt.NDArray[np.int64], *columns: npt.NDArray[np.int64]
) -> Iterator[tuple[int, ...]]:
    """Yield each place with the sum of every column over the values there."""
    first = int(places.min()) if len(places) else 0
    offsets = places - first
    sums = [np.bincount(offsets, weights=column) for column in columns]
    for offset in np.flatnonzero(np.bincount(offsets)):
        yield first + int(offset), *(int(column[offset]) for column in sums)


def _shift(number: int, places: int) -> int:
    # A subnormal number has a mantissa that ends in as many zeros as its place is below 0.
    return number << places if places >= 0 else number >> -places


def make_statistic(need: Need) -> "Moments | Extent | Frequencies":
    """Return the empty statistic that a need asks for; all but `ORDER`."""
    match need.measured:
        case Measured.MOMENTS:
            return Moments()
        case Measured.EXTENT:
            return Extent()
        case _:
            return Frequencies(need)
