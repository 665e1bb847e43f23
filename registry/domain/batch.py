"""How many tokens a step: a band, its ceiling, and what it trades."""

from pydantic import Field

from registry.domain.base import Value


class LearningRate(Value):
    """What a law says of the peak learning rate; a place to begin the search."""

    law: str
    value: float = Field(gt=0)


class Trade(Value):
    """What a batch size costs in steps and in tokens, against the fewest of either."""

    batch_tokens: int
    steps: int
    steps_over_fewest: float
    """1: no batch, however large, needs fewer steps."""

    tokens_over_fewest: float
    """1: no batch, however small, needs fewer tokens."""


class BatchBand(Value):
    """The recommended tokens a step. Any single law is good for a factor of two."""

    low: int
    high: int
    ceiling: int
    """The critical batch size, in tokens: beyond it devices are added and little time is saved."""

    laws: dict[str, int]
    """The batch that each law asks for, in tokens."""

    sequence_length: int
    steps_at_low: int
    steps_at_high: int
    trades: tuple[Trade, ...]
    """At the low and at the high end."""

    learning_rates: tuple[LearningRate, ...]
