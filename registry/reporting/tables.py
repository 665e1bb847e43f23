"""Answers that are lists: columns and rows as a quiet table, CSV or Markdown."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from registry.reporting.text import plain, printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from registry.reporting.quiet_table import QuietTable

_GAP = 2
"""Blanks between two columns."""

Cell: TypeAlias = "str | int | float | None"
"""A value of a list; None: nothing is known, and nothing is shown."""


def to_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> "QuietTable":
    """Return rows as a table without borders: numbers to the right, text wrapped, never cut."""
    from rich.text import Text

    listed = [list(row) for row in rows]
    table = new_table(columns, right=_numeric(columns, listed))
    for row in listed:
        table.add_row(*(Text(_show(cell)) for cell in row))
    return table


def new_table(headings: Sequence[str], *, right: Iterable[str] = ()) -> "QuietTable":
    """Return an empty table in the one style that muster prints.

    Args:
        headings: Of the columns.
        right: Those of them whose cells stand at the right and are not folded.
    """
    from registry.reporting.quiet_table import QuietTable

    return QuietTable(headings, right=list(right))


def facts_table(facts: Iterable[tuple[str, ...]]) -> "Table":
    """Return names and values in columns, without headings; what is too wide folds in its own."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), show_header=False)
    for fact in facts:
        table.add_row(*(Text(printable(one), overflow="fold") for one in fact))
    return table


def add_rows(table: "QuietTable", rows: Iterable[Sequence["str | Text"]]) -> "QuietTable":
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
