"""Runs on repeated tokens: their loss, and the best way to spend compute on them.

Tokens beyond the unique ones, and parameters beyond those for which the unique tokens are
compute-optimal, are worth less. For trends and allocation: the absolute losses of this law lie 6 to
9 % below the measured ones and are never a forecast.

Source:
    Muennighoff et al. 2023 (arXiv:2305.16264), equations 5 and 6, appendix A; constants and worked
    numbers as released with its code (datablations).
"""

import math

import numpy as np

from registry.errors import InputError
from registry.scaling.allocation import Allocation
from registry.scaling.bounds import (
    MAX_PARAMETERS,
    MAX_UNIQUE_TOKENS,
    check_flops,
    check_parameters,
    check_tokens,
)
from registry.scaling.laws import Law, Repetition, get_law
from registry.scaling.uncertainty import Floats

CONSTRAINED_LAW = "muennighoff-c4"

_GRID = 2_001
_ROUNDS = 5


def constrained_loss(
    num_parameters: float, num_tokens: float, unique: float, *, law: str | Law = CONSTRAINED_LAW
) -> float:
    """Return the loss of a run on repeated tokens, in nats: L(N', D').

    Args:
        num_parameters: 1 to 10^15.
        num_tokens: Tokens read, repetitions included, 1 to 10^30.
        unique: Unique tokens, 1 to 10^17.
        law: A parametric law with constants of repetition, or its id.

    Raises:
        InputError: A number is out of bounds, or the law has no such constants.
        UnknownError: There is no such law.

    Example:
        >>> round(constrained_loss(6.34e9, 242e9, 25e9), 12)
        2.225644088998
    """
    check_parameters(num_parameters)
    check_tokens(num_tokens, what="training tokens", least=1)
    _check_unique(unique)
    chosen = get_law(law)
    stars = _stars(chosen)
    held = min(unique, num_tokens)
    base = min(num_parameters, _optimal(held, chosen))
    return chosen.parametric.loss(
        _worth(base, num_parameters / base, stars.r_n_star),
        _worth(held, num_tokens / held, stars.r_d_star),
    )


def constrained_allocation(
    flops: float, unique: float, *, law: str | Law = CONSTRAINED_LAW
) -> Allocation:
    """Return parameters and tokens read that give the lowest loss for a budget on unique tokens.

    Where data is short, more epochs come before more parameters.

    Args:
        flops: Training FLOPs, 6 N D.
        unique: Unique tokens, 1 to 10^17.
        law: A parametric law with constants of repetition, or its id.

    Raises:
        InputError: A number is out of bounds, or the law has no such constants.
        UnknownError: There is no such law.

    Example:
        >>> best = constrained_allocation(1e22, 25e9)
        >>> round(best.num_tokens / 25e9, 2)  # epochs
        9.49
    """
    check_flops(flops)
    _check_unique(unique)
    chosen = get_law(law)
    stars = _stars(chosen)
    product = math.log(flops) - math.log(6)
    low, high = 0.0, min(product, math.log(MAX_PARAMETERS))
    for _ in range(_ROUNDS):
        sizes = np.linspace(low, high, _GRID)
        best = int(np.argmin(_losses(sizes, product, unique, chosen, stars)))
        step = (high - low) / (_GRID - 1)
        low, high = max(low, sizes[best] - step), min(high, sizes[best] + step)
    size = float(sizes[best])
    return Allocation(math.exp(size), math.exp(product - size))


def _losses(sizes: Floats, product: float, unique: float, law: Law, stars: Repetition) -> Floats:
    """Return L - E at each ln N of a budget ln (N D)."""
    parametric, line = law.parametric, law.line
    log_tokens = product - sizes
    log_held = np.minimum(math.log(unique), log_tokens)
    log_base = np.minimum(sizes, (log_held - line.intercept) / line.slope)
    parameters = log_base + _log_worth(sizes - log_base, stars.r_n_star)
    tokens = log_held + _log_worth(log_tokens - log_held, stars.r_d_star)
    return np.exp(parametric.a - parametric.alpha * parameters) + np.exp(
        parametric.b - parametric.beta * tokens
    )


def _log_worth(log_times: Floats, star: float) -> Floats:
    return np.log1p(-star * np.expm1(-np.expm1(np.minimum(log_times, 700)) / star))


def _worth(amount: float, times: float, star: float) -> float:
    return amount * (1 - star * math.expm1(-(times - 1) / star))


def _optimal(num_tokens: float, law: Law) -> float:
    return math.exp((math.log(num_tokens) - law.line.intercept) / law.line.slope)


def _stars(law: Law) -> Repetition:
    if law.repetition is None:
        raise InputError(
            f"the law {law.id!r} has no constants of repetition", hint=f"{CONSTRAINED_LAW} has them"
        )
    return law.repetition


def _check_unique(unique: float) -> None:
    check_tokens(unique, what="unique tokens", least=1, most=MAX_UNIQUE_TOKENS)
