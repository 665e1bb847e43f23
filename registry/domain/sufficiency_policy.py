"""What a policy asks of a target and its data beside licences: one table a gate, with defaults.

Thresholds are somebody's policy and no law. What a policy file leaves out is as here, and as it is
without a policy. The `keys` of a gate name the places in the file that change it.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from registry.domain.base import Value
from registry.domain.mixture_solution import AskedShare
from registry.errors import InputError

Reaction = Literal["block", "warn", "pass"]
"""What is made of a condition that is not met: it refuses, warns, or says nothing."""


class EpochPolicy(Value):
    """How often a token may be seen; a target or an option that says so goes before it."""

    wanted: int = Field(default=4, ge=1, le=10**4)
    """At most. Up to here a repeated token is worth nearly a new one: 93 % (Muennighoff et al.
    2023)."""

    allowed: int = Field(default=16, ge=1, le=10**4)
    """Beyond, the gain of repetition nearly stops: 66 % (Muennighoff et al. 2023)."""

    worthless_above: int = Field(default=40, ge=1, le=10**4)
    """From here on repeated tokens add nothing that was measured (Muennighoff et al. 2023)."""

    more: Reaction = "warn"
    """Where more epochs are needed than wanted."""

    infeasible: Reaction = "warn"
    """Where no number of epochs suffices."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.wanted > self.allowed:
            raise ValueError(f"{self.wanted} epochs wanted and only {self.allowed} allowed")
        return self


class StepPolicy(Value):
    """How many steps a run has at least."""

    least: int = Field(default=10_000, ge=0, le=10**12)
    fewer: Reaction = "warn"


class LawPolicy(Value):
    """What it means where the law of the verdict was not made for the target."""

    extrapolated: Reaction = "warn"
    """It was fitted on other sizes or amounts of data."""

    range_unknown: Reaction = "warn"
    """Nobody says what it was fitted on."""

    other_parameters: Reaction = "warn"
    """It counts parameters by a convention that was not given."""

    of_dense_models: Reaction = "warn"
    """It was fitted on dense models, and the target is a mixture of experts."""


class VocabularyPolicy(Value):
    """How near a vocabulary has to be to the compute-optimal one."""

    factor: float = Field(default=2.0, ge=1, le=10**6)
    beyond: Reaction = "warn"


class TeacherPolicy(Value):
    """What text counts for that a teacher writes."""

    full_share: float = Field(default=1 / 3, ge=0, le=0.99)
    """Up to this share of all tokens, generated ones count in full; beyond it warns."""

    beyond_weight: float = Field(default=0.5, ge=0, le=1)
    """What a generated token beyond that share counts for."""

    least_real_share: float = Field(default=0.1, ge=0, le=1)
    less_real: Reaction = "block"
    """Where less is real."""

    depth_from: int = Field(default=2, ge=1)
    """Models between people's text and the data from which `deep` applies."""

    deep: Reaction = "warn"


class SourcePolicy(Value):
    """How much of what is held may come from one dataset, where several are held."""

    most_share: float = Field(default=0.8, ge=0, le=1)
    more: Reaction = "warn"


class FloorPolicy(Value):
    """The least share of unique tokens that groups of versions are to have."""

    shares: Mapping[str, float] = {}
    """By group, as `language:de`, `space:web`, `kind:code` or `quality:high`; none are asked."""

    missed: Reaction = "warn"

    @field_validator("shares")
    @classmethod
    def _check(cls, value: Mapping[str, float]) -> Mapping[str, float]:
        for group, share in value.items():
            try:
                AskedShare.parse(_say(group, share))
            except InputError as error:
                raise ValueError(f"{error}; {error.hint}" if error.hint else str(error)) from error
        return dict(sorted(value.items()))

    @property
    def asked(self) -> tuple[AskedShare, ...]:
        """Each floor as what is asked of a group."""
        return tuple(AskedShare.parse(_say(group, share)) for group, share in self.shares.items())


class HoldoutPolicy(Value):
    """Whether evaluation data has to be registered that models can be measured by."""

    missing: Reaction = "pass"


class WithdrawalPolicy(Value):
    """What it means where a version was withdrawn: by a person, or by a takedown."""

    withdrawn: Reaction = "block"


class SufficiencyPolicy(Value):
    """What is asked of targets and data whatever their licences."""

    epochs: EpochPolicy = EpochPolicy()
    steps: StepPolicy = StepPolicy()
    law: LawPolicy = LawPolicy()
    vocabulary: VocabularyPolicy = VocabularyPolicy()
    teacher: TeacherPolicy = TeacherPolicy()
    sources: SourcePolicy = SourcePolicy()
    floors: FloorPolicy = FloorPolicy()
    holdout: HoldoutPolicy = HoldoutPolicy()
    withdrawal: WithdrawalPolicy = WithdrawalPolicy()


def _say(group: str, share: float) -> str:
    # Never as 1e-05, which no share of a group is written as.
    return f"{group}={f'{share:.12f}'.rstrip('0')}"
