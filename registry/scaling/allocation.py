"""Parameters and tokens for a given amount of compute, and what a law says of loss."""

import math
from typing import NamedTuple

import numpy as np

from registry.errors import InputError
from registry.scaling.bounds import (
    MAX_FLOPS,
    MAX_PARAMETERS,
    MAX_TOKENS,
    check_flops,
    check_parameters,
    check_tokens,
)
from registry.scaling.formulas import Frontier, Parametric
from registry.scaling.laws import DEFAULT_LAW, Law, get_law
from registry.scaling.requirement import FLOPS_PER_PARAMETER

_MOST_PARAMETERS = math.log(FLOPS_PER_PARAMETER * MAX_PARAMETERS)
_MOST_TOKENS = math.log(MAX_TOKENS)


class Allocation(NamedTuple):
    """A compute-optimal run."""

    num_parameters: float
    """Counted as the law counts them; of a law in FLOPs a token, those."""

    num_tokens: float


def allocate(flops: float, *, law: str | Law = DEFAULT_LAW) -> Allocation:
    """Return the compute-optimal parameters and tokens for a budget of training FLOPs.

    A law with a frontier of its own is read there; every other by C = 6 N D.

    Args:
        flops: Training FLOPs, 1 to 10^40.
        law: A law, or its id.

    Raises:
        InputError: The budget is out of bounds or asks for no model that is, or the law has no
            token requirement.
        UnknownError: There is no such law.

    Source:
        Hoffmann et al. 2022 (arXiv:2203.15556), equation 4, for the parametric form.

    Example:
        >>> round(allocate(5.76e23, law="epoch-2024").num_parameters / 1e9)
        72
    """
    check_flops(flops)
    chosen = get_law(law)
    formula, line = chosen.formula, chosen.line
    if isinstance(formula, Frontier):
        budget = math.log(flops / formula.flops)
        log_parameters = math.log(formula.parameters) + formula.parameter_exponent * budget
        log_tokens = math.log(formula.tokens) + formula.token_exponent * budget
    else:
        # ln C = ln 6 + ln N + ln D, with ln D on the law's line.
        log_parameters = (math.log(flops / 6) - line.intercept) / (1 + line.slope)
        log_tokens = math.log(flops / 6) - log_parameters
    if not (0 <= log_parameters <= _MOST_PARAMETERS and 0 <= log_tokens <= _MOST_TOKENS):
        raise InputError(
            f"{flops:.3g} FLOPs are for no model between 1 and {MAX_PARAMETERS:.0e} parameters, "
            f"by {chosen.id}"
        )
    return Allocation(math.exp(log_parameters), math.exp(log_tokens))


def loss(num_parameters: float, num_tokens: float, *, law: str | Law = DEFAULT_LAW) -> float:
    """Return the training loss that a law expects, in nats a token of its own tokenizer and data.

    Compare losses of one law with each other. For other data, or a law flagged `no-forecast`, the
    absolute number is no forecast.

    Raises:
        InputError: Parameters or tokens are out of bounds, or the law gives no loss.
        UnknownError: There is no such law.

    Example:
        >>> round(loss(70e9, 1.4e12), 3)
        1.973
    """
    check_parameters(num_parameters)
    check_tokens(num_tokens, what="training tokens", least=1)
    return get_law(law).loss_formula.loss(num_parameters, num_tokens)


def tokens_for_loss(
    num_parameters: float, target_loss: float, *, law: str | Law = DEFAULT_LAW
) -> float | None:
    """Return the tokens at which a model reaches a loss; None: it never does.

    A model of N parameters never comes below E + A / N^alpha, however many tokens it sees.

    Args:
        num_parameters: 1 to 10^15.
        target_loss: Nats a token, on the law's own data.
        law: A law of parametric form, or its id.

    Raises:
        InputError: The size or the loss is no such number, or the law has another form.
        UnknownError: There is no such law.
    """
    check_parameters(num_parameters)
    check_tokens(target_loss, what="nats a token", most=1000)
    formula = get_law(law).parametric
    rest = target_loss - formula.irreducible
    rest -= math.exp(formula.a - formula.alpha * math.log(num_parameters))
    if rest <= 0:
        return None
    logarithm = (formula.b - math.log(rest)) / formula.beta
    # What no machine counts is as infeasible as what is infinite.
    return math.exp(logarithm) if logarithm < math.log(1e30) else None


def flops_for_loss(target_loss: float, *, law: str | Law = DEFAULT_LAW) -> float | None:
    """Return the least training FLOPs that reach a loss, by a compute-optimal run; None: none do.

    Raises:
        InputError: The loss is no such number, or the law has no parametric form.
        UnknownError: There is no such law.
    """
    check_tokens(target_loss, what="nats a token", most=1000)
    logarithm = log_flops_for_loss(target_loss, get_law(law).parametric)
    if logarithm is None or logarithm > math.log(MAX_FLOPS):
        return None
    return math.exp(logarithm)


def log_flops_for_loss(target_loss: float, formula: Parametric) -> float | None:
    """Return ln of the least training FLOPs that reach a loss; None: none do."""
    rest = target_loss - formula.irreducible
    if rest <= 0:
        return None
    return math.log(6) + (_log_excess(formula) - math.log(rest)) / _decay(formula)


def _decay(formula: Parametric) -> float:
    """Return x of L - E = K (C / 6)^-x along the optimum."""
    return formula.alpha * formula.beta / (formula.alpha + formula.beta)


def _log_excess(formula: Parametric) -> float:
    """Return ln K of L - E = K (C / 6)^-x along the optimum."""
    alpha, beta = formula.alpha, formula.beta
    log_g = (math.log(alpha / beta) + formula.a - formula.b) / (alpha + beta)
    return float(np.logaddexp(formula.a - alpha * log_g, formula.b + beta * log_g))
