"""The readiness report, for the terminal and in Markdown. The first line is the answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from registry.domain.gate import Gate
from registry.domain.report import Report, ReportWarning
from registry.domain.target import TargetReport, Verdict
from registry.reporting.acquisitions import (
    BEFORE_COLUMNS,
    CANDIDATE_COLUMNS,
    acquisition_sentence,
    before_rows,
    before_sentence,
    before_title,
    candidate_rows,
    declared,
    unranked,
)
from registry.reporting.distillation import WAY_COLUMNS, taught, way_rows
from registry.reporting.figures import (
    COMPOSITION_COLUMNS,
    SUPPLY_COLUMNS,
    TARGET_COLUMNS,
    answer,
    composition_rows,
    contamination,
    cost,
    counting,
    diversity,
    duplicates,
    experts,
    largest_model,
    law_rows,
    pins,
    supply_rows,
    target_row,
)
from registry.reporting.gates import list_gates, list_warnings, policy_text
from registry.reporting.mixtures import USE_COLUMNS, render_uses, use_note, use_rows, use_title
from registry.reporting.tables import add_rows, escape_markdown, new_table, rows_to_markdown
from registry.reporting.text import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

    from registry.reporting.quiet_table import QuietTable

_STYLES = {
    Verdict.BLOCKED: "bold red",
    Verdict.INSUFFICIENT: "bold red",
    Verdict.CONSTRAINED: "bold yellow",
    Verdict.SUFFICIENT_REPEAT: "bold green",
    Verdict.SUFFICIENT: "bold green",
    Verdict.AMPLE: "bold green",
}
_LAW_TITLE = "tokens required by"
_INPUTS_SHOWN = 8
MIXTURES_SHOWN = 3
"""Targets whose parts are listed in the terminal; Markdown, HTML and JSON have all."""

_EVIDENCE_SHOWN = 6
_TARGETS_ABREAST = 7
"""Columns of targets beside the laws' names that fit into 80 cells."""


def render_report(report: Report) -> "RenderableType":
    """Return the report for the terminal: readable at 80 columns, with and without colour."""
    from rich.console import Group

    return Group(*_blocks(report))


def report_markdown(report: Report) -> str:
    """Return the report as Markdown that GitHub renders, ending in a newline."""
    sections = [
        f"# Readiness report\n\n**{escape_markdown(answer(report))}**\n",
        _markdown_targets(report),
        "## Supply\n\n"
        + rows_to_markdown(SUPPLY_COLUMNS, supply_rows(report), right=SUPPLY_COLUMNS[1:5]),
        _markdown_composition(report),
        _markdown_mixture(report),
        _markdown_distillation(report),
        _markdown_before(report),
        _markdown_acquisitions(report),
        _markdown_gates(report),
        _markdown_warnings(report),
        _markdown_provenance(report),
    ]
    return "\n".join(section for section in sections if section)


def _blocks(report: Report) -> "Iterator[RenderableType]":
    from rich.text import Text

    yield Text(answer(report) + "\n", style="bold")
    yield _supply_table(report)
    yield from _mixture_lines(report)
    if report.targets:
        yield Text()
        yield _target_table(report)
        yield Text("\n" + "\n".join([*experts(report), largest_model(report)]))
    yield from _composition_lines(report)
    yield from _distillation_lines(report)
    yield from _before_lines(report)
    yield from _acquisition_lines(report)
    for start in range(0, len(report.targets), _TARGETS_ABREAST):
        yield Text()
        yield _law_table(report.targets[start : start + _TARGETS_ABREAST], report.law)
    for target in report.targets:
        yield Text()
        yield _verdict_line(target)
        yield from (_item(reason) for reason in target.reasons)
        if target.cost is not None:
            yield _item(f"It takes {cost(target.cost)}.")
    gates = list_gates(report)
    if gates:
        yield Text("\nGates", style="bold")
        for gate in gates:
            yield from _gate_lines(gate)
    warnings = list_warnings(report)
    if warnings:
        yield Text("\nWarnings", style="bold")
        for warning in warnings:
            yield from _warning_lines(warning)
    yield Text()
    yield _provenance(report)


def _supply_table(report: Report) -> "QuietTable":
    right = SUPPLY_COLUMNS[1:5]
    rows = [[plain(cell) for cell in row] for row in supply_rows(report)]
    return add_rows(new_table(SUPPLY_COLUMNS, right=right), rows)


def _composition_lines(report: Report) -> "Iterator[RenderableType]":
    from rich.text import Text

    rows = composition_rows(report)
    if rows:
        yield Text()
        table = new_table(COMPOSITION_COLUMNS, right=COMPOSITION_COLUMNS[2:])
        yield add_rows(table, [[plain(cell) for cell in row] for row in rows])


def _mixture_lines(report: Report) -> "Iterator[RenderableType]":
    from rich.text import Text

    if report.mixture is None:
        return
    yield Text(f"\nMixture {report.mixture.reference}", style="bold")
    for target in report.targets[:MIXTURES_SHOWN]:
        yield Text(use_title(target))
        yield render_uses(target.mixture)
        if note := use_note(target):
            yield Text(note)


def _distillation_lines(report: Report) -> "Iterator[RenderableType]":
    from rich.text import Text

    for target, found in taught(report):
        yield Text(f"\n{target.label} with a teacher", style="bold")
        yield add_rows(new_table(WAY_COLUMNS, right=WAY_COLUMNS[1:6]), way_rows(found))
        yield from (_item(reason) for reason in found.reasons)


def _before_lines(report: Report) -> "Iterator[RenderableType]":
    from rich.text import Text

    if not report.before:
        return
    yield Text(f"\n{before_title(report)}", style="bold")
    table = new_table(BEFORE_COLUMNS, right=BEFORE_COLUMNS[3:])
    yield add_rows(table, before_rows(report))
    yield Text(before_sentence(report))


def _acquisition_lines(report: Report) -> "Iterator[RenderableType]":
    from rich.text import Text

    if not report.acquisitions:
        return
    yield Text("\nWhat to get next", style="bold")
    for found in report.acquisitions[:MIXTURES_SHOWN]:
        yield Text(acquisition_sentence(report, found))
        if found.ranked:
            table = new_table(CANDIDATE_COLUMNS, right=CANDIDATE_COLUMNS[1:5])
            yield add_rows(table, candidate_rows(report, found))
    yield from (_item(text) for text in declared(report))
    for problem, hint in unranked(report):
        yield _item(problem)
        yield _item(hint, mark=" ", style="dim")


def _target_table(report: Report) -> "QuietTable":
    from rich.text import Text

    table = new_table(TARGET_COLUMNS, right=TARGET_COLUMNS[1:-1])
    for target in report.targets:
        *cells, verdict = target_row(target)
        add_rows(table, [[*cells, Text(verdict, style=_STYLES[target.verdict])]])
    return table


def _law_table(targets: tuple[TargetReport, ...], default_law: str) -> "QuietTable":
    from rich.text import Text

    sizes = [target.label for target in targets]
    table = new_table([_LAW_TITLE, *sizes], right=sizes)
    for row in law_rows(targets):
        style = "bold" if row[0] == default_law else "dim" if row[0].startswith(" ") else ""
        add_rows(table, [[Text(cell, style=style) for cell in row]])
    return table


def _verdict_line(target: TargetReport) -> "RenderableType":
    from rich.text import Text

    size = target.label
    return Text.assemble(
        (f"{size}: ", "bold"),
        (target.verdict.value, _STYLES[target.verdict]),
        f" ({target.confidence.value})",
    )


def _gate_lines(gate: Gate) -> "Iterator[RenderableType]":
    yield _item(f"{gate.status}: {gate.message}", title=gate.name)
    for line in gate.evidence[:_EVIDENCE_SHOWN]:
        yield _item(line, mark=" ")
    if len(gate.evidence) > _EVIDENCE_SHOWN:
        more = len(gate.evidence) - _EVIDENCE_SHOWN
        yield _item(f"and {more:,} more, which --json lists", mark=" ")
    yield _item(f"policy: {policy_text(gate)}", mark=" ", style="dim")
    if gate.hint:
        yield _item(gate.hint, mark=" ", style="dim")


def _warning_lines(warning: ReportWarning) -> "Iterator[RenderableType]":
    yield _item(warning_text(warning, most=_INPUTS_SHOWN), title=warning.code.value)
    if warning.hint:
        yield _item(plain(warning.hint), mark=" ", style="dim")


def warning_text(warning: ReportWarning, *, most: int | None = None) -> str:
    """Return what a warning says and of which versions, on one line."""
    return plain(warning.said(most=most))


def _item(text: str, *, title: str = "", mark: str = "-", style: str = "") -> "RenderableType":
    """Return an item of a list, indented where it goes on in the next line."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0))
    prefix = f"{title}: " if title else ""
    grid.add_row(mark, Text.assemble((prefix, "yellow"), (plain(text), style)))
    return grid


def _provenance(report: Report) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, text in report_facts(report, most_inputs=_INPUTS_SHOWN):
        grid.add_row(Text(name, style="dim"), Text(plain(text), style="dim", overflow="fold"))
    return grid


def report_facts(report: Report, *, most_inputs: int | None = None) -> list[tuple[str, str]]:
    """Return what the report stands on, by name."""
    law = next((item for item in report.laws if item.id == report.law), None)
    facts = [
        ("tokens", counting(report)),
        ("duplicates", duplicates(report)),
        ("evaluation", contamination(report)),
        *(("diversity", text) for text in diversity(report)),
        ("law", f"{law.id}: {law.source}" if law else report.law),
        ("inputs", pins(report.used, most=most_inputs)),
        ("made", _made(report)),
    ]
    return [*facts, ("report", report.id)] if report.id else facts


def _made(report: Report) -> str:
    by = f"by muster {report.muster_version}"
    return by if report.created_at is None else f"{report.created_at:%Y-%m-%d %H:%M %Z} {by}"


def _markdown_targets(report: Report) -> str:
    if not report.targets:
        return ""
    rows = [target_row(target) for target in report.targets]
    sizes = [target.label for target in report.targets]
    parts = [
        "## Is it enough?\n",
        rows_to_markdown(TARGET_COLUMNS, rows, right=TARGET_COLUMNS[1:-1]),
        *(escape_markdown(text) + "\n" for text in (*experts(report), largest_model(report))),
        "### Tokens required by law\n",
        rows_to_markdown(["law", *sizes], law_rows(report.targets), right=sizes),
        "### Reasons\n",
    ]
    for target, size in zip(report.targets, sizes, strict=True):
        parts.append(f"**{size}: {target.verdict.value}** ({target.confidence.value})\n")
        reasons = list(target.reasons)
        if target.cost is not None:
            reasons.append(f"It takes {cost(target.cost)}.")
        parts.append("".join(f"- {escape_markdown(reason)}\n" for reason in reasons))
    return "\n".join(parts)


def _markdown_composition(report: Report) -> str:
    rows = composition_rows(report)
    if not rows:
        return ""
    return "## Composition\n\n" + rows_to_markdown(
        COMPOSITION_COLUMNS, rows, right=COMPOSITION_COLUMNS[2:]
    )


def _markdown_mixture(report: Report) -> str:
    if report.mixture is None:
        return ""
    parts = [f"## Mixture\n\n{escape_markdown(report.mixture.reference or '')}\n"]
    for target in report.targets:
        rows = rows_to_markdown(USE_COLUMNS, use_rows(target.mixture), right=USE_COLUMNS[1:])
        note = escape_markdown(use_note(target))
        parts.append(f"{escape_markdown(use_title(target))}:\n\n{rows}" + (note and f"\n{note}\n"))
    return "\n".join(parts)


def _markdown_distillation(report: Report) -> str:
    parts = []
    for target, found in taught(report):
        rows = rows_to_markdown(WAY_COLUMNS, way_rows(found), right=WAY_COLUMNS[1:6])
        reasons = "".join(f"- {escape_markdown(reason)}\n" for reason in found.reasons)
        parts.append(f"## {escape_markdown(target.label)} with a teacher\n\n{rows}\n{reasons}")
    return "\n".join(parts)


def _markdown_before(report: Report) -> str:
    if not report.before:
        return ""
    rows = rows_to_markdown(BEFORE_COLUMNS, before_rows(report), right=BEFORE_COLUMNS[3:])
    title = escape_markdown(before_title(report))
    return f"## {title}\n\n{rows}\n\n{escape_markdown(before_sentence(report))}\n"


def _markdown_acquisitions(report: Report) -> str:
    if not report.acquisitions:
        return ""
    parts = ["## What to get next\n"]
    for found in report.acquisitions:
        parts.append(escape_markdown(acquisition_sentence(report, found)) + "\n")
        if found.ranked:
            rows = candidate_rows(report, found)
            parts.append(rows_to_markdown(CANDIDATE_COLUMNS, rows, right=CANDIDATE_COLUMNS[1:5]))
    lines = [f"- {escape_markdown(text)}" for text in declared(report)]
    lines += [f"- {escape_markdown(f'{text}. {hint}')}" for text, hint in unranked(report)]
    return "\n".join([*parts, *lines]) + "\n"


def _markdown_gates(report: Report) -> str:
    gates = list_gates(report)
    if not gates:
        return ""
    lines = ["## Gates\n"]
    for gate in gates:
        lines.append(f"- `{gate.name}` **{gate.status}**: {escape_markdown(gate.message)}")
        lines += [f"  - {escape_markdown(line)}" for line in gate.evidence]
        lines.append(f"  - policy {escape_markdown(policy_text(gate))}")
        lines += [f"  - {escape_markdown(gate.hint)}"] if gate.hint else []
    return "\n".join(lines) + "\n"


def _markdown_warnings(report: Report) -> str:
    lines = [
        f"- `{warning.code.value}`: {escape_markdown(warning_text(warning))}"
        + (f". {escape_markdown(warning.hint)}" if warning.hint else "")
        for warning in list_warnings(report)
    ]
    return "## Warnings\n\n" + "\n".join(lines) + "\n" if lines else ""


def _markdown_provenance(report: Report) -> str:
    facts = [f"- {name}: {escape_markdown(text)}" for name, text in report_facts(report)]
    rows = [[law.id, law.title, law.parameters, law.source] for law in report.laws]
    columns = ("law", "title", "parameters", "source")
    return "## Inputs and laws\n\n" + "\n".join(facts) + "\n\n" + rows_to_markdown(columns, rows)
