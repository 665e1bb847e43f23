"""The one table that muster prints: without borders, and its words stay whole where they fit.

What is too wide for the line gives way in this order: columns without a value are left out;
sentences wrap at their blanks; a row whose first cell does not fit has that cell on a line of its
own, and its other cells beneath, in their columns; and where these are too wide themselves, each
stands behind its heading, as many on a line as it takes. Only what fits into no line is folded.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
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
        fits = _excess(self._natural(), options.max_width) <= 0
        yield from (self if fits else self._without_empty()).in_lines(options.max_width)

    def in_lines(self, width: int) -> Iterator[RenderableType]:
        """Yield the table with all its columns in lines of so many cells."""
        widths = self._fit(width)
        yield from self._lay_out(widths) if widths else self._list(width)

    def _without_empty(self) -> "QuietTable":
        """Return the table without the columns that have a heading and nothing else."""
        headings, *rows = self._rows
        kept = [
            place
            for place in range(len(headings))
            if place == 0 or not rows or any(row[place].plain.strip() for row in rows)
        ]
        table = QuietTable(
            [headings[place].plain for place in kept],
            right=[headings[place].plain for place in kept if self._is_right[place]],
        )
        for row in rows:
            table.add_row(*(row[place] for place in kept))
        return table

    def _list(self, width: int) -> Iterator[RenderableType]:
        """Yield each row as a block: its first cell, and beneath it headings with their cells."""
        headings, *rows = self._rows
        for first, *others in rows:
            yield _pair(headings[0], first) if self._is_right[0] else first
            pairs = [
                _pair(heading, cell)
                for heading, cell in zip(headings[1:], others, strict=True)
                if cell.plain.strip()
            ]
            for line in _join(pairs, width - _GAP):
                yield Padding(line, (0, 0, 0, _GAP), expand=False)

    def _lay_out(self, widths: Sequence[int]) -> Iterator[RenderableType]:
        first = widths[0]

        def hangs(row: Row) -> bool:
            return _longest(row[0], _words) > first

        for is_hanging, found in groupby(self._rows, hangs):
            if not is_hanging:
                yield self._table(found, widths)
                continue
            for name, *others in found:
                yield name
                yield self._table([[Text(), *others]], widths)

    def _table(self, rows: Iterable[Row], widths: Sequence[int]) -> Table:
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

    def _natural(self) -> list[int]:
        """Return the width that each column has where nothing wraps."""
        return [
            max(_longest(cell, _lines) for cell in column)
            for column in zip(*self._rows, strict=True)
        ]

    def _fit(self, width: int) -> list[int] | None:
        """Return a width for each column; None: even without the first they do not fit."""
        columns = list(zip(*self._rows, strict=True))
        widths = self._natural()
        excess = _excess(widths, width)
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
                return None
            names = [_longest(cell, _words) for cell in columns[0]]
            widths[0] = max([_GAP, *(name for name in names if name <= room)])
        return widths


def _excess(widths: Sequence[int], width: int) -> int:
    """Return by how many cells columns are too wide for a line."""
    return sum(widths) + _GAP * (len(widths) - 1) - width


def _pair(heading: Text, cell: Text) -> Text:
    return Text.assemble(heading, " ", cell) if heading.plain else cell


def _join(pairs: Iterable[Text], width: int) -> Iterator[Text]:
    """Yield pairs in lines, none of them divided that fits into one."""
    gap = Text(" " * _GAP)
    line: list[Text] = []
    for pair in pairs:
        if line and gap.join([*line, pair]).cell_len > width:
            yield gap.join(line)
            line = []
        line.append(pair)
    if line:
        yield gap.join(line)


def _longest(cell: Text, split: Callable[[str], Sequence[str]]) -> int:
    return max(map(cell_len, split(cell.plain)), default=0)


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _words(text: str) -> list[str]:
    return text.split()
