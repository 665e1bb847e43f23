"""A report as one HTML file, with the lineage of what it stands on."""

import numpy as np

from registry.domain.lineage import Lineage
from registry.domain.names import Reference
from registry.domain.report import Report
from registry.domain.report_curves import EpochPoint, ReportCurves, SensitivityRow, SizePoint
from registry.operations.assessing.judging import blend_of, judge_again
from registry.operations.assessing.laws import list_laws
from registry.operations.context import Context
from registry.reporting.page import report_page
from registry.scaling.laws import Law, get_law
from registry.scaling.repetition import effective_tokens
from registry.scaling.requirement import optimal_tokens

LINEAGES = 12
"""Versions whose lineage is drawn; the page says how many there are."""

_MOST_NODES = 100
_POINTS = 41
_MOST_EPOCHS = 40
_FACTORS = (0.5, 0.8, 1.25, 2.0, 10.0)


def report_html(context: Context, report: Report) -> str:
    """Return a report as one HTML file that refers to nothing outside itself.

    Raises:
        MissingExtraError: The extra `html` is not installed.
        UnknownError: The report's law is gone.
    """
    law = get_law(report.law, among=list_laws(context.home))
    return report_page(report, curves=make_curves(report, law), lineages=_lineages(context, report))


def make_curves(report: Report, law: Law) -> ReportCurves:
    """Return the numbers behind the charts of a report."""
    sizes = [target.law_parameters for target in report.targets]
    low, high = max(1.0, min(sizes) / 10), min(1e15, max(sizes) * 10)
    return ReportCurves(
        requirement=tuple(
            _size_point(round(size), law) for size in np.geomspace(low, high, _POINTS)
        ),
        epochs=tuple(
            EpochPoint(epochs=float(epochs), num_tokens=_worth(report, float(epochs)))
            for epochs in np.linspace(1, _MOST_EPOCHS, _POINTS - 1)
        ),
        sensitivity=tuple(_sensitivity(report)),
    )


def _worth(report: Report, epochs: float) -> float:
    """Return what is held is worth after so many epochs, of a mixture at its weights."""
    first = report.targets[0]
    if first.mixture:
        return blend_of(first).worth(epochs)
    return effective_tokens(report.unique_tokens, epochs)


def _size_point(size: int, law: Law) -> SizePoint:
    need = optimal_tokens(size, law=law)
    return SizePoint(num_parameters=size, low=need.low, mid=need.mid, high=need.high)


def _sensitivity(report: Report) -> list[SensitivityRow]:
    """Return the verdicts by tokens alone if one thing were another one.

    Quality weights and tokenizers have no row of their own: a quality bucket that counts for half,
    or a tokenizer that makes fewer tokens of a text, is so many times the unique tokens.
    """
    rows = [
        SensitivityRow(
            change=f"{factor:g} times the unique tokens",
            verdicts=tuple(judge_again(target, factor=factor) for target in report.targets),
        )
        for factor in _FACTORS
    ]
    once = tuple(judge_again(target, epochs=1, hard_epochs=1) for target in report.targets)
    laws = report.targets[0].required_tokens if report.targets else {}
    most = tuple(judge_again(target, epochs=target.hard_epochs) for target in report.targets)
    return [
        *rows,
        SensitivityRow(change="each token seen once", verdicts=once),
        SensitivityRow(change="as many epochs wanted as are allowed", verdicts=most),
        *(
            SensitivityRow(
                change=f"by {law}",
                verdicts=tuple(
                    judge_again(target, need=target.required_tokens[law])
                    for target in report.targets
                ),
            )
            for law in laws
            if law != report.law
        ),
    ]


def _lineages(context: Context, report: Report) -> list[Lineage]:
    return [
        context.catalog.lineage.upstream(Reference.parse(item.reference), limit=_MOST_NODES)
        for item in report.used[:LINEAGES]
    ]
