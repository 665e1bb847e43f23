"""What too little data costs: loss in nats, compute, and what more data would buy."""

import math

from registry.scaling.allocation import log_flops_for_loss, loss
from registry.scaling.bounds import check_tokens
from registry.scaling.laws import DEFAULT_LAW, Law, get_law

_MOST = 700.0
"""Beyond it e to a power is no number any more."""


def loss_gap(effective: float, required: float, *, law: str | Law = DEFAULT_LAW) -> float:
    """Return how many nats the loss lies above that of the required tokens, at the same model.

    B (D_eff^-beta - D_req^-beta); below 0 where there is more than required. A difference between
    two losses of one law holds better than either.

    Args:
        effective: Tokens as if seen once, 1 to 10^30.
        required: Tokens, 1 to 10^30.
        law: A law of parametric form, or its id.

    Raises:
        InputError: A number is out of bounds, or the law has another form.
        UnknownError: There is no such law.

    Example:
        >>> round(loss_gap(745e9, 1.29e12), 4)
        0.0172
    """
    formula = get_law(law).parametric
    held, wanted = (
        math.exp(formula.b - formula.beta * math.log(_check(tokens)))
        for tokens in (effective, required)
    )
    return held - wanted


def marginal_value(num_tokens: float, *, law: str | Law = DEFAULT_LAW) -> float:
    """Return the nats that the loss falls for each unit of ln D: beta B / D^beta, above 0.

    One per cent more data is worth about a hundredth of it.

    Raises:
        InputError: The number of tokens is out of bounds, or the law has another form.
        UnknownError: There is no such law.
    """
    formula = get_law(law).parametric
    log_tokens = math.log(_check(num_tokens))
    return formula.beta * math.exp(formula.b - formula.beta * log_tokens)


def doubling_value(
    num_parameters: float, num_tokens: float, *, law: str | Law = DEFAULT_LAW
) -> float:
    """Return the nats that twice the tokens would take off the loss of a model.

    Raises:
        InputError: A number is out of bounds, or the law gives no loss.
        UnknownError: There is no such law.
    """
    before = loss(num_parameters, _check(num_tokens), law=law)
    return before - loss(num_parameters, 2 * num_tokens, law=law)


def compute_overhead(
    num_parameters: float,
    *,
    tokens_read: float,
    effective: float,
    law: str | Law = DEFAULT_LAW,
) -> float:
    """Return the share of compute that a run spends beyond the least for the same loss.

    The run reads tokens again where it has too few, and pays 6 N for each; its loss is that of
    what they are worth. A compute-optimal run on unlimited data reaches it with the least FLOPs.

    Args:
        num_parameters: 1 to 10^15.
        tokens_read: Tokens that pass through the model, repetitions included.
        effective: What they are worth, seen once.
        law: A law of parametric form, or its id.

    Returns:
        0.1 for ten per cent more; never below 0.

    Raises:
        InputError: A number is out of bounds, or the law has another form.
        UnknownError: There is no such law.
    """
    formula = get_law(law).parametric
    reached = formula.loss(num_parameters, _check(effective))
    least = log_flops_for_loss(reached, formula)
    if least is None:  # the excess over E is lost in rounding: nothing to compare with
        return 0.0
    spent = math.log(6) + math.log(num_parameters) + math.log(_check(tokens_read))
    return max(0.0, math.expm1(min(spent - least, _MOST)))


def _check(num_tokens: float) -> float:
    return check_tokens(num_tokens, what="tokens", least=1)
