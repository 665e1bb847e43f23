"""The one table that muster prints: without borders, and its words stay whole where they fit.

What is too wide for the line gives way in this order: sentences wrap at their blanks; then a row
whose first cell does not fit has that cell on a line of its own, and its other cells beneath, in
their columns; only what fits into no line is folded.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

_GAP = 2
"""Blanks between two columns, and at least those before what hangs beneath a first cell."""

_NARROW = 24
"""A column of so many cells or fewer holds no sentences, and does not wrap."""

Row = Sequence[Text]


class QuietTable:
    """A table that is laid out for the width it is printed in."""

    def __init__(self, headings: Sequence[str], *, right: Sequence[str] = ()) -> None:
        self._rows: list[Row] = [[Text(heading, style="bold") for heading in headings]]
        self._is_right = [heading in right for heading in headings]

    def add_row(self, *cells: Text) -> None:
        """Add a row of as many cells as there are headings."""
        self._rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table as it fits."""
        yield from self._lay_out(self._fit(options.max_width))

    def _lay_out(self, widths: Sequence[int | None]) -> Iterator[RenderableType]:
        first = widths[0]

        def hangs(row: Row) -> bool:
            return first is not None and _longest(row[0], _words) > first

        for is_hanging, found in groupby(self._rows, hangs):
            if not is_hanging:
                yield self._table(found, widths)
                continue
            for name, *others in found:
                yield name
                yield self._table([[Text(), *others]], widths)

    def _table(self, rows: Iterable[Row], widths: Sequence[int | None]) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), show_header=False)
        for width, is_right in zip(widths, self._is_right, strict=True):
            table.add_column(
                width=width,
                justify="right" if is_right else "left",
                no_wrap=is_right,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*row)
        return table

    def _fit(self, width: int) -> list[int | None]:
        """Return a width for each column; None: as its cells and the line have it."""
        columns = list(zip(*self._rows, strict=True))
        as_they_are: list[int | None] = [None] * len(columns)
        widths = [max(_longest(cell, _lines) for cell in column) for column in columns]
        excess = sum(widths) + _GAP * (len(widths) - 1) - width
        wrapping = [place for place, is_right in enumerate(self._is_right) if not is_right]
        # The first column gives way last, of the others the widest first.
        for place in sorted(wrapping, key=lambda one: (one == 0, -widths[one])):
            least = max(_NARROW, *(_longest(cell, _words) for cell in columns[place]))
            taken = max(0, min(excess, widths[place] - least))
            widths[place] -= taken
            excess -= taken
        if excess > 0:
            room = widths[0] - excess
            if room < _GAP or self._is_right[0]:
                return as_they_are
            names = [_longest(cell, _words) for cell in columns[0]]
            widths[0] = max([_GAP, *(name for name in names if name <= room)])
        return [*widths]


def _longest(cell: Text, split: Callable[[str], Sequence[str]]) -> int:
    return max(map(cell_len, split(cell.plain)), default=0)


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _words(text: str) -> list[str]:
    return text.split()
