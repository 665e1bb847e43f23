"""`muster quarantine`: the rows that a version's run rejected."""

from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, ReferenceArgument
from cli.session import Session
from registry.domain.quantities import format_number

app = typer.Typer(rich_markup_mode=None)


@app.command()
def quarantine(
    context: typer.Context,
    reference: ReferenceArgument,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many rows.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the rows that the run behind a version rejected: file, row, reason, raw bytes."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.quarantine(reference, limit=limit)
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.tables import to_table
    from registry.reporting.text import plain

    rows = [
        (row.file, row.row, row.offset, row.step, row.reason, plain(row.raw[:60]))
        for row in answer.rows
    ]
    if rows:
        output.print_text(to_table(("file", "row", "byte", "step", "reason", "begins"), rows))
    shown = "" if len(rows) == answer.num_rows else f", {len(rows):,} shown"
    output.hint(f"{format_number(answer.num_rows, 'row')} rejected{shown}")
