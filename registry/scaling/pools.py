"""Several pools of unique tokens, each with its own most epochs and weight.

Repetition was measured on whole corpora. To take each pool for itself is an extrapolation; pools
that share a cap and a weight are worth the same together as apart.
"""

import math
from collections.abc import Sequence

from pydantic import Field

from registry.domain.base import Value
from registry.scaling.bounds import MAX_TOKENS, MAX_UNIQUE_TOKENS, check_positive, check_tokens
from registry.scaling.repetition import R_D_STAR, effective_tokens

_BISECTIONS = 200


class Pool(Value):
    """Unique tokens that are repeated alike."""

    unique: int = Field(ge=0, le=MAX_UNIQUE_TOKENS)
    most_epochs: float = Field(default=16, gt=0, le=1e9)
    """However often the others are seen, this pool is seen no more often."""

    weight: float = Field(default=1.0, gt=0, le=100)
    """What one of its tokens is worth; 1 unless somebody has measured another worth."""


def pooled_effective_tokens(
    pools: Sequence[Pool], epochs: float, *, r_d_star: float = R_D_STAR
) -> float:
    """Return what pools are worth when each is seen so many times, or as often as its cap allows.

    Raises:
        InputError: An argument is out of bounds.

    Example:
        >>> pools = [Pool(unique=100, most_epochs=1), Pool(unique=100)]
        >>> round(pooled_effective_tokens(pools, 4))
        473
    """
    check_positive(epochs, what="a number of epochs")
    return math.fsum(
        pool.weight
        * effective_tokens(pool.unique, min(epochs, pool.most_epochs), r_d_star=r_d_star)
        for pool in pools
    )


def pooled_epochs_needed(
    required: float, pools: Sequence[Pool], *, r_d_star: float = R_D_STAR
) -> float | None:
    """Return the epochs after which pools are worth the required tokens; None: infeasible.

    By bisection, since caps break the closed form. Where a part of one epoch is enough, that part
    is taken of every pool.

    Raises:
        InputError: An argument is out of bounds.
    """
    check_tokens(required, what="required tokens", most=MAX_TOKENS)
    if required == 0:
        return 0.0
    high = max((pool.most_epochs for pool in pools if pool.unique), default=0.0)
    if not high or pooled_effective_tokens(pools, high, r_d_star=r_d_star) < required:
        return None
    low = 0.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if pooled_effective_tokens(pools, middle, r_d_star=r_d_star) < required:
            low = middle
        else:
            high = middle
    return high
