"""The laws as values, read from `laws.toml`.

Whatever its form, a law of compute-optimal training is a straight line between ln N and ln D. That
line is all that requirement and inverse need, and it cannot overflow.
"""

import math
import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

from registry.domain.base import Value
from registry.errors import UnknownError

DEFAULT_LAW = "epoch-2024"

NUM_DRAWS = 4000
_SEED = 2024


class Line(NamedTuple):
    """ln D = intercept + slope * ln N, natural logarithms."""

    intercept: float
    slope: float


class Lines(NamedTuple):
    """One line for each joint draw of the coefficients."""

    intercepts: npt.NDArray[np.float64]
    slopes: npt.NDArray[np.float64]


class Ratio(Value):
    """D = tokens_per_parameter * N."""

    kind: Literal["ratio"]
    tokens_per_parameter: float = Field(gt=0)

    @property
    def line(self) -> Line:
        """The law between ln N and ln D."""
        return Line(math.log(self.tokens_per_parameter), 1.0)


class Power(Value):
    """D = factor * N ** exponent."""

    kind: Literal["power"]
    factor: float = Field(gt=0)
    exponent: float = Field(gt=0)

    @property
    def line(self) -> Line:
        """The law between ln N and ln D."""
        return Line(math.log(self.factor), self.exponent)


class Parametric(Value):
    """L(N, D) = E + A / N^alpha + B / D^beta, with a = ln A, b = ln B, e = ln E; L in nats.

    Source:
        Hoffmann et al. 2022 (arXiv:2203.15556), equations 2 and 10.
    """

    kind: Literal["parametric"]
    a: float
    b: float
    e: float
    alpha: float = Field(gt=0)
    beta: float = Field(gt=0)

    @property
    def line(self) -> Line:
        """The compute-optimal law between ln N and ln D: alpha A / N^alpha = beta B / D^beta."""
        odds = math.log(self.beta) + self.b - math.log(self.alpha) - self.a
        return Line(odds / self.beta, self.alpha / self.beta)


class CoefficientUncertainty(Value):
    """The sampling error of a parametric law, in the order a, b, e, alpha, beta."""

    centre: tuple[float, float, float, float, float]
    covariance: tuple[tuple[float, float, float, float, float], ...] = Field(
        min_length=5, max_length=5
    )


class Repetition(Value):
    """How fast repeated tokens, and parameters beyond the optimum, lose their worth."""

    r_d_star: float = Field(gt=0)
    r_n_star: float = Field(gt=0)


class FittedRange(Value):
    """What the runs behind a fit covered; None: no such end is known."""

    parameters_low: float | None = None
    parameters_high: float | None = None
    tokens_low: float | None = None
    tokens_high: float | None = None

    def covers(self, *, num_parameters: float, num_tokens: float) -> bool:
        """Whether parameters and tokens both lie between the known ends."""
        return _between(num_parameters, self.parameters_low, self.parameters_high) and _between(
            num_tokens, self.tokens_low, self.tokens_high
        )


class Law(Value):
    """A scaling law: formula, coefficients, conventions, range and source."""

    id: str
    title: str
    formula: Annotated[Ratio | Power | Parametric, Field(discriminator="kind")]
    parameters: Literal["unspecified", "total"]
    """Which parameters the law counts."""

    source: str
    """Paper with table or equation."""

    fitted: FittedRange = FittedRange()
    uncertainty: CoefficientUncertainty | None = None
    repetition: Repetition | None = None
    flags: tuple[Literal["default", "policy", "superseded"], ...] = ()
    """`policy`: a rule that nobody fitted; it is shown and does not vote on the confidence."""

    notes: str = ""

    @property
    def is_fitted(self) -> bool:
        """Whether the law was fitted on runs, rather than set."""
        return "policy" not in self.flags

    @property
    def has_vote(self) -> bool:
        """Whether it can make a verdict split: fitted on runs, and not since found to be wrong."""
        return self.is_fitted and "superseded" not in self.flags


@cache
def load_laws() -> tuple[Law, ...]:
    """Return every law of `laws.toml`, in its order."""
    text = files("registry.scaling").joinpath("laws.toml").read_text(encoding="utf-8")
    return tuple(Law.model_validate(row) for row in tomllib.loads(text)["law"])


def get_law(law_id: str) -> Law:
    """Return a law by its id.

    Raises:
        UnknownError: There is none; the nearest ids are offered.
    """
    for law in load_laws():
        if law.id == law_id:
            return law
    known = [law.id for law in load_laws()]
    raise UnknownError(
        what="law", value=law_id, known=known, hint="the laws are " + ", ".join(known)
    )


@cache
def draw_lines(law_id: str) -> Lines | None:
    """Return `NUM_DRAWS` lines from the joint distribution of a law's coefficients.

    They are the same in every process: the seed is fixed. None where the law has no error model.

    Raises:
        UnknownError: There is no such law.
    """
    uncertainty = get_law(law_id).uncertainty
    if uncertainty is None:
        return None
    # The legacy generator, because NumPy keeps its stream for ever; the Cholesky factor, because
    # it is unique: the same report must give the same interval with any NumPy and any LAPACK.
    normal = np.random.RandomState(_SEED).standard_normal((NUM_DRAWS, 5))
    factor = np.linalg.cholesky(np.array(uncertainty.covariance))
    a, b, _, alpha, beta = (np.array(uncertainty.centre) + normal @ factor.T).T
    return Lines((np.log(beta) + b - np.log(alpha) - a) / beta, alpha / beta)


def _between(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
