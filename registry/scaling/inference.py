"""The cheapest way to a quality when the model is also to serve: smaller, trained for longer."""

import math
from typing import NamedTuple

import numpy as np

from registry.errors import InputError
from registry.scaling.bounds import MAX_TOKENS, check_parameters, check_tokens
from registry.scaling.formulas import Parametric
from registry.scaling.laws import DEFAULT_LAW, Law, get_law
from registry.scaling.uncertainty import Floats

_GRID = 2_001
_ROUNDS = 4
_LEAST = 1e-12
"""Nats above the irreducible loss that arithmetic still tells apart."""


class InferenceOptimum(NamedTuple):
    """The run that reaches a quality with the least FLOPs for training and serving together."""

    num_parameters: float
    num_tokens: float
    """Training tokens."""

    flops: float
    """For training and serving: 6 N D + 2 N D_served."""

    saving: float
    """The share saved against the compute-optimal model of the same quality."""


def inference_optimum(
    num_parameters: int, served_tokens: float, *, law: str | Law = DEFAULT_LAW
) -> InferenceOptimum:
    """Return the model that is as good as a compute-optimal one and costs least over its life.

    Minimise 6 N D + 2 N D_served where L(N, D) is the loss of the compute-optimal model. The answer
    leans strongly on the law, and laws fitted at usual ratios overrate tokens at extreme ones.

    Args:
        num_parameters: Size of the compute-optimal model whose quality is wanted.
        served_tokens: Tokens served over its life, prompts and answers, 0 to 10^30.
        law: A law of parametric form, or its id.

    Raises:
        InputError: A number is out of bounds, or the law has another form.
        UnknownError: There is no such law.

    Source:
        Sardana et al. 2024 (arXiv:2401.00448), equation 2.

    Example:
        >>> best = inference_optimum(13_000_000_000, 2e12, law="sardana")
        >>> round(best.num_parameters / 1e9, 1), round(best.saving, 3)
        (7.0, 0.174)
    """
    check_parameters(num_parameters)
    check_tokens(served_tokens, what="served tokens")
    formula = get_law(law).parametric
    top = math.log(num_parameters)
    log_tokens = formula.line.intercept + formula.line.slope * top
    excess = math.exp(formula.a - formula.alpha * top)
    excess += math.exp(formula.b - formula.beta * log_tokens)
    _check_countable(log_tokens if excess > _LEAST else math.inf, num_parameters)
    # Below this size no number of tokens reaches the loss.
    low, high = (formula.a - math.log(excess)) / formula.alpha, top
    for _ in range(_ROUNDS):
        sizes = np.linspace(low, high, _GRID)[1:]
        costs = _log_cost(sizes, formula, excess, served_tokens)
        best = int(np.argmin(costs))
        step = sizes[1] - sizes[0]
        low, high = max(low, sizes[best] - step), min(top, sizes[best] + step)
    size = float(sizes[best])
    tokens = float(_log_tokens(np.array([size]), formula, excess)[0])
    _check_countable(tokens, num_parameters)
    base = _log_cost(np.array([top]), formula, excess, served_tokens)[0]
    return InferenceOptimum(
        num_parameters=math.exp(size),
        num_tokens=math.exp(tokens),
        flops=math.exp(float(costs[best])),
        saving=max(0.0, -math.expm1(float(costs[best] - base))),
    )


def _check_countable(log_tokens: float, num_parameters: int) -> None:
    """Refuse what no law was made for: less than a token, or more than can be counted."""
    if not 0 <= log_tokens <= math.log(MAX_TOKENS):
        raise InputError(
            f"a model of {num_parameters:,} parameters has no optimum that could be trained, "
            "by this law"
        )


def _log_tokens(log_sizes: Floats, formula: Parametric, excess: float) -> Floats:
    """Return ln D at which models reach E + excess; infinite where they never do."""
    rest = excess - np.exp(formula.a - formula.alpha * log_sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = (formula.b - np.log(np.maximum(rest, 0))) / formula.beta
    return np.asarray(logs, dtype=np.float64)


def _log_cost(log_sizes: Floats, formula: Parametric, excess: float, served: float) -> Floats:
    training = math.log(6) + _log_tokens(log_sizes, formula, excess)
    serving = math.log(2 * served) if served else -math.inf
    return log_sizes + np.logaddexp(training, serving)
