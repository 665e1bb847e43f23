"""What is answered about reports that are kept, and from their numbers."""

from enum import StrEnum

from registry.domain.base import Value
from registry.domain.target import Confidence, Verdict


class Cause(StrEnum):
    """What can move a verdict."""

    DATA = "data"
    """Other versions."""

    TOKENS = "tokens"
    """Other counts, of the same versions."""

    TOKENIZER = "tokenizer"
    LAW = "law"
    TARGET = "target"
    """Another model, or another policy on epochs."""

    POLICY = "policy"
    """What is asked of licences."""

    LICENCE = "licence"
    """What licences are stated."""

    COST = "cost"
    """What candidates bring or cost."""

    GATE = "gate"
    MEASURE = "measure"
    """How varied documents are."""

    WARNING = "warning"
    CODE = "code"
    """Another version of muster."""


class ReportChange(Value):
    """One thing that is not the same in two reports."""

    cause: Cause
    message: str


class VerdictMove(Value):
    """The verdict on one target in two reports."""

    target: str
    before: Verdict | None
    """None: the target is not in the first report."""

    confidence_before: Confidence | None
    after: Verdict | None
    confidence_after: Confidence | None
    alone: dict[Cause, Verdict] = {}
    """What each cause alone would have made of the first verdict; only causes that move it."""

    @property
    def is_moved(self) -> bool:
        """Whether the verdict is another one."""
        return self.before is not self.after


class ReportDiff(Value):
    """What moved between two reports."""

    first: str
    second: str
    is_same: bool
    """Whether they are equal but for the moment they were made."""

    moves: tuple[VerdictMove, ...]
    changes: tuple[ReportChange, ...]


class FigureInput(Value):
    """A number that goes into a figure."""

    symbol: str
    value: float
    meaning: str


class Figure(Value):
    """How one number of a report came about, for one target."""

    name: str
    target: str
    formula: str
    inputs: tuple[FigureInput, ...]
    steps: tuple[str, ...]
    """The formula with its numbers, line by line."""

    result: str
    source: str


class PlannedRun(Value):
    """What one law says to train with a budget of compute."""

    law: str
    num_parameters: int
    """As the law counts them."""

    num_tokens: int
    """Tokens that are read, repetitions included."""

    num_epochs: float | None
    """How often the unique tokens are seen; None: none are held."""

    flops: float
    """Training FLOPs: 6 for each parameter and token read."""

    is_within_policy: bool
    """Whether these are no more epochs than the policy wants."""


class TrainingPlan(Value):
    """What to train with the data held and a budget of compute."""

    flops: float
    budget: str
    """As it was given: FLOPs, or device hours with their utilisation."""

    law: str
    """The id of the law that the plan goes by."""

    tokenizer: str
    unique_tokens: int
    epochs: int
    """The epochs that the policy wants at most."""

    runs: tuple[PlannedRun, ...]
    """By each law with a vote and the chosen one, as if there were data without end."""

    is_data_limited: bool
    """Whether the chosen law's run would repeat the tokens held more often than wanted."""

    within_policy: PlannedRun
    """What to train: the chosen law's run; where data is short, the largest model that the tokens
    held feed when repeated as often as wanted, which leaves a part of the budget."""

    missing_tokens: int
    """Unique tokens missing for the chosen law's run within the epochs wanted."""

    on_repeated: PlannedRun | None
    """The lowest loss for the whole budget however often tokens are repeated, by a law of
    repetition; None: no tokens are held, or it repeats them beyond all that was measured."""

    warnings: tuple[str, ...] = ()
