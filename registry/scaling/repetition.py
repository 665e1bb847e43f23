"""What repeated tokens are worth.

With U unique tokens seen for e epochs, R = e - 1 repetitions, the data is worth

    D' = U * (1 + R_D* * (1 - exp(-R / R_D*)))

tokens seen once. It grows up to (1 + R_D*) U, 16.39 times the unique tokens, and never beyond.

Source:
    Muennighoff et al. 2023 (arXiv:2305.16264), equation 5; R_D* as released with its code. Fitted
    on whole corpora of C4 with up to 9B parameters; it depends on the recipe, so that R_D* is an
    argument everywhere.
"""

import math

from registry.scaling.bounds import MAX_UNIQUE_TOKENS, check_positive, check_tokens
from registry.scaling.laws import load_laws

_FITTED = next(
    law.repetition for law in load_laws() if law.id == "muennighoff-c4" and law.repetition
)

R_D_STAR = _FITTED.r_d_star
"""Repetitions after which a repeated token has lost most of its worth, 1 - 1/e of it."""

MAX_RATIO = 1 + R_D_STAR
"""The most that unique tokens can be worth, in multiples of their number."""


def effective_tokens(unique: float, epochs: float, *, r_d_star: float = R_D_STAR) -> float:
    """Return how many tokens seen once the repeated ones are worth.

    Args:
        unique: Unique tokens, 0 to 10^17.
        epochs: How often they are seen, above 0; below 1 a part of them is seen once.
        r_d_star: The constant of the recipe.

    Raises:
        InputError: An argument is out of bounds.

    Example:
        >>> round(effective_tokens(100e9, 4) / 1e9, 1)
        372.6
    """
    check_tokens(unique, what="unique tokens", most=MAX_UNIQUE_TOKENS)
    check_positive(epochs, what="a number of epochs")
    check_positive(r_d_star, what="a repetition constant")
    return unique * worth(epochs, r_d_star=r_d_star)


def worth(epochs: float, *, r_d_star: float = R_D_STAR) -> float:
    """Return what a token is worth that is seen so many times, 0 or more: at most 1 + R_D*."""
    if epochs <= 1:
        return epochs
    return 1 - r_d_star * math.expm1(-(epochs - 1) / r_d_star)


def epochs_needed(required: float, unique: float, *, r_d_star: float = R_D_STAR) -> float | None:
    """Return the epochs after which unique tokens are worth the required ones.

    Args:
        required: Tokens as if seen once, 0 to 10^30.
        unique: Unique tokens, 0 to 10^17.
        r_d_star: The constant of the recipe.

    Returns:
        Epochs; below 1 where a part of the tokens is enough; None: infeasible, since the required
        tokens reach or exceed 1 + R_D* times the unique ones.

    Raises:
        InputError: An argument is out of bounds.

    Example:
        >>> round(epochs_needed(200e9, 100e9), 2)
        2.03
    """
    check_tokens(required, what="required tokens")
    check_tokens(unique, what="unique tokens", most=MAX_UNIQUE_TOKENS)
    check_positive(r_d_star, what="a repetition constant")
    if required == 0:
        return 0.0
    if unique == 0:
        return None
    ratio = required / unique
    if ratio <= 1:
        return ratio
    spent = (ratio - 1) / r_d_star
    return None if spent >= 1 else 1 - r_d_star * math.log1p(-spent)
