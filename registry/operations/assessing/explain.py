"""How a number of a report came about: formula, inputs, steps, source."""

import math
from collections.abc import Callable

from registry.domain.model_target import Objective, Target
from registry.domain.quantities import format_count, format_number, format_times
from registry.domain.report import Report
from registry.domain.report_answers import Figure, FigureInput
from registry.domain.supply import SupplyLine
from registry.domain.target import TargetReport
from registry.errors import UnknownError
from registry.operations.assessing.explain_flops import explain_flops
from registry.operations.assessing.explain_mixture import explain_effective, explain_epochs
from registry.operations.assessing.laws import list_laws
from registry.operations.context import Context
from registry.scaling.laws import Law, get_law
from registry.scaling.repetition import MAX_RATIO, R_D_STAR

_REPETITION = "Muennighoff et al. 2023 (arXiv:2305.16264), equation 5; R_D* as released"


def explain(context: Context, report: Report, figure: str) -> tuple[Figure, ...]:
    """Return how a number of a report came about, for each target.

    Raises:
        UnknownError: There is no such figure, or the report's law is gone.
    """
    if figure not in FIGURES:
        raise UnknownError(
            what="figure", value=figure, known=FIGURES, hint=f"one of {', '.join(FIGURES)}"
        )
    law = get_law(report.law, among=list_laws(context.home))
    return tuple(FIGURES[figure](report, target, law) for target in report.targets)


def _unique(report: Report, target: TargetReport, law: Law) -> Figure:  # noqa: ARG001
    inputs = [
        FigureInput(symbol=f"U_{place}", value=line.known_tokens, meaning=_tokens_of(line))
        for place, line in enumerate(report.supply, start=1)
    ]
    near = report.near_duplicates
    nearly = f"near ones {'are ' if isinstance(near, str) else ''}{near}"
    return Figure(
        name="unique",
        target=target.label,
        formula="U = sum of U_i, each document counted in the first version that holds it"
        + ("" if isinstance(near, str) else " or one that is nearly the same")
        + ", and none that overlaps with evaluation data",
        inputs=tuple(inputs),
        steps=(f"U = {report.unique_tokens:,}",),
        result=f"{format_count(report.unique_tokens)} unique tokens",
        source=f"exact duplicates by the SHA-256 of the text; {nearly}",
    )


def _tokens_of(line: SupplyLine) -> str:
    held = f"{line.reference}: {format_number(line.num_tokens, 'token')}"
    if line.num_unique_tokens is None:
        return f"{held}, duplicates not measured"
    near, taken = line.num_near_duplicate_tokens, line.num_contaminated_tokens
    exact = line.num_tokens - line.num_unique_tokens - (near or 0) - taken
    left_out = f"{held}, {exact:,} in documents seen before"
    left_out += f", {taken:,} in overlap with evaluation data" if taken else ""
    return left_out + ("" if near is None else f", {near:,} in near duplicates")


def _requirement(report: Report, target: TargetReport, law: Law) -> Figure:
    need, line = target.required_tokens[law.id], law.line
    ratio = _overtraining(report, target)
    point = need.mid / ratio
    count, meaning = _counted(target, law, point)
    inputs = [
        FigureInput(symbol="N", value=round(count), meaning=meaning),
        FigureInput(symbol="c", value=line.intercept, meaning="of the law, in ln tokens"),
        FigureInput(symbol="s", value=line.slope, meaning="of the law"),
    ]
    steps = [f"D = e^({line.intercept:.6g} + {line.slope:.6g} x ln {count:.6g}) = {point:,.0f}"]
    if ratio != 1:
        inputs.append(FigureInput(symbol="k", value=ratio, meaning="over-training ratio"))
        steps.append(f"k D = {need.mid:,}")
    return Figure(
        name="requirement",
        target=target.label,
        formula="D = e^(c + s ln N)" + (", times k" if ratio != 1 else ""),
        inputs=tuple(inputs),
        steps=tuple(steps),
        result=f"{format_count(need.mid)} tokens",
        source=law.source,
    )


def _counted(target: TargetReport, law: Law, point: float) -> tuple[float, str]:
    """Return the size that the law was evaluated on, and what it counts."""
    size, meaning = target.counted_size, f"parameters as {law.id} counts them"
    if size is None:
        return math.exp((math.log(max(1.0, point)) - law.line.intercept) / law.line.slope), meaning
    if size.is_assumed and size.counts is law.parameters:
        meaning = "6 for each parameter that is known, since the shape is not"
    elif size.is_assumed:
        meaning = f"{size.counts} parameters, in place of the {law.parameters} that {law.id} counts"
    return size.number, meaning


def _effective(report: Report, target: TargetReport, law: Law) -> Figure:  # noqa: ARG001
    if target.mixture:
        return explain_effective(target)
    unique, taught = target.unique_tokens, target.distillation
    added = "" if taught is None else f" + {taught.credited_tokens:,} that generated ones count for"
    return Figure(
        name="effective",
        target=target.label,
        formula="D' = U (1 + R* (1 - e^(-(e - 1) / R*)))" + added,
        inputs=(
            _held(target),
            FigureInput(symbol="R*", value=R_D_STAR, meaning="the constant of repetition"),
        ),
        steps=tuple(
            f"e = {epochs}: D' = {tokens:,}, {tokens / unique if unique else 0:.4g} U"
            for epochs, tokens in target.effective_tokens.items()
        ),
        result=f"{format_count(target.effective_tokens[str(target.epochs)])} tokens after "
        f"{target.epochs} epochs",
        source=_REPETITION,
    )


def _epochs(report: Report, target: TargetReport, law: Law) -> Figure:  # noqa: ARG001
    if target.mixture:
        return explain_epochs(target)
    need, unique = target.required_tokens[target.law].mid, target.unique_tokens
    meaning = f"tokens required by {target.law}"
    if target.distillation is not None:
        need = max(0, need - target.distillation.credited_tokens)
        meaning += (
            f", less the {target.distillation.credited_tokens:,} that generated ones count for"
        )
    if not unique:
        steps = ["U = 0: no number of epochs suffices"]
    elif need <= unique:
        steps = [f"D <= U: e = D / U = {need / unique:.4g}, a part of one epoch"]
    else:
        spent = (need / unique - 1) / R_D_STAR
        steps = [f"(D / U - 1) / R* = ({need / unique:.6g} - 1) / {R_D_STAR:.6g} = {spent:.6g}"]
        if target.epochs_needed is None:
            steps.append(f"not below 1: repetition makes U worth at most {MAX_RATIO:.4g} U")
        else:
            steps.append(f"e = 1 - R* ln(1 - {spent:.6g}) = {target.epochs_needed:.6g}")
    needed = target.epochs_needed
    return Figure(
        name="epochs",
        target=target.label,
        formula="e = 1 - R* ln(1 - (D / U - 1) / R*) for D > U, else D / U",
        inputs=(
            FigureInput(symbol="D", value=need, meaning=meaning),
            _held(target),
            FigureInput(symbol="R*", value=R_D_STAR, meaning="the constant of repetition"),
        ),
        steps=tuple(steps),
        result="infeasible" if needed is None else f"{format_times(needed)} epochs",
        source=_REPETITION + ", solved for e",
    )


def _flops(report: Report, target: TargetReport, law: Law) -> Figure:  # noqa: ARG001
    return explain_flops(target, _asked(report, target))


def _probability(report: Report, target: TargetReport, law: Law) -> Figure:  # noqa: ARG001
    share = target.probability_sufficient
    held = target.effective_tokens[str(target.epochs)]
    return Figure(
        name="probability",
        target=target.label,
        formula="P = share of joint draws of the law's coefficients with D <= D'",
        inputs=(
            FigureInput(
                symbol="D'", value=held, meaning=f"worth of U after {target.epochs} epochs"
            ),
        ),
        steps=(
            "the coefficients are drawn together from the law's covariance, not one by one"
            if share is not None
            else f"{law.id} has no error model",
        ),
        result="not known" if share is None else f"{share:.3f}, sampling error alone",
        source=law.source,
    )


def _largest(report: Report, target: TargetReport, law: Law) -> Figure:
    line, ratio = law.line, _overtraining(report, target)
    found = target.largest_model
    return Figure(
        name="largest-model",
        target=target.label,
        formula="N = e^((ln(U / k) - c) / s)",
        inputs=(
            _held(target),
            FigureInput(symbol="k", value=ratio, meaning="over-training ratio"),
            FigureInput(symbol="c", value=line.intercept, meaning="of the law, in ln tokens"),
            FigureInput(symbol="s", value=line.slope, meaning="of the law"),
        ),
        steps=(f"N = {found.mid:,}",),
        result=f"{format_count(found.mid)} parameters",
        source=law.source,
    )


def _held(target: TargetReport) -> FigureInput:
    return FigureInput(symbol="U", value=target.unique_tokens, meaning="unique tokens held")


def _overtraining(report: Report, target: TargetReport) -> float:
    asked = _asked(report, target)
    if asked is None or asked.objective is not Objective.OVER_TRAINED:
        return 1.0
    return asked.overtraining


def _asked(report: Report, target: TargetReport) -> Target | None:
    """Return the target as it was stated; None: the report does not say."""
    place = report.targets.index(target)
    return report.request.targets[place] if place < len(report.request.targets) else None


FIGURES: dict[str, Callable[[Report, TargetReport, Law], Figure]] = {
    "unique": _unique,
    "requirement": _requirement,
    "effective": _effective,
    "epochs": _epochs,
    "largest-model": _largest,
    "probability": _probability,
    "flops": _flops,
}
"""Every number that can be explained, by its name."""
