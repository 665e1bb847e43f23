"""Parameters and tokens for a given amount of compute, and what a law says of loss."""

import math
from typing import NamedTuple

from registry.scaling.bounds import check_flops, check_parameters, check_tokens
from registry.scaling.formulas import Frontier, Parametric
from registry.scaling.laws import DEFAULT_LAW, Law, get_law


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
        InputError: The budget is out of bounds, or the law has no token requirement.
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
        budget = flops / formula.flops
        return Allocation(
            formula.parameters * budget**formula.parameter_exponent,
            formula.tokens * budget**formula.token_exponent,
        )
    # ln C = ln 6 + ln N + ln D, with ln D on the law's line.
    log_parameters = (math.log(flops / 6) - line.intercept) / (1 + line.slope)
    return Allocation(
        math.exp(log_parameters), math.exp(line.intercept + line.slope * log_parameters)
    )


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
        InputError: The law has no parametric form.
        UnknownError: There is no such law.
    """
    formula = get_law(law).parametric
    rest = target_loss - formula.irreducible
    if rest <= 0:
        return None
    logarithm = math.log(6) + (_log_excess(formula) - math.log(rest)) / _decay(formula)
    return math.exp(logarithm) if logarithm < math.log(1e60) else None


def _decay(formula: Parametric) -> float:
    """Return x of L - E = K (C / 6)^-x along the optimum."""
    return formula.alpha * formula.beta / (formula.alpha + formula.beta)


def _log_excess(formula: Parametric) -> float:
    """Return ln K of L - E = K (C / 6)^-x along the optimum."""
    alpha, beta = formula.alpha, formula.beta
    log_g = (math.log(alpha / beta) + formula.a - formula.b) / (alpha + beta)
    return math.log(math.exp(formula.a - alpha * log_g) + math.exp(formula.b + beta * log_g))
