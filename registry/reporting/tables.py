"""Answers that are lists: columns and rows as a quiet table, CSV or Markdown."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from registry.reporting.text import plain, printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_GAP = 2
"""Blanks between two columns."""

Cell: TypeAlias = "str | int | float | None"
"""A value of a list; None: nothing is known, and nothing is shown."""


def to_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> "Table":
    """Return rows as a table without borders: numbers to the right, text folded, never cut."""
    from rich.text import Text

    listed = [list(row) for row in rows]
    table = new_table(columns, right=_numeric(columns, listed))
    for row in listed:
        table.add_row(*(Text(_show(cell)) for cell in row))
    return table


def to_list(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, width: int
) -> "Table | Text":
    """Return rows as a table; where that is too wide, with the first cell on a line of its own.

    The first column holds what people copy, a reference or an id: it is never folded.

    Args:
        columns: The headings.
        rows: As many cells a row as there are columns.
        width: Cells of a terminal's line.
    """
    from rich.cells import cell_len

    listed = [list(row) for row in rows]
    shown = [[_show(cell) for cell in row] for row in listed]
    widths = [max(map(cell_len, column)) for column in zip(columns, *shown, strict=True)]
    if sum(widths) + _GAP * (len(widths) - 1) <= width:
        return to_table(columns, listed)
    return _stack(columns, shown, widths, right=set(_numeric(columns, listed)))


def new_table(
    columns: Sequence[str], *, right: Iterable[str] = (), first: str | None = None
) -> "Table":
    """Return an empty table in the one style that muster prints.

    Args:
        columns: The headings.
        right: Those of them whose cells stand at the right and are not folded.
        first: A title above the first column, in place of its heading.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    flush = set(right)
    for index, column in enumerate(columns):
        is_right = column in flush
        table.add_column(
            Text(first if first is not None and index == 0 else column),
            justify="right" if is_right else "left",
            no_wrap=is_right,
            overflow="fold",
        )
    return table


def add_rows(table: "Table", rows: Iterable[Sequence["str | Text"]]) -> "Table":
    """Add rows of finished cells to a table and return it; strings keep their newlines."""
    from rich.text import Text

    for row in rows:
        table.add_row(*(Text(printable(cell)) if isinstance(cell, str) else cell for cell in row))
    return table


def rows_to_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV (RFC 4180 quoting, LF line ends), with a line of headings."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return target.getvalue()


def rows_to_markdown(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Iterable[str] | None = None
) -> str:
    """Return rows as a table of GitHub's Markdown.

    Args:
        columns: The headings.
        rows: As many cells a row as there are columns.
        right: Columns whose cells stand at the right; None: those that hold numbers.
    """
    listed = [list(row) for row in rows]
    flush = set(_numeric(columns, listed) if right is None else right)
    lines = [
        [escape_markdown(column) for column in columns],
        ["---:" if column in flush else "---" for column in columns],
        *([escape_markdown(_show(cell)) for cell in row] for row in listed),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def escape_markdown(text: str) -> str:
    r"""Return a text that Markdown shows as it is, on one line, in a table as well.

    Example:
        >>> escape_markdown("a|b<i>")
        'a\\|b&lt;i&gt;'
    """
    escaped = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for char in "\\|*_`[]~#":
        escaped = escaped.replace(char, "\\" + char)
    return escaped


def _stack(
    columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], *, right: set[str]
) -> "Text":
    """Return rows in two lines each: the first cell, and below it the others in columns."""
    from rich.cells import cell_len
    from rich.text import Text

    def beneath(cells: Sequence[str]) -> str:
        padded = []
        for name, cell, width in list(zip(columns, cells, widths, strict=True))[1:]:
            blank = " " * (width - cell_len(cell))
            padded.append(blank + cell if name in right else cell + blank)
        return (" " * _GAP + (" " * _GAP).join(padded)).rstrip()

    text = Text(no_wrap=True, overflow="ignore")
    text.append(f"{columns[0]}\n{beneath(columns)}", style="bold")
    for row in rows:
        text.append(f"\n{row[0]}\n{beneath(row)}")
    return text


def _numeric(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Return the columns that hold numbers and nothing else."""
    numeric = []
    for index, column in enumerate(columns):
        cells = [row[index] for row in rows if row[index] is not None]
        if cells and all(isinstance(cell, int | float) for cell in cells):
            numeric.append(column)
    return numeric


def _show(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:,.4g}" if isinstance(cell, float) else plain(cell)
