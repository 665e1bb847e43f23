"""What a target model needs, what the data held gives it, and the verdict."""

from enum import StrEnum

from pydantic import Field

from registry.domain.architecture import CountedSize
from registry.domain.base import Value
from registry.domain.batch import BatchBand
from registry.domain.gate import Gate
from registry.domain.mixture import PartUse
from registry.domain.quantities import parse_count
from registry.domain.sufficiency_policy import TeacherPolicy
from registry.domain.training_cost import Cost
from registry.errors import InputError

MOST = 10**30
"""Where arithmetic on requirements stops."""

MOST_PARAMETERS = 10**15
"""A thousand times the largest model in any published table; beyond it no law says anything."""


class Uncertainty(StrEnum):
    """What the low and the high end of a requirement are."""

    NONE = "none"
    """The law has no error model: low, mid and high are one number."""

    BOOTSTRAP_80 = "bootstrap-80"
    """The 10th and 90th percentile over joint draws of the coefficients: sampling error only."""


class Requirement(Value):
    """How many tokens (or parameters) a law asks for: a point and, where known, an interval."""

    low: int = Field(ge=0)
    mid: int = Field(ge=0)
    """The law's point estimate."""

    high: int = Field(ge=0)
    uncertainty: Uncertainty = Uncertainty.NONE
    extrapolated: bool | None = False
    """True where parameters or tokens lie outside the range that the law was fitted on; None: no
    range is known."""

    assumed: bool = False
    """True where another count stood in for the one that the law asks for: that one is not known,
    or it is all parameters of a mixture of experts, for which the active ones stand."""

    def times(self, factor: float) -> "Requirement":
        """Return the requirement of so many times the tokens, from 1 to `MOST`."""
        ends = {"low": self.low, "mid": self.mid, "high": self.high}
        scaled = {name: min(MOST, max(1, round(end * factor))) for name, end in ends.items()}
        return self.model_copy(update=scaled)


class Verdict(StrEnum):
    """Whether the data is enough, from worst to best."""

    BLOCKED = "BLOCKED"
    """A hard gate fails, whatever the numbers say."""

    INSUFFICIENT = "INSUFFICIENT"
    """Even the most epochs allowed stay below the low end of the requirement."""

    CONSTRAINED = "CONSTRAINED"
    """Only more epochs than the policy wants reach the requirement, or its low end."""

    SUFFICIENT_REPEAT = "SUFFICIENT-REPEAT"
    """The data reaches the requirement when it is repeated within the policy."""

    SUFFICIENT = "SUFFICIENT"
    """The unique tokens reach the requirement."""

    AMPLE = "AMPLE"
    """The unique tokens are several times the requirement."""

    @property
    def is_enough(self) -> bool:
        """Whether a training run within the epoch policy may start."""
        return self in {Verdict.SUFFICIENT_REPEAT, Verdict.SUFFICIENT, Verdict.AMPLE}


class Confidence(StrEnum):
    """How sure the verdict is, as enough or not enough."""

    FIRM = "firm"
    """At least 90 % of the draws and every law with a vote say the same."""

    LIKELY = "likely"
    """Every law with a vote says the same, the draws are less sure or there are none."""

    SPLIT = "split"
    """The laws with a vote disagree."""


def parse_sizes(text: str) -> list[int]:
    """Read model sizes, each once: `400M,7B`.

    Raises:
        InputError: One of them is none.

    Example:
        >>> parse_sizes("400M,7B,7e9")
        [400000000, 7000000000]
    """
    parts = text.split(",")
    if not all(part.strip() for part in parts):
        raise InputError(
            f"{text!r} is no list of model sizes: one of them is empty", hint="write it as 400M,7B"
        )
    sizes = (parse_count(part, what="model size", most=MOST_PARAMETERS) for part in parts)
    return list(dict.fromkeys(sizes))


def format_parameters(num_parameters: int) -> str:
    """Return a model size with its noun: `1 parameter`, `1.3B parameters`."""
    return f"{format_size(num_parameters)} parameter" + "s" * (num_parameters != 1)


def format_size(num_parameters: int) -> str:
    """Return a model size as people name it, with up to four digits: `1.3B`, `70B`, `125M`."""
    for exponent, suffix in ((15, "P"), (12, "T"), (9, "B"), (6, "M"), (3, "K")):
        if num_parameters >= 10**exponent:
            return f"{num_parameters / 10**exponent:.4g}{suffix}"
    return str(num_parameters)


class LawSpread(Value):
    """How far the laws with a vote lie apart: a doubt beside that of any one law's interval."""

    lowest: str
    """The law that asks for the least."""

    low: int
    """Tokens."""

    highest: str
    high: int


class DataGap(Value):
    """What it costs to train on what is held, repeated within the policy, by a law of losses."""

    law: str
    loss_nats: float
    """By how much the loss lies above that on the required tokens; below 0 where more is held."""

    compute_overhead: float
    """The share of compute spent beyond the least that reaches the same loss; 0.1 for 10 %."""

    marginal_nats: float
    """What the loss falls by for each unit of ln D more; a hundredth of it for 1 % more data."""


class ServingOptimum(Value):
    """The model that reaches the target's quality most cheaply, training and serving together."""

    law: str
    served_tokens: float
    num_parameters: int
    """As the law counts them."""

    num_tokens: int
    """Training tokens."""

    flops: float
    """For training and serving."""

    saving: float
    """The share saved against the compute-optimal model of the same quality."""


class Way(Value):
    """One way to the same student."""

    verdict: Verdict
    """Under the gates that this way has to pass."""

    confidence: Confidence
    epochs_needed: float | None
    """Of the real tokens; None: infeasible."""

    shortfall_tokens: int
    flops: float
    """For training, and for writing where there is a teacher."""

    largest_model: int | None = None
    """Parameters of the largest compute-optimal model for what this way brings, within the epochs
    wanted, by tokens alone; None: an older report."""


class DistillationReport(Value):
    """A student with a teacher that writes for it, against the student on real data alone."""

    teacher: str
    """Its name, else its size."""

    teacher_parameters: int
    generated_tokens: int
    credited_tokens: int
    """What the generated ones count for, each seen once; never as real ones. 0 where a gate blocks
    them."""

    real_share: float
    """Of all tokens held and generated, each once."""

    depth_low: int
    """Models between people's text and what the teacher writes, at least."""

    depth_high: int | None
    """At most; None: nobody knows."""

    generation_flops: float
    """2 for each of the teacher's parameters and token written; its own training is not in it."""

    alone: Way
    """On real data alone."""

    with_teacher: Way
    enough_generated: int | None
    """The fewest tokens to write for a verdict of enough; 0: none are needed. None: so many that
    too little would be real."""

    enough_flops: float | None
    """What writing these takes."""

    policy: TeacherPolicy = TeacherPolicy()
    """By which generated tokens were credited."""

    reasons: tuple[str, ...]


class TargetReport(Value):
    """One target model against the data held. Tokens are of one tokenizer and policy."""

    name: str | None = None
    """Of the target, where it has one."""

    num_parameters: int
    """In all."""

    active_parameters: int | None = None
    """Those that a token meets; None: every one, or an older report."""

    counted_size: CountedSize | None = None
    """The size that the law was evaluated on; None: an older report."""

    verdict: Verdict
    confidence: Confidence
    law: str
    """The id of the law that the verdict, epochs, shortfall and largest model go by."""

    required_tokens: dict[str, Requirement]
    """By the id of the law."""

    unique_tokens: int
    """Tokens seen once; at a mixture's weights, those that are read before any is repeated."""

    tokens_per_parameter: float
    """Those for each parameter that the law counts; of a law in FLOPs, that a token meets."""

    effective_tokens: dict[str, int]
    """What the unique tokens are worth when they are seen so many times, by epochs: once, the
    policy's epochs, the most epochs allowed. With a teacher each of them holds, beside that, the
    `distillation.credited_tokens`, which are generated and seen once: the first is then more than
    `unique_tokens` by so many."""

    epochs_needed: float | None
    """Epochs after which the data is worth the requirement; below 1 a part of the data is enough.
    None: infeasible, no number of epochs suffices."""

    shortfall_tokens: int
    """Tokens missing for the requirement without repetition, after what generated ones count for;
    0 where none are."""

    probability_sufficient: float | None
    """The share of joint draws in which the policy's epochs reach the requirement; None where the
    law has no error model."""

    largest_model: Requirement
    """Parameters of the largest compute-optimal model for the unique tokens held, seen once; what a
    teacher generates is not among them."""

    largest_model_repeated: Requirement
    """The same for what the tokens are worth after the policy's epochs, with what generated ones
    count for."""

    epochs: int
    """The epochs that the policy wants at most."""

    hard_epochs: int
    """The most epochs that the policy allows."""

    reasons: tuple[str, ...]
    """Sentences: the law, its interval, the numbers, and what would change the verdict."""

    extrapolated: bool | None
    """True where the target lies outside the range that its law was fitted on; None: no range is
    known."""

    flops: float = Field(default=0.0, ge=0)
    """Training FLOPs on the required tokens."""

    flops_per_token: float | None = None
    """Training FLOPs a token. By a shape 6 for each entry of the matrices that a token meets, with
    the head and without token embeddings, and 12 for each layer, feature of its heads and token of
    a sequence; of a bare size 6 for each parameter that a token meets. None: an older report."""

    batch: BatchBand | None = None
    """Tokens a step, for a run on the required tokens."""

    cost: Cost | None = None
    """Hours, days and money of that run; None: no hardware was named."""

    law_spread: LawSpread | None = None
    gap: DataGap | None = None
    """None: nothing is held, or the law gives no loss."""

    serving: ServingOptimum | None = None
    """None: nobody said how many tokens are to be served."""

    mixture: tuple[PartUse, ...] = ()
    """Of a mixture: what a run that reads the required tokens takes from each part. Epochs here
    and above are then those of the part that is repeated most."""

    distillation: DistillationReport | None = None
    """The student on real data alone, against the student with its teacher, whose verdict is the
    target's; None: no teacher."""

    gates: tuple[Gate, ...] = ()
    """What was asked of the data beside its amount; one that blocks makes the verdict BLOCKED."""

    warnings: tuple[Gate, ...] = ()
    """What to know of this target, each with its policy and how to change it."""

    @property
    def met_parameters(self) -> int:
        """The parameters that a token meets."""
        return self.active_parameters or self.num_parameters

    @property
    def law_parameters(self) -> float:
        """The parameters that the law goes by."""
        met = self.met_parameters
        return met if self.counted_size is None else self.counted_size.parameters(met)

    @property
    def label(self) -> str:
        """What people call the target: its name, else its size."""
        return self.name or format_size(self.num_parameters)
