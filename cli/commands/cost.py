"""`muster cost`: what data cost."""

import re
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from cli import output
from cli.options import AsJson, ReferenceArgument
from cli.session import Session
from registry.domain.cost import CostDraft, CostEntry, CostKind
from registry.domain.money import Money, format_amount
from registry.errors import InputError

QuietEntry = Annotated[bool, typer.Option("--quiet", "-q", help="Print the entry's number only.")]

_BELOW_ZERO: Final = re.compile(r"-[0-9][0-9.,_]*")

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def cost() -> None:
    """Keep the ledger of what data cost, and add it up through lineage."""


class _AddCommand(TyperCommand):
    """Takes `-5` for an amount, which it is, and not for an option that is not there."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - Typer's
        """Refuse an amount below zero, as the ledger does."""
        for word in args:
            if _BELOW_ZERO.fullmatch(word):
                raise InputError(
                    f"{word} is negative", hint="a mistake is taken back: muster cost reverse ENTRY"
                )
        return super().parse_args(ctx, args)


@app.command(cls=_AddCommand)
def add(
    context: typer.Context,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="A decimal number: 12.50.")],
    currency: Annotated[str, typer.Argument(metavar="CURRENCY", help="An ISO 4217 code.")],
    kind: Annotated[CostKind, typer.Option(help="What the money was for.")],
    version: Annotated[
        str | None, typer.Option(metavar="REF", help="The version that it was for.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="ID", help="Or the run, by the beginning of its id.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="URL", help="Or the source, as `muster show` prints it.")
    ] = None,
    months: Annotated[
        int | None,
        typer.Option(min=1, help="How long a version is stored: counted in byte-months."),
    ] = None,
    quantity: Annotated[
        int | None, typer.Option(min=1, help="How many units were paid for.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="What they are, such as gpu-hour.")] = None,
    date: Annotated[
        str | None, typer.Option(metavar="DAY", help="The day it falls on: 2026-11-26.")
    ] = None,
    evidence: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the invoice or the price is.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="What else there is to say.")] = None,
    as_json: AsJson = False,
    quiet: QuietEntry = False,
) -> None:
    """Append a cost. Nothing is changed later: a mistake is taken back by `muster cost reverse`.

    \b
    muster cost add 1250 EUR --kind acquire --version web/cc
    muster cost add 3.20 USD --kind storage --version web/cc --months 12
    """
    session: Session = context.obj
    draft = CostDraft(
        kind=kind,
        amount=Money.parse(amount, currency),
        quantity=quantity,
        unit=unit,
        incurred_on=date,
        evidence=evidence,
        note=note,
    )
    with session.registry() as registry:
        answer = registry.costs.add(draft, version=version, run=run, source=source, months=months)
    _show_entry(answer, as_json=as_json, quiet=quiet)


@app.command()
def reverse(
    context: typer.Context,
    entry: Annotated[int, typer.Argument(metavar="ENTRY", help="The number of the entry.")],
    note: Annotated[str, typer.Option(help="Why.")],
    as_json: AsJson = False,
    quiet: QuietEntry = False,
) -> None:
    """Take an entry back by its opposite; both stay in the ledger."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.costs.reverse(entry, note=note)
    _show_entry(answer, as_json=as_json, quiet=quiet)


@app.command()
def show(context: typer.Context, reference: ReferenceArgument, as_json: AsJson = False) -> None:
    """Show the entries of a version, of the runs that made it and of its sources."""
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.costs.show(reference)
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.costs import ENTRY_COLUMNS, entry_row
    from registry.reporting.tables import add_rows, new_table

    if not answer.entries:
        output.hint(f"nothing is recorded: muster cost add --version {answer.reference}")
        return
    rows = [entry_row(entry) for entry in answer.entries]
    rows += [("", "total", str(money), "", "", "") for money in answer.totals]
    output.print_text(add_rows(new_table(ENTRY_COLUMNS, right=("entry", "amount")), rows))


@app.command()
def report(
    context: typer.Context,
    references: Annotated[list[str], typer.Argument(metavar="REF...", help="Versions.")],
    tokenizer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose tokens; else the most used one's.")
    ] = None,
    epochs: Annotated[
        float | None,
        typer.Option(min=0.001, help="How often a token is seen, for effective tokens; else 4."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add up what versions cost with everything they were made from, for each document and token.

    What several of them were made from counts once. Currencies are never added.
    """
    session: Session = context.obj
    with session.registry() as registry:
        answer = registry.costs.report(references, tokenizer=tokenizer, epochs=epochs)
    if as_json:
        output.print_json(answer)
        return
    from registry.reporting.costs import render_report

    for block in render_report(answer):
        output.print_text(block)


def _show_entry(entry: CostEntry, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        output.print_json(entry)
        return
    if quiet:
        output.write(str(entry.id))
        return
    from registry.reporting.text import plain

    taken_back = "" if entry.reverses is None else f", takes back entry {entry.reverses}"
    amount = f"{format_amount(entry.amount.micros)} {entry.amount.currency}"
    subject = plain(entry.subject.name)
    output.write(f"entry {entry.id}: {amount}, {entry.kind}, of {subject}{taken_back}")
