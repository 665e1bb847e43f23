"""`muster gc`: free the store of what nothing refers to."""

from datetime import timedelta
from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, DryRun
from cli.session import Session
from registry.domain.quantities import format_bytes, format_number

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def gc(
    context: typer.Context,
    grace_days: Annotated[
        float, typer.Option(metavar="DAYS", help="Leave what is younger; an hour at least.")
    ] = 7.0,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Remove objects that nothing refers to: what crashes and finished passes left in the store.

    An object stays if the catalog or a checkpoint names its digest anywhere, if it is younger than
    the grace, or if it was written since the oldest open run began. Others may write meanwhile.
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.gc(grace=timedelta(days=grace_days), dry_run=dry_run)
    if as_json:
        output.print_json(answer)
        return
    for one in answer.removed if dry_run else ():
        output.write(f"{one.digest}  {one.modified:%Y-%m-%d %H:%M}  {format_bytes(one.num_bytes)}")
    output.print_facts(
        [
            ("store", answer.store),
            ("holds", _size(answer.num_objects, "object", answer.num_bytes)),
            (
                "would remove" if dry_run else "removed",
                _size(len(answer.removed), "object", answer.removed_bytes),
            ),
            (
                "half-written",
                _size(answer.num_staged, "file", answer.staged_bytes)
                if answer.num_staged
                else None,
            ),
            (
                "too new",
                _size(answer.num_spared, "object", answer.spared_bytes)
                if answer.num_spared
                else None,
            ),
        ]
    )
    run = answer.oldest_run
    if run is not None and run.started_at == answer.before:
        output.hint(
            f"all since {run.started_at:%Y-%m-%d %H:%M} stays: run {run.id} is open "
            f"(muster run cancel {run.id})"
        )


def _size(number: int, noun: str, num_bytes: int) -> str:
    return f"{format_number(number, noun)}, {format_bytes(num_bytes)}"
