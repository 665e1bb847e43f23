"""`muster quarantine`: the rows that runs rejected, looked at, handed out and put back."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.groups import DefaultGroup
from cli.options import AsJson, DryRun, FormatOption, ListFormat, Quiet, ReferenceArgument
from cli.session import Session
from registry.domain.quantities import format_bytes, format_number
from registry.domain.quarantine import QuarantinedRun, RejectedRow, Release
from registry.domain.run import RunState

app = typer.Typer(cls=DefaultGroup, rich_markup_mode=None, add_completion=False)

NamedArgument = Annotated[
    str,
    typer.Argument(metavar="REF|RUN", help="A version, which means the run behind it; or a run."),
]
ReasonOption = Annotated[
    list[str] | None,
    typer.Option("--reason", help="Only rows rejected for it; may be repeated."),
]


@app.command("show")
@app.command("quarantine")
def quarantine(
    context: typer.Context,
    named: NamedArgument,
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many rows.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the rows that a run rejected: file, row, reason, size, raw bytes.

    Which runs rejected rows: muster quarantine list. All rows as JSON Lines: muster quarantine
    export. Rows that are fine after all: muster quarantine release.

    \b
    muster quarantine web/cc
    muster quarantine web/cc.text-default --reason empty --limit 100
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.quarantine.show(named, limit=limit, reasons=reason or ())
    if as_json:
        output.print_json(answer)
        return
    if answer.rows:
        _print_rows(answer.rows)
    shown = "" if len(answer.rows) == answer.num_rows else f", {len(answer.rows):,} shown"
    output.hint(f"{format_number(answer.num_rows, 'row')} rejected{shown}")


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    how: FormatOption = ListFormat.TABLE,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the newest runs that rejected rows, with what they made and why."""
    session: Session = context.obj
    with session.registry() as registry:
        found = registry.quarantine.list(limit=limit)
    if quiet:
        for item in found:
            output.write(item.run)
        return
    rows = [
        (
            _made(item),
            item.num_rows,
            _reasons(item),
            item.run,
        )
        for item in found
    ]
    columns = ("version", "rows", "rejected", "run")
    output.print_list(found, columns, rows, how=ListFormat.JSON if as_json else how)


@app.command()
def export(
    context: typer.Context,
    named: NamedArgument,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; else standard output.")
    ] = None,
    reason: ReasonOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the rows that a run rejected as JSON Lines, each with source, reason and text.

    A row that is not UTF-8 stands in base64, so that no byte is lost.

    \b
    muster quarantine export web/cc --output rejected.jsonl
    muster quarantine export web/cc --reason invalid-utf8 | jq -r .source
    """
    session: Session = context.obj
    output.require_folder(file)
    with session.registry() as registry:
        if file is None:
            for line in registry.quarantine.lines(named, reasons=reason or ()):
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            return
        answer = registry.quarantine.export(named, file, reasons=reason or (), force=force)
    if as_json:
        output.print_json(answer)
        return
    rows, size = format_number(answer.num_rows, "row"), format_bytes(answer.num_bytes)
    output.write(f"{answer.path}: {rows}, {size}")


@app.command()
def release(
    context: typer.Context,
    reference: ReferenceArgument,
    why: Annotated[str, typer.Option(help="Why they are fine, for the audit log.")],
    reason: Annotated[
        list[str] | None,
        typer.Option("--reason", help="All rows that were rejected for it; may be repeated."),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            "--row", metavar="FILE#ROW", help="The row that stands there; may be repeated."
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put rows that a recipe's step rejected back, as a new version; a person judged them fine.

    Where a recipe is wrong about many, mend it and normalize again. What the reader or decode
    rejected is no text and cannot be put back.

    \b
    muster quarantine release web/cc.text-default --reason empty --why 'captions, short by nature'
    muster quarantine release web/cc.strict --row 'a.jsonl#17' --why 'quoted on purpose'
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.quarantine.release(
            reference, why=why, reasons=reason or (), rows=row or (), dry_run=dry_run
        )
    _show_release(answer, as_json=as_json, quiet=quiet)


def _show_release(answer: Release, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        output.print_json(answer)
        return
    if quiet:
        output.write(answer.reference)
        return
    released = ", ".join(f"{reason} {number:,}" for reason, number in answer.released.items())
    output.print_facts(
        [
            (answer.status, answer.reference),
            ("input", answer.input),
            ("released", released),
            ("why", answer.why),
            ("left", format_number(answer.num_left, "rejected row")),
            ("documents", f"{answer.num_documents:,}"),
            ("digest", answer.digest),
        ]
    )


def _made(item: QuarantinedRun) -> str:
    if item.state is RunState.DONE:
        return " ".join(item.references)
    return " ".join([f"{item.state}:", item.operation, *item.references])


def _reasons(item: QuarantinedRun) -> str:
    return ", ".join(f"{one.reason} {one.num_documents:,}" for one in item.rejected)


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
