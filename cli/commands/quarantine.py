"""`muster quarantine`: the rows that a version's run rejected."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, ReferenceArgument
from cli.session import Session
from registry.domain.answers import RejectedRow
from registry.domain.quantities import format_bytes, format_number

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def quarantine(
    context: typer.Context,
    reference: ReferenceArgument,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many rows.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the rows that the run behind a version rejected: file, row, reason, size, raw bytes."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.quarantine(reference, limit=limit)
    if as_json:
        output.print_json(answer)
        return
    if answer.rows:
        _print_rows(answer.rows)
    shown = "" if len(answer.rows) == answer.num_rows else f", {len(answer.rows):,} shown"
    output.hint(f"{format_number(answer.num_rows, 'row')} rejected{shown}")


def _print_rows(found: Sequence[RejectedRow]) -> None:
    from registry.reporting.tables import to_table
    from registry.reporting.text import plain

    rows = [
        (
            row.file,
            row.row,
            row.offset,
            row.step,
            row.reason,
            format_bytes(row.num_bytes),
            plain(row.raw[:60]),
        )
        for row in found
    ]
    columns = ("file", "row", "byte", "step", "reason", "size", "begins")
    output.print_text(to_table(columns, rows))
