"""Sampling error: joint draws of a law's coefficients. How laws differ is another doubt."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from registry.scaling.laws import DEFAULT_LAW, Law, get_law

Floats = npt.NDArray[np.float64]

NUM_DRAWS = 4000
_SEED = 2024


class Lines(NamedTuple):
    """One line for each joint draw of the coefficients."""

    intercepts: Floats
    slopes: Floats

    def log_tokens(self, log_parameters: float) -> Floats:
        """Return ln D of every draw for one ln N."""
        return self.intercepts + self.slopes * log_parameters


def draw_coefficients(law: str | Law = DEFAULT_LAW) -> Floats | None:
    """Return `NUM_DRAWS` rows (a, b, e, alpha, beta) from a law's joint distribution.

    They are the same in every process: the seed is fixed. None where the law has no error model.
    Rows with an exponent at or below 0, which the normal distribution allows and no fit gives, are
    left out.

    Raises:
        UnknownError: There is no such law.
    """
    return _draw_coefficients(get_law(law))


def draw_lines(law: str | Law) -> Lines | None:
    """Return the lines between ln N and ln D of a law's draws; None without an error model.

    Raises:
        UnknownError: There is no such law.
    """
    return _draw_lines(get_law(law))


@lru_cache(maxsize=64)
def _draw_coefficients(law: Law) -> Floats | None:
    if law.uncertainty is None:
        return None
    # The legacy generator, because NumPy keeps its stream for ever; the Cholesky factor, because
    # it is unique: the same report must give the same interval with any NumPy and any LAPACK.
    normal = np.random.RandomState(_SEED).standard_normal((NUM_DRAWS, 5))
    factor = np.linalg.cholesky(np.array(law.uncertainty.covariance))
    draws = np.array(law.uncertainty.centre) + normal @ factor.T
    draws = draws[(draws[:, 3] > 0) & (draws[:, 4] > 0)]
    draws.setflags(write=False)
    return draws


@lru_cache(maxsize=64)
def _draw_lines(law: Law) -> Lines | None:
    draws = _draw_coefficients(law)
    if draws is None:
        return None
    a, b, _, alpha, beta = draws.T
    return Lines((np.log(beta) + b - np.log(alpha) - a) / beta, alpha / beta)
