"""`muster run`: what was done, by whom, and its ledger."""

from typing import Annotated

import typer

from cli import output
from cli.options import AsJson, FormatOption, ListFormat, MaxRejectedOption, Quiet
from cli.session import Session
from registry.domain.answers import RunDescription
from registry.domain.quantities import format_bytes
from registry.domain.run import Run

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def run() -> None:
    """List, show, merge and cancel runs."""


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    how: FormatOption = ListFormat.TABLE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the newest runs."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.runs.list(limit=limit)
    if quiet:
        for item in found:
            output.write(item.id)
        return
    rows = [
        (item.id, item.operation.value, item.state.value, item.actor, f"{item.started_at:%F %T}")
        for item in found
    ]
    columns = ("run", "operation", "state", "actor", "started (UTC)")
    output.print_list(found, columns, rows, how=ListFormat.JSON if as_json else how)


@app.command()
def show(
    context: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Its id or the beginning of it.")],
    as_json: AsJson = False,
) -> None:
    """Show a run: inputs, outputs, environment, and the ledger of each step."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.runs.get(run_id)
    if as_json:
        output.print_json(answer)
        return
    found = answer.run
    output.print_facts(
        [
            ("run", found.id),
            ("operation", found.operation.value),
            ("state", found.state.value),
            ("error", found.error),
            ("actor", found.actor),
            ("started", f"{found.started_at:%F %T} UTC"),
            ("finished", f"{found.finished_at:%F %T} UTC" if found.finished_at else None),
            ("inputs", " ".join(answer.inputs) or None),
            ("outputs", " ".join(answer.outputs) or None),
            ("why", _why(found)),
            ("quarantine", found.quarantine),
            ("environment", ", ".join(f"{k} {v}" for k, v in found.environment.items())),
        ]
    )
    _print_ledger(answer)


@app.command()
def cancel(
    context: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Its id or the beginning of it.")],
    as_json: AsJson = False,
) -> None:
    """Close a run that was left open, so that the same command begins anew and resumes nothing."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.runs.cancel(run_id)
    if as_json:
        output.print_json(found)
        return
    output.print_facts([("cancelled", found.id), ("state", found.state.value)])


@app.command()
def merge(
    context: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Its id or the beginning of it.")],
    max_rejected: MaxRejectedOption = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Seal a run whose parts were worked on by --shard, once all of them are finished.

    \b
    muster normalize web/cc --recipe text-default --shard 0/2
    muster normalize web/cc --recipe text-default --shard 1/2
    muster run merge 0190a1b2
    """
    from cli.commands import normalize, tokenize
    from registry.domain.answers import Normalization

    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.runs.merge(run_id, max_rejected=max_rejected)
    if isinstance(answer, Normalization):
        normalize.show(answer, as_json=as_json, quiet=quiet)
    else:
        tokenize.show(answer, as_json=as_json, quiet=quiet)


def _why(found: Run) -> str | None:
    """Return why a person had it done, where that is a judgement."""
    why = found.parameters.get("why")
    return None if why is None else str(why)


def _print_ledger(answer: RunDescription) -> None:
    if not answer.ledger.entries:
        return
    from registry.reporting.tables import to_table

    rows = [
        (
            entry.step,
            entry.documents_in,
            entry.documents_kept,
            entry.documents_changed,
            ", ".join(f"{item.reason} {item.num_documents:,}" for item in entry.rejected),
            format_bytes(entry.bytes_in),
            format_bytes(entry.bytes_kept),
        )
        for entry in answer.ledger.entries
    ]
    output.write("")
    output.print_text(
        to_table(("step", "in", "kept", "changed", "rejected", "bytes in", "bytes out"), rows)
    )
