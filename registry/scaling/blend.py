"""Pools of unique tokens that a run reads at fixed weights, each repeated as its weight says.

A run that has read D tokens has seen pool i e_i = w_i D / U_i times. All e_i keep their ratios,
so the epochs t of the most repeated pool say how far a run is: e_i = t r_i with r_i at most 1. At
t = 1 no token has been repeated, and the pools are worth

    sum_i U_i f(t r_i),    f(e) = e up to 1, then 1 + R_D* (1 - exp(-(e - 1) / R_D*))

One pool of weight 1 is the plain supply. To take each pool for itself is an extrapolation of what
was measured on whole corpora; see `registry.scaling.repetition`.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from registry.errors import InputError
from registry.scaling.bounds import MAX_UNIQUE_TOKENS, check_tokens
from registry.scaling.repetition import R_D_STAR, worth

_MOST_EPOCHS = 1e12
"""Of the most repeated pool: where the search for epochs ends."""

_BISECTIONS = 200


@dataclass(frozen=True)
class Blend:
    """Unique tokens of several pools and the share of a run that each is given.

    Raises:
        InputError: A number is out of bounds, the weights do not add up to 1, or a pool with a
            weight has no tokens.
    """

    unique: tuple[int, ...]
    weights: tuple[float, ...]
    """Shares of the tokens read; they add up to 1."""

    def __post_init__(self) -> None:
        for tokens in self.unique:
            check_tokens(tokens, what="unique tokens", most=MAX_UNIQUE_TOKENS)
        if any(not 0 <= weight <= 1 for weight in self.weights):
            raise InputError("a weight must lie between 0 and 1")
        if not math.isclose(math.fsum(self.weights), 1, abs_tol=1e-6):
            raise InputError(f"the weights add up to {math.fsum(self.weights):g}, not to 1")
        for tokens, weight in zip(self.unique, self.weights, strict=True):
            if weight and not tokens:
                raise InputError(f"a pool of no tokens cannot be given a weight of {weight:g}")

    @cached_property
    def ratios(self) -> tuple[float, ...]:
        """How often each pool is seen while the most repeated one is seen once."""
        fastest = self._fastest
        return tuple(
            weight / tokens / fastest if tokens else 0.0
            for tokens, weight in zip(self.unique, self.weights, strict=True)
        )

    @property
    def once(self) -> int:
        """The tokens that a run reads before any of them is repeated."""
        return round(1 / self._fastest)

    @property
    def most(self) -> float:
        """The worth that no number of epochs reaches, in multiples of 1 + R_D*."""
        return float(sum(self.unique[place] for place, rate in enumerate(self.ratios) if rate))

    def worth(self, epochs: float, *, r_d_star: float = R_D_STAR) -> float:
        """Return what the pools are worth after so many epochs of the most repeated one."""
        return math.fsum(
            tokens * worth(epochs * ratio, r_d_star=r_d_star)
            for tokens, ratio in zip(self.unique, self.ratios, strict=True)
        )

    def epochs_needed(self, required: float, *, r_d_star: float = R_D_STAR) -> float | None:
        """Return the epochs of the most repeated pool after which the pools are worth so much.

        By bisection on the logarithm, since pools at different epochs have no closed form. None:
        infeasible, however often they are seen.
        """
        check_tokens(required, what="required tokens")
        if required <= 0:
            return 0.0
        if required * self._fastest <= 1:
            return required * self._fastest
        if self.worth(_MOST_EPOCHS, r_d_star=r_d_star) <= required:
            return None
        low, high = 0.0, math.log(_MOST_EPOCHS)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if not low < middle < high:
                break
            if self.worth(math.exp(middle), r_d_star=r_d_star) < required:
                low = middle
            else:
                high = middle
        return math.exp(high)

    def epochs_of(self, num_tokens: float) -> tuple[float, ...]:
        """Return how often each pool is seen in a run that reads so many tokens."""
        return tuple(num_tokens * self._fastest * ratio for ratio in self.ratios)

    @cached_property
    def _fastest(self) -> float:
        """Epochs of the most repeated pool for each token read."""
        return max(
            weight / tokens
            for tokens, weight in zip(self.unique, self.weights, strict=True)
            if tokens
        )
