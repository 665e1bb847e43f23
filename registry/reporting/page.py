"""A report as one HTML file: no script, nothing from outside, readable on a phone and on paper."""

from collections.abc import Iterator, Sequence
from typing import Any

from registry.domain.acquisition import Acquisition
from registry.domain.gate import Gate, GateStatus
from registry.domain.lineage import Lineage, LineageNode
from registry.domain.quantities import format_count, format_number, format_times
from registry.domain.report import Report, WarningCode
from registry.domain.report_curves import ReportCurves
from registry.domain.target import DistillationReport, TargetReport, Verdict, format_size
from registry.errors import MissingExtraError
from registry.reporting import charts
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
    answer,
    batch,
    commands,
    composition_rows,
    cost,
    interval,
    law_rows,
    made,
    short,
    supply_rows,
    training,
)
from registry.reporting.gates import list_gates, list_warnings, policy_text
from registry.reporting.mixtures import USE_COLUMNS, use_note, use_rows, use_title
from registry.reporting.readiness import report_facts, warning_text
from registry.reporting.text import plain

_LAW_CHARTS = 3
_TONES = {
    Verdict.BLOCKED: "bad",
    Verdict.INSUFFICIENT: "bad",
    Verdict.CONSTRAINED: "fair",
    Verdict.SUFFICIENT_REPEAT: "good",
    Verdict.SUFFICIENT: "good",
    Verdict.AMPLE: "good",
}
_GATE_TONES = {GateStatus.PASS: "good", GateStatus.WARN: "fair", GateStatus.BLOCK: "bad"}

GLOSSARY = (
    ("token", "What a tokenizer makes of text; counts of two tokenizers are never compared."),
    (
        "unique tokens",
        "Tokens of the documents that are left when each is counted once. Where near duplicates "
        "were not measured in every version, the number is an upper bound.",
    ),
    ("epoch", "One pass over the unique tokens; below 1, over a part of them."),
    (
        "effective tokens",
        "What repeated tokens are worth, in tokens seen once. Repetition is worth less each time "
        "and never more than 16.4 times the unique tokens.",
    ),
    ("law", "A formula fitted on training runs that says how many tokens a model asks for."),
    (
        "requirement",
        "The tokens that a law asks for. Its interval is the sampling error of that one law; how "
        "far laws lie apart is another doubt.",
    ),
    ("compute-optimal", "The tokens that give the lowest loss for the training compute spent."),
    ("AMPLE", "The unique tokens are several times the requirement."),
    ("SUFFICIENT", "The unique tokens reach the requirement."),
    ("SUFFICIENT-REPEAT", "They reach it when repeated within the policy on epochs."),
    ("CONSTRAINED", "Only more epochs than wanted reach it, or the low end of its interval."),
    ("INSUFFICIENT", "Even the most epochs allowed stay below the interval."),
    ("BLOCKED", "A gate fails, whatever the numbers say."),
    ("firm, likely, split", "How sure the verdict is: split where laws with a vote disagree."),
    ("gate", "A condition on the data whatever its amount, such as what licences permit."),
    ("critical batch size", "The tokens a step beyond which more devices save little time."),
)
"""The words of a report, for a reader who knows none of them."""


def report_page(report: Report, *, curves: ReportCurves, lineages: Sequence[Lineage]) -> str:
    """Return a report as an HTML document that refers to nothing outside itself.

    Args:
        report: The report, of at least one target.
        curves: The numbers behind its charts.
        lineages: What its first versions were made from.

    Raises:
        MissingExtraError: The extra `html` is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtraError(task="a report as HTML", extra="html") from error
    environment = Environment(
        loader=PackageLoader("registry.reporting"), autoescape=True, undefined=StrictUndefined
    )
    template = environment.get_template("report.html.j2")
    return (
        template.render(
            report=report,
            title=f"Readiness: {', '.join(target.label for target in report.targets)}",
            answer=answer(report),
            made=made(report),
            targets=[_card(target) for target in report.targets],
            charts=list(_charts(report, curves)),
            supply=_supply(report),
            composition=_composition(report),
            taught=[_taught(target, found) for target, found in taught(report)],
            before=_before(report),
            acquisitions=[_acquisition(report, found) for found in report.acquisitions],
            declared=declared(report),
            unranked=unranked(report),
            mixtures=[_mixture(target) for target in report.targets],
            laws=_laws(report),
            sensitivity=_sensitivity(report, curves),
            gates=[_gate(gate) for gate in list_gates(report)],
            warnings=[
                {
                    "code": item.code.value,
                    "text": warning_text(item),
                    "hint": plain(item.hint or ""),
                }
                for item in list_warnings(report)
            ],
            trees=[_tree(lineage) for lineage in lineages],
            trees_left_out=_left_out(report, lineages),
            facts=report_facts(report),
            commands=commands(report),
            glossary=GLOSSARY,
        )
        + "\n"
    )


def _card(target: TargetReport) -> dict[str, Any]:
    need = target.required_tokens[target.law]
    low_high = interval(need)
    facts = [
        ("asks for", f"{format_count(need.mid)} tokens, by {target.law}"),
        ("80 % interval", low_high),
        ("held", f"{format_count(target.unique_tokens)} unique tokens"),
        (
            "epochs",
            "none suffices" if target.epochs_needed is None else format_times(target.epochs_needed),
        ),
        ("short of unique", format_count(target.shortfall_tokens)),
        ("training", training(target)),
    ]
    if target.active_parameters is not None:
        active = format_size(target.active_parameters)
        facts.insert(0, ("parameters", f"{format_size(target.num_parameters)}, {active} active"))
    if target.batch is not None:
        facts.append(("batch", batch(target.batch)))
    if target.cost is not None:
        facts.append(("on the hardware", cost(target.cost)))
    return {
        "label": target.label,
        "verdict": target.verdict.value,
        "confidence": target.confidence.value,
        "tone": _TONES[target.verdict],
        "facts": facts,
        "reasons": target.reasons,
    }


def _charts(report: Report, curves: ReportCurves) -> Iterator[dict[str, Any]]:
    found = [
        (
            "Supply against demand",
            "Bars over a logarithmic axis; the line on a demand is its 80 % interval.",
            charts.balance_chart(report),
        ),
        (
            "Tokens required, by model size",
            f"By {report.law}, compute-optimal, with its 80 % interval where it has one.",
            charts.requirement_chart(report, curves),
        ),
        (
            "What repetition is worth",
            "Unique tokens seen again and again, in tokens seen once.",
            charts.epochs_chart(report, curves),
        ),
        (
            "From raw to effective tokens",
            _bound(report),
            charts.waterfall_chart(report),
        ),
        *(
            (
                f"Laws on {target.label}",
                "Tokens that each law asks for; the line across is what is held, seen once.",
                charts.laws_chart(report, target),
            )
            for target in report.targets[:_LAW_CHARTS]
        ),
    ]
    from markupsafe import Markup

    for place, (title, caption, spec) in enumerate(found):
        # Vega escapes every text that it draws.
        svg = Markup(charts.to_svg(spec, title=title, key=f"chart-{place}"))  # noqa: S704
        yield {"title": title, "caption": caption, "svg": svg}


_MEASURES = {
    WarningCode.UNMEASURED_EXACT_DUPLICATES: "exact copies",
    WarningCode.UNMEASURED_NEAR_DUPLICATES: "near copies",
    WarningCode.UNMEASURED_CONTAMINATION: "n-grams of evaluation data",
}
"""What leaves the unique tokens only where it was measured, by what warns that it was not."""


def _bound(report: Report) -> str:
    if report.unique_is_upper_bound:
        codes = {warning.code for warning in report.warnings}
        missing = " and ".join(name for code, name in _MEASURES.items() if code in codes)
        return f"Not measured everywhere: {missing}. Unique tokens are an upper bound."
    return "Each document counts once, and so does each group of near duplicates."


def _supply(report: Report) -> dict[str, Any]:
    return {
        "columns": SUPPLY_COLUMNS,
        "right": SUPPLY_COLUMNS[1:5],
        "rows": [[plain(cell) for cell in row] for row in supply_rows(report)],
    }


def _composition(report: Report) -> dict[str, Any]:
    return {
        "columns": COMPOSITION_COLUMNS,
        "right": COMPOSITION_COLUMNS[2:],
        "rows": [[plain(cell) for cell in row] for row in composition_rows(report)],
    }


def _mixture(target: TargetReport) -> dict[str, Any]:
    return {
        "title": use_title(target),
        "columns": USE_COLUMNS,
        "right": USE_COLUMNS[1:],
        "rows": use_rows(target.mixture),
        "note": use_note(target),
    }


def _taught(target: TargetReport, found: DistillationReport) -> dict[str, Any]:
    return {
        "title": f"{target.label} with a teacher",
        "columns": WAY_COLUMNS,
        "right": WAY_COLUMNS[1:6],
        "rows": way_rows(found),
        "reasons": [plain(reason) for reason in found.reasons],
    }


def _before(report: Report) -> dict[str, Any] | None:
    if not report.before:
        return None
    return {
        "title": before_title(report),
        "sentence": before_sentence(report),
        "columns": BEFORE_COLUMNS,
        "right": BEFORE_COLUMNS[3:],
        "rows": before_rows(report),
    }


def _acquisition(report: Report, found: Acquisition) -> dict[str, Any]:
    return {
        "sentence": acquisition_sentence(report, found),
        "columns": CANDIDATE_COLUMNS,
        "right": CANDIDATE_COLUMNS[1:5],
        "rows": candidate_rows(report, found),
    }


def _laws(report: Report) -> dict[str, Any]:
    labels = [target.label for target in report.targets]
    return {"columns": ["law", *labels], "right": labels, "rows": law_rows(report.targets)}


def _sensitivity(report: Report, curves: ReportCurves) -> dict[str, Any]:
    labels = [target.label for target in report.targets]
    now = ["as it is", *(target.verdict.value for target in report.targets)]
    rows = [now, *([row.change, *row.verdicts] for row in curves.sensitivity)]
    return {"columns": ["if", *labels], "right": [], "rows": rows}


def _gate(gate: Gate) -> dict[str, Any]:
    return {
        "name": gate.name,
        "status": gate.status.value,
        "tone": _GATE_TONES[gate.status],
        "message": plain(gate.message),
        "evidence": [plain(line) for line in gate.evidence],
        "policy": plain(policy_text(gate)),
        "hint": plain(gate.hint or ""),
    }


def _tree(lineage: Lineage) -> dict[str, Any]:
    """Return a version with what it was made from, each drawn in full once."""
    nodes = {node.reference: node for node in lineage.nodes}
    parents: dict[str, list[str]] = {}
    how: dict[tuple[str, str], str] = {}
    for edge in lineage.edges:
        parents.setdefault(edge.child, []).append(edge.parent)
        how[edge.child, edge.parent] = f"{edge.operation} {edge.recipe or ''}".strip()
    seen: set[str] = set()

    def draw(reference: str, by: str) -> dict[str, Any]:
        note = _note(nodes[reference], by)
        if reference in seen:
            return {"reference": reference, "note": "see above", "parents": []}
        seen.add(reference)
        above = [
            draw(parent, how[reference, parent])
            for parent in sorted(parents.get(reference, ()))
            if parent in nodes
        ]
        return {"reference": reference, "note": note, "parents": above}

    tree = draw(lineage.nodes[0].reference, "")
    if lineage.truncated:
        tree["note"] += ", cut: there is more behind it"
    return tree


def _note(node: LineageNode, by: str) -> str:
    through = f"through {by}, " if by else ""
    state = "" if node.state == "sealed" else f", {node.state}"
    return (
        f"{through}{format_number(node.num_documents, 'document')}, {plain(node.licence)}, "
        f"{short(node.digest)}{state}"
    )


def _left_out(report: Report, lineages: Sequence[Lineage]) -> str:
    more = len(report.used) - len(lineages)
    return f"{format_number(more, 'version')} more, not drawn: muster lineage REF" if more else ""
