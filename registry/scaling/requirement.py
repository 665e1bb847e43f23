"""How many tokens a model needs, and how large a model the tokens feed."""

import math

import numpy as np
import numpy.typing as npt

from registry.domain.target import Requirement, Uncertainty
from registry.scaling.bounds import check_parameters, check_tokens
from registry.scaling.laws import DEFAULT_LAW, Law, draw_lines, get_law


def optimal_tokens(num_parameters: int, *, law: str = DEFAULT_LAW) -> Requirement:
    """Return the training tokens of the compute-optimal run of a model.

    Args:
        num_parameters: Counted as the law counts them, 1 to 10^15.
        law: The id of a law.

    Returns:
        Tokens. Low and high are the 10th and 90th percentile over the law's joint draws; without
        an error model all three are the point.

    Raises:
        InputError: The size is out of bounds.
        UnknownError: There is no such law.

    Example:
        >>> optimal_tokens(70_000_000_000, law="rule-20").mid
        1400000000000
    """
    check_parameters(num_parameters)
    chosen, log_parameters = get_law(law), math.log(num_parameters)
    line, draws = chosen.formula.line, draw_lines(law)
    log_tokens = line.intercept + line.slope * log_parameters
    return _requirement(
        log_tokens,
        None if draws is None else draws.intercepts + draws.slopes * log_parameters,
        extrapolated=_is_extrapolated(chosen, log_parameters, log_tokens),
    )


def optimal_parameters(num_tokens: float, *, law: str = DEFAULT_LAW) -> Requirement:
    """Return the parameters of the largest model for which the tokens are compute-optimal.

    The inverse of `optimal_tokens`, draw by draw, so that the low end here answers to the high end
    there.

    Args:
        num_tokens: Training tokens, 1 to 10^30.
        law: The id of a law.

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
    line, draws = chosen.formula.line, draw_lines(law)
    log_parameters = (log_tokens - line.intercept) / line.slope
    return _requirement(
        log_parameters,
        None if draws is None else (log_tokens - draws.intercepts) / draws.slopes,
        extrapolated=_is_extrapolated(chosen, log_parameters, log_tokens),
    )


def probability_sufficient(
    num_parameters: int, num_tokens: float, *, law: str = DEFAULT_LAW
) -> float | None:
    """Return the share of a law's draws that ask for at most so many tokens; None without draws.

    Sampling error only: how far laws differ from each other is a larger doubt, told apart.

    Raises:
        InputError: Parameters or tokens are out of bounds.
        UnknownError: There is no such law.
    """
    check_parameters(num_parameters)
    check_tokens(num_tokens, what="training tokens")
    draws = draw_lines(law)
    if draws is None:
        return None
    if num_tokens == 0:
        return 0.0
    log_required = draws.intercepts + draws.slopes * math.log(num_parameters)
    return float(np.mean(log_required <= math.log(num_tokens)))


def _requirement(
    log_point: float, log_draws: npt.NDArray[np.float64] | None, *, extrapolated: bool
) -> Requirement:
    """Turn natural logarithms into whole numbers; percentiles commute with the exponential."""
    mid = round(math.exp(log_point))
    if log_draws is None:
        return Requirement(low=mid, mid=mid, high=mid, extrapolated=extrapolated)
    low, high = np.percentile(log_draws, [10, 90])
    return Requirement(
        low=round(math.exp(low)),
        mid=mid,
        high=round(math.exp(high)),
        uncertainty=Uncertainty.BOOTSTRAP_80,
        extrapolated=extrapolated,
    )


def _is_extrapolated(law: Law, log_parameters: float, log_tokens: float) -> bool:
    return not law.fitted.covers(
        num_parameters=math.exp(log_parameters), num_tokens=math.exp(log_tokens)
    )
