"""The forms that a law can have.

Whatever its form, a law of compute-optimal training is a straight line between ln N and ln D. That
line is all that requirement and inverse need, and it cannot overflow.
"""

import math
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from registry.domain.base import Value

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Logarithm = Annotated[float, Field(ge=-300, le=300)]
Exponent = Annotated[float, Field(gt=0, le=100)]


class Line(NamedTuple):
    """ln D = intercept + slope * ln N, natural logarithms."""

    intercept: float
    slope: float


class Ratio(Value):
    """D = tokens_per_parameter * N."""

    kind: Literal["ratio"]
    tokens_per_parameter: Positive

    @property
    def line(self) -> Line:
        """The law between ln N and ln D."""
        return Line(math.log(self.tokens_per_parameter), 1.0)


class Power(Value):
    """D = factor * N ** exponent."""

    kind: Literal["power"]
    factor: Positive
    exponent: Positive

    @property
    def line(self) -> Line:
        """The law between ln N and ln D."""
        return Line(math.log(self.factor), self.exponent)


class Frontier(Value):
    """The optimum at each compute C: N = parameters * c ** x, D = tokens * c ** y, c = C / flops.

    With `flops` and both numbers at a published point, rounded exponents do no harm near it.
    """

    kind: Literal["frontier"]
    flops: Positive
    """The unit of C, in FLOPs."""

    parameters: Positive
    """N at C = flops, counted as the law counts."""

    parameter_exponent: Positive
    tokens: Positive
    """D at C = flops."""

    token_exponent: Positive

    @property
    def line(self) -> Line:
        """The law between ln N and ln D."""
        slope = self.token_exponent / self.parameter_exponent
        return Line(math.log(self.tokens) - slope * math.log(self.parameters), slope)


class Parametric(Value):
    """L(N, D) = E + A / N^alpha + B / D^beta, with a = ln A, b = ln B, e = ln E; L in nats.

    Source:
        Hoffmann et al. 2022 (arXiv:2203.15556), equations 2 and 10.
    """

    kind: Literal["parametric"]
    a: Logarithm
    b: Logarithm
    e: Logarithm
    alpha: Exponent
    beta: Exponent

    @property
    def line(self) -> Line:
        """The compute-optimal law between ln N and ln D: alpha A / N^alpha = beta B / D^beta."""
        odds = math.log(self.beta) + self.b - math.log(self.alpha) - self.a
        return Line(odds / self.beta, self.alpha / self.beta)

    @property
    def irreducible(self) -> float:
        """E, the loss that neither parameters nor tokens lower, in nats."""
        return math.exp(self.e)

    def loss(self, num_parameters: float, num_tokens: float) -> float:
        """Return L(N, D) in nats."""
        parameters = math.exp(self.a - self.alpha * math.log(num_parameters))
        return self.irreducible + parameters + math.exp(self.b - self.beta * math.log(num_tokens))


class Overtraining(Value):
    """L = E + (a M^eta + b M^-eta) C^-eta with M = D / N, C = 6 N D; L in nats.

    It says what more tokens buy a model of given size; it has no token requirement, since its
    minimum over M rests on a handful of small runs.

    Source:
        Gadre et al. 2024 (arXiv:2403.08540), equation 4.
    """

    kind: Literal["overtraining"]
    a: Positive
    b: Positive
    eta: Positive
    irreducible: Positive
    """E, in nats."""

    @property
    def line(self) -> None:
        """None: not a law of token requirements."""
        return

    def loss(self, num_parameters: float, num_tokens: float) -> float:
        """Return L(N, D) in nats."""
        log_ratio = math.log(num_tokens) - math.log(num_parameters)
        log_flops = math.log(6) + math.log(num_parameters) + math.log(num_tokens)
        return self.irreducible + math.exp(-self.eta * log_flops) * (
            self.a * math.exp(self.eta * log_ratio) + self.b * math.exp(-self.eta * log_ratio)
        )


Formula = Annotated[
    Ratio | Power | Frontier | Parametric | Overtraining, Field(discriminator="kind")
]
