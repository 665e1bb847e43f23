"""Costs in words and tables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from registry.domain.cost import CostEntry, CostReport, UnitCost
from registry.domain.quantities import format_count, format_number
from registry.reporting.tables import add_rows, new_table
from registry.reporting.text import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

ENTRY_COLUMNS = ("entry", "kind", "amount", "of", "quantity", "note")
_SUM_COLUMNS = ("kind", "entries", "amount")
_DIGITS = 12
_UNIT_COLUMNS = ("cost of", "cost", "held", "tokenizer")


def entry_row(entry: CostEntry) -> tuple[str, ...]:
    """Return the cells of an entry under `ENTRY_COLUMNS`."""
    quantity = "" if entry.quantity is None else f"{entry.quantity:,} {entry.unit}"
    notes = [
        f"takes back {entry.reverses}" if entry.reverses else "",
        f"taken back by {entry.reversed_by}" if entry.reversed_by else "",
        entry.incurred_on or "",
        entry.note or "",
        entry.evidence or "",
    ]
    return (
        str(entry.id),
        entry.kind.value,
        str(entry.amount),
        plain(entry.subject.name),
        plain(quantity),
        plain("; ".join(note for note in notes if note)),
    )


def render_report(report: CostReport) -> "Iterator[RenderableType]":
    """Return the report for the terminal, block by block."""
    from rich.text import Text

    totals = " and ".join(str(money) for money in report.totals) or "nothing"
    yield Text(f"{totals} for {_list(report.references)}, with all that they were made from\n")
    if report.sums:
        rows = [
            (item.kind.value, f"{item.num_entries:,}", str(item.amount)) for item in report.sums
        ]
        yield add_rows(new_table(_SUM_COLUMNS, right=_SUM_COLUMNS[1:]), rows)
        yield Text()
    if report.units:
        units = [_unit_row(unit) for unit in report.units]
        yield add_rows(new_table(_UNIT_COLUMNS, right=_UNIT_COLUMNS[1:3]), units)
        yield Text()
    if report.uncounted:
        yield Text(f"no cost of a token: not counted are {_list(report.uncounted)}")
    if report.num_versions_without_cost:
        without = format_number(report.num_versions_without_cost, "version")
        yield Text(f"no cost is recorded for {without} of {report.num_versions:,}")
    yield Text(report.allocation, style="dim")


def _unit_row(unit: UnitCost) -> tuple[str, ...]:
    many = f"{format_count(unit.per)} {unit.unit.replace('token', 'tokens', 1)}"
    digits = (unit.fingerprint or "").removeprefix("sha256:")[:_DIGITS]
    identity = f"{unit.tokenizer} ({digits})" if digits else ""
    cost = f"{unit.cost:,.6f} {unit.amount.currency}"
    what = f"a {unit.unit}" if unit.per == 1 else many
    return what, cost, f"{unit.num_units:,}", plain(identity)


def _list(references: tuple[str, ...], *, most: int = 3) -> str:
    shown = ", ".join(references[:most])
    return shown if len(references) <= most else f"{shown} and {len(references) - most} more"
