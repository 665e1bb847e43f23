"""What the commands about reports, targets and plans share."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from registry.domain.model_target import Target
from registry.domain.quantities import format_count
from registry.domain.report import Report, ReportSummary
from registry.domain.report_answers import Figure, ReportDiff, VerdictMove
from registry.domain.target import format_size, parse_sizes


class ReportFormat(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


ReportFormatOption = Annotated[ReportFormat, typer.Option("--format", help="How it is printed.")]
ReportId = Annotated[
    str, typer.Argument(metavar="ID", help="A report, by the beginning of its id.")
]


def make_targets(sizes: str | None, **options: object) -> list[Target]:
    """Return a target for each size of an option, `400M,7B`; what is None is not stated."""
    from registry.operations.assessing.targets import make_target

    stated = {name: value for name, value in options.items() if value is not None}
    found = [] if sizes is None else parse_sizes(sizes)
    return [make_target({"parameters": size, **stated}, origin="") for size in found]


def print_report(report: Report, *, how: ReportFormat, markdown: Path | None) -> None:
    """Print a report, and write it as Markdown where a file is named."""
    from registry.reporting.readiness import render_report, report_markdown

    if markdown is not None:
        output.write_file(markdown, report_markdown(report))
    match how:
        case ReportFormat.JSON:
            output.print_json(report)
        case ReportFormat.MARKDOWN:
            output.write(report_markdown(report))
        case ReportFormat.TEXT:
            output.print_text(render_report(report))


def report_row(item: ReportSummary) -> tuple[str, ...]:
    """Return a report as a row of a list."""
    verdicts = ", ".join(
        f"{one.name or format_size(one.num_parameters)} {one.verdict}" for one in item.verdicts
    )
    return (
        item.id,
        f"{item.created_at:%Y-%m-%d %H:%M}",
        format_count(item.unique_tokens),
        item.tokenizer,
        verdicts,
    )


def print_diff(found: ReportDiff, *, as_json: bool) -> None:
    """Print what moved between two reports."""
    if as_json:
        output.print_json(found)
        return
    if found.is_same:
        output.write(f"the same: {found.first}")
        return
    for move in found.moves:
        output.print_text(_move(move))
    if not found.changes:
        output.write("nothing it stands on is another: only words or derived numbers differ")
        return
    output.write("")
    from registry.reporting.tables import add_rows, new_table

    table = new_table(["what", "between " + found.first + " and " + found.second])
    rows = [(change.cause.value, change.message) for change in found.changes]
    from registry.reporting.text import plain

    output.print_text(add_rows(table, [[plain(cell) for cell in row] for row in rows]))


def print_figures(found: Sequence[Figure], *, as_json: bool) -> None:
    """Print how numbers came about."""
    if as_json:
        output.print_values(found)
        return
    for place, figure in enumerate(found):
        if place:
            output.write("")
        output.write(f"{figure.name} of {figure.target}: {figure.result}")
        output.write(f"  {figure.formula}")
        output.print_facts(
            [
                ("  " + item.symbol, f"{_number(item.value)}, {item.meaning}")
                for item in figure.inputs
            ]
        )
        for step in figure.steps:
            output.write(f"  {step}")
        output.print_facts([("  source", figure.source)])


def _move(move: VerdictMove) -> str:
    before = f"{move.before} ({move.confidence_before})" if move.before else "not asked"
    after = f"{move.after} ({move.confidence_after})" if move.after else "not asked"
    if not move.is_moved:
        stays = "" if move.confidence_before == move.confidence_after else f", now {after}"
        return f"{move.target}: {before}, as before{stays}"
    alone = ", ".join(f"{cause} {verdict}" for cause, verdict in move.alone.items())
    return f"{move.target}: {after}, before {before}" + (f"; alone: {alone}" if alone else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.6g}"
