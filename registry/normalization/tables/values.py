"""All values of a column, kept where there is room for them, for statistics of their order."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import pyarrow as pa

from registry.normalization.tables.quantiles import Doubles, find_quantiles
from registry.normalization.tables.statistics import State


class Keeping(Protocol):
    """Where values are kept: a file, or memory."""

    def write(self, values: pa.Array) -> None:
        """Keep more values: float64, without nulls."""

    def finish(self) -> str | None:
        """Return what they are found by; None: there were none."""


class Ordered:
    """The values of a column, as many as there are; see `Statistic`.

    Args:
        keeping: Where new values go; None: only those that are merged are looked at.
        read: Yields the values behind what `Keeping.finish` returned.
    """

    def __init__(
        self, keeping: Keeping | None, read: Callable[[str], Iterable[Doubles]] | None = None
    ) -> None:
        self._keeping = keeping
        self._read = read
        self.places: list[str] = []
        """Where values are kept."""

        self.num_values = 0

    def add(self, column: pa.Array) -> None:
        """Take more rows into account: float64, finite."""
        values = column.drop_null()
        self.num_values += len(values)
        if self._keeping is not None and len(values):
            self._keeping.write(values)

    def merge(self, state: State) -> None:
        """Take the rows into account of which another one has the state."""
        number, *places = map(str, state)
        self.num_values += int(number)
        self.places.extend(places)

    @property
    def state(self) -> State:
        """What a checkpoint keeps: how many there are, and where. No more can be added then."""
        if self._keeping is not None:
            place = self._keeping.finish()
            self.places.extend([] if place is None else [place])
            self._keeping = None
        return [self.num_values, *self.places]

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """Return quantiles of what was merged, exactly; there is at least one value."""
        read = self._read
        if read is None:
            msg = "nothing to read the values with"
            raise TypeError(msg)
        return find_quantiles(
            lambda: (values for place in self.places for values in read(place)),
            self.num_values,
            shares,
        )
