"""The nearest documents or terms as a table, one line each."""

from typing import TYPE_CHECKING

from registry.domain.embedding import Neighbours
from registry.reporting.tables import add_rows, new_table
from registry.reporting.text import plain

if TYPE_CHECKING:
    from registry.reporting.quiet_table import QuietTable

_LONGEST_ID = 32


def render_neighbours(answer: Neighbours, *, width: int) -> "QuietTable":
    """Return a table with rank, score, and term and count, or id and how the document begins.

    Args:
        answer: What `similar` answers.
        width: Cells of the terminal; what does not fit is cut, so that a row is a line.
    """
    if answer.searched == "terms":
        table = new_table(("rank", "score", "term", "count"), right=("rank", "score", "count"))
        return add_rows(
            table,
            [
                (str(one.rank), f"{one.score:.3f}", plain(one.id), f"{one.count:,}")
                for one in answer.neighbours
            ],
        )
    from rich.cells import cell_len

    ids = [_shorten(plain(one.id), _LONGEST_ID) for one in answer.neighbours]
    table = new_table(("rank", "score", "id", "begins"), right=("rank", "score"))
    taken = max(map(cell_len, ids)) + len("rank  score    ")
    rows = [
        (str(one.rank), f"{one.score:.3f}", id_, _line(one.excerpt or "", width - taken))
        for one, id_ in zip(answer.neighbours, ids, strict=True)
    ]
    return add_rows(table, rows)


def _line(text: str, width: int) -> str:
    """Return the beginning of a text as one line; runs of blanks are one."""
    from rich.cells import cell_len, chop_cells

    line = plain(" ".join(text.split()))
    if cell_len(line) <= width:
        return line
    return chop_cells(line, max(width - 1, 1))[0] + "…"


def _shorten(text: str, most: int) -> str:
    """Return a text with its middle left out if it takes more cells."""
    from rich.cells import cell_len, chop_cells

    if cell_len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{chop_cells(text, half)[0]}…{chop_cells(text[::-1], half)[0][::-1]}"
