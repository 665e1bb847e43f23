"""How many tokens a model needs, and how large a model the tokens feed."""

import math

import numpy as np

from registry.domain.architecture import Convention, ModelSize
from registry.domain.target import Requirement, Uncertainty
from registry.scaling.bounds import MAX_TOKENS, check_parameters, check_tokens
from registry.scaling.formulas import Ratio
from registry.scaling.laws import DEFAULT_LAW, Law, get_law
from registry.scaling.uncertainty import Floats, draw_lines

FLOPS_PER_PARAMETER = 6
"""Training FLOPs a token for each parameter, where a law counts FLOPs and no more is known."""


def optimal_tokens(num_parameters: int, *, law: str | Law = DEFAULT_LAW) -> Requirement:
    """Return the training tokens of the compute-optimal run of a model.

    Args:
        num_parameters: Counted as the law counts them, 1 to 10^15; a law in FLOPs a token takes
            them as 6 each.
        law: A law, or its id.

    Returns:
        Tokens. Low and high are the 10th and 90th percentile over the law's joint draws; without
        an error model all three are the point.

    Raises:
        InputError: The size is out of bounds, or the law has no token requirement.
        UnknownError: There is no such law.

    Example:
        >>> optimal_tokens(70_000_000_000, law="rule-20").mid
        1400000000000
    """
    check_parameters(num_parameters)
    chosen = get_law(law)
    return _required(chosen, counted(chosen, num_parameters))


def required_tokens(model: ModelSize, *, law: str | Law = DEFAULT_LAW) -> Requirement:
    """Return the training tokens of the compute-optimal run of a model, counted as the law counts.

    Where the model does not state the count that the law asks for, its parameters stand in, and
    the answer says so: `assumed`.

    Raises:
        InputError: The size is out of bounds, or the law has no token requirement.
        UnknownError: There is no such law.
    """
    check_parameters(model.total)
    chosen = get_law(law)
    size = model.counted(chosen.parameters)
    return _required(chosen, size.number, assumed=size.is_assumed)


def optimal_parameters(num_tokens: float, *, law: str | Law = DEFAULT_LAW) -> Requirement:
    """Return the parameters of the largest model for which the tokens are compute-optimal.

    The inverse of `optimal_tokens`, draw by draw, so that the low end here answers to the high end
    there.

    Args:
        num_tokens: Training tokens, 1 to 10^30.
        law: A law, or its id.

    Returns:
        Parameters, counted as the law counts them.

    Raises:
        InputError: The number of tokens is out of bounds.
        UnknownError: There is no such law.

    Example:
        >>> optimal_parameters(1_400_000_000_000, law="rule-20").mid
        70000000000
    """
    check_tokens(num_tokens, what="training tokens", least=1)
    chosen, log_tokens = get_law(law), math.log(num_tokens)
    line, draws = chosen.line, draw_lines(chosen)
    unit = math.log(counted(chosen, 1))
    log_parameters = (log_tokens - line.intercept) / line.slope
    return _requirement(
        num_tokens / chosen.formula.tokens_per_parameter
        if isinstance(chosen.formula, Ratio)
        else _exp(log_parameters - unit),
        None if draws is None else (log_tokens - draws.intercepts) / draws.slopes - unit,
        extrapolated=_is_extrapolated(chosen, log_parameters, log_tokens),
        assumed=unit > 0,
    )


def probability_sufficient(
    num_parameters: float, num_tokens: float, *, law: str | Law = DEFAULT_LAW
) -> float | None:
    """Return the share of a law's draws that ask for at most so many tokens; None without draws.

    Sampling error only: how far laws differ from each other is a larger doubt, told apart.

    Raises:
        InputError: Parameters or tokens are out of bounds.
        UnknownError: There is no such law.
    """
    check_parameters(num_parameters)
    check_tokens(num_tokens, what="training tokens")
    chosen = get_law(law)
    draws = draw_lines(chosen)
    if draws is None:
        return None
    if num_tokens == 0:
        return 0.0
    log_required = draws.log_tokens(math.log(counted(chosen, num_parameters)))
    return float(np.mean(log_required <= math.log(num_tokens)))


def overtraining_ratio(
    num_parameters: int, num_tokens: float, *, law: str | Law = DEFAULT_LAW
) -> float:
    """Return how many times the compute-optimal tokens a model is trained on.

    Above 1 a run is over-trained, which is usual for models that serve much, and no defect.

    Raises:
        InputError: Parameters or tokens are out of bounds.
        UnknownError: There is no such law.

    Example:
        >>> overtraining_ratio(7_000_000_000, 1_400_000_000_000, law="rule-20")
        10.0
    """
    check_tokens(num_tokens, what="training tokens", least=1)
    return num_tokens / optimal_tokens(num_parameters, law=law).mid


def counted(law: Law, num_parameters: float) -> float:
    """Return parameters in the unit that a law counts: 6 FLOPs a token for each, or themselves."""
    if law.parameters is Convention.FLOPS_PER_TOKEN:
        return FLOPS_PER_PARAMETER * num_parameters
    return num_parameters


def _required(law: Law, count: float, *, assumed: bool | None = None) -> Requirement:
    line, draws, log_count = law.line, draw_lines(law), math.log(count)
    log_tokens = line.intercept + line.slope * log_count
    return _requirement(
        # A ratio is multiplied: what logarithms leave behind the 15th digit would show.
        law.formula.tokens_per_parameter * count
        if isinstance(law.formula, Ratio)
        else _exp(log_tokens),
        None if draws is None else draws.log_tokens(log_count),
        extrapolated=_is_extrapolated(law, log_count, log_tokens),
        assumed=law.parameters is Convention.FLOPS_PER_TOKEN if assumed is None else assumed,
    )


def _requirement(
    point: float, log_draws: Floats | None, *, extrapolated: bool | None, assumed: bool
) -> Requirement:
    """Turn numbers into whole ones; percentiles commute with the exponential of logarithms."""
    mid = round(min(point, MAX_TOKENS))
    if log_draws is None:
        return Requirement(low=mid, mid=mid, high=mid, extrapolated=extrapolated, assumed=assumed)
    low, high = np.percentile(log_draws, [10, 90])
    return Requirement(
        low=round(_exp(float(low))),
        mid=mid,
        high=round(_exp(float(high))),
        uncertainty=Uncertainty.BOOTSTRAP_80,
        extrapolated=extrapolated,
        assumed=assumed,
    )


def _is_extrapolated(law: Law, log_parameters: float, log_tokens: float) -> bool | None:
    if law.is_fitted and not law.fitted.is_known:
        return None
    return not law.fitted.covers(num_parameters=_exp(log_parameters), num_tokens=_exp(log_tokens))


def _exp(logarithm: float) -> float:
    """Return e to a power, at most `MAX_TOKENS`, where arithmetic on requirements stops."""
    return min(math.exp(min(logarithm, _MOST)), MAX_TOKENS)


_MOST = math.log(MAX_TOKENS)
