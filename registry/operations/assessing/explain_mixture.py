"""How repetition comes about at the weights of a mixture."""

from registry.domain.quantities import format_count, format_times
from registry.domain.report_answers import Figure, FigureInput
from registry.domain.target import TargetReport
from registry.operations.assessing.judging import blend_of
from registry.scaling.repetition import R_D_STAR

_SOURCE = (
    "Muennighoff et al. 2023 (arXiv:2305.16264), equation 5, taken for each part; R_D* as released"
)
_WORTH = "f(e) = e up to 1, then 1 + R* (1 - e^(-(e - 1) / R*))"


def explain_effective(target: TargetReport) -> Figure:
    """Return how the worth of a mixture's tokens came about."""
    blend = blend_of(target)
    steps = [f"r = {', '.join(f'{ratio:.4g}' for ratio in blend.ratios)}"]
    steps += [
        f"t = {epochs}: D' = {tokens:,}" for epochs, tokens in target.effective_tokens.items()
    ]
    return Figure(
        name="effective",
        target=target.label,
        formula=f"D' = sum of U_i f(t r_i), r_i = (w_i / U_i) / max(w_j / U_j), {_WORTH}",
        inputs=_inputs(target),
        steps=tuple(steps),
        result=f"{format_count(target.effective_tokens[str(target.epochs)])} tokens when the part "
        f"that repeats most is seen {target.epochs} times",
        source=_SOURCE,
    )


def explain_epochs(target: TargetReport) -> Figure:
    """Return how the epochs of the part that repeats most came about."""
    blend, need = blend_of(target), target.required_tokens[target.law].mid
    needed = target.epochs_needed
    most = (1 + R_D_STAR) * blend.most
    steps = [f"D = {need:,}; however often they are seen the parts are worth less than {most:,.0f}"]
    if needed is not None:
        steps.append(f"sum of U_i f({needed:.6g} r_i) = {blend.worth(needed):,.0f}")
        steps += [
            f"{part.reference}: e = {needed * ratio:.4g}"
            for part, ratio in zip(target.mixture, blend.ratios, strict=True)
        ]
    return Figure(
        name="epochs",
        target=target.label,
        formula=f"t with sum of U_i f(t r_i) = D, r_i = (w_i / U_i) / max(w_j / U_j), {_WORTH}",
        inputs=(
            FigureInput(symbol="D", value=need, meaning=f"tokens required by {target.law}"),
            *_inputs(target),
        ),
        steps=tuple(steps),
        result="infeasible"
        if needed is None
        else f"{format_times(needed)} epochs of the part that repeats most",
        source=f"{_SOURCE}; solved for t by bisection",
    )


def _inputs(target: TargetReport) -> tuple[FigureInput, ...]:
    found = []
    for place, part in enumerate(target.mixture, start=1):
        found += [
            FigureInput(
                symbol=f"U_{place}",
                value=part.unique_tokens,
                meaning=f"unique tokens of {part.reference}",
            ),
            FigureInput(symbol=f"w_{place}", value=part.weight, meaning="its weight"),
        ]
    return (
        *found,
        FigureInput(symbol="R*", value=R_D_STAR, meaning="the constant of repetition"),
    )
