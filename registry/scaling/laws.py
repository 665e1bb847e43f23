"""The laws as values, read from `laws.toml`."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from registry.domain.architecture import Convention
from registry.domain.base import Value
from registry.errors import InputError, UnknownError
from registry.scaling.formulas import Formula, Line, Overtraining, Parametric

DEFAULT_LAW = "epoch-2024"

Five = tuple[float, float, float, float, float]


class CoefficientUncertainty(Value):
    """The sampling error of a parametric law, in the order a, b, e, alpha, beta."""

    centre: Five
    covariance: tuple[Five, ...] = Field(min_length=5, max_length=5)

    @model_validator(mode="after")
    def _check(self) -> Self:
        matrix = np.array(self.covariance)
        if not np.isfinite(matrix).all() or not np.isfinite(self.centre).all():
            raise ValueError("every number must be finite")
        if not np.allclose(matrix, matrix.T, rtol=1e-9):
            raise ValueError("the covariance is not symmetric")
        if np.linalg.eigvalsh(matrix).min() <= 0:
            raise ValueError("the covariance is not positive definite")
        return self


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
    flops_low: float | None = None
    flops_high: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether any end is known."""
        return any(end is not None for end in self.model_dump().values())

    def covers(self, *, num_parameters: float, num_tokens: float) -> bool:
        """Whether parameters, tokens and 6 N D lie between the known ends."""
        return (
            _between(num_parameters, self.parameters_low, self.parameters_high)
            and _between(num_tokens, self.tokens_low, self.tokens_high)
            and _between(6 * num_parameters * num_tokens, self.flops_low, self.flops_high)
        )


class Law(Value):
    """A scaling law: formula, coefficients, conventions, range and source."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=60)
    title: str
    formula: Formula
    parameters: Convention
    """Which parameters the law counts."""

    dataset: str | None = None
    """What the runs behind the fit were trained on; None: no runs, or not told."""

    source: str
    """Paper with table or equation."""

    fitted: FittedRange = FittedRange()
    uncertainty: CoefficientUncertainty | None = None
    repetition: Repetition | None = None
    votes: bool = False
    """Whether it can make a verdict split; see docs/decisions/0015-default-laws.md."""

    flags: tuple[
        Literal[
            "default",
            "policy",
            "superseded",
            "historic",
            "secondary",
            "no-forecast",
            "reproduction",
            "user",
        ],
        ...,
    ] = ()
    """`policy`: a rule that nobody fitted. `secondary`: read in sources that quote the paper, and
    recomputed. `no-forecast`: its absolute loss is known to be off. `reproduction`: kept to
    recompute published tables, in no panel. `user`: from a `muster.toml`."""

    notes: str = ""

    @property
    def is_fitted(self) -> bool:
        """Whether the law was fitted on runs, rather than set."""
        return "policy" not in self.flags

    @property
    def is_in_panel(self) -> bool:
        """Whether reports show what it asks for."""
        return self.formula.line is not None and "reproduction" not in self.flags

    @property
    def line(self) -> Line:
        """The law between ln N and ln D.

        Raises:
            InputError: The law says nothing about how many tokens a model needs.
        """
        if self.formula.line is None:
            raise InputError(
                f"the law {self.id!r} says what more tokens buy, not how many a model needs",
                hint="muster law list shows the others",
            )
        return self.formula.line

    @property
    def parametric(self) -> Parametric:
        """The law's form L(N, D), which the questions about loss differences need.

        Raises:
            InputError: It has another form.
        """
        if not isinstance(self.formula, Parametric):
            raise InputError(
                f"the law {self.id!r} has no parametric form",
                hint=f"{DEFAULT_LAW} has one",
            )
        return self.formula

    @property
    def loss_formula(self) -> Parametric | Overtraining:
        """The formula, which gives a loss.

        Raises:
            InputError: It gives none.
        """
        if not isinstance(self.formula, Parametric | Overtraining):
            raise InputError(
                f"the law {self.id!r} gives no loss", hint=f"{DEFAULT_LAW} and gadre-c4 do"
            )
        return self.formula


@cache
def load_laws() -> tuple[Law, ...]:
    """Return every law of `laws.toml`, in its order."""
    text = files("registry.scaling").joinpath("laws.toml").read_text(encoding="utf-8")
    return tuple(Law.model_validate(row) for row in tomllib.loads(text)["law"])


def get_law(law: str | Law, *, among: Sequence[Law] | None = None) -> Law:
    """Return a law by its id; a law is returned as it is.

    Args:
        law: An id, or a law.
        among: The laws to look among; None: those that muster ships.

    Raises:
        UnknownError: There is none; the nearest ids are offered.
    """
    if isinstance(law, Law):
        return law
    laws = load_laws() if among is None else among
    for item in laws:
        if item.id == law:
            return item
    known = [item.id for item in laws]
    raise UnknownError(what="law", value=law, known=known, hint="the laws are " + ", ".join(known))


def _between(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
