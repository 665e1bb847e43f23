"""The readiness report: supply, targets, what is uncertain, and the inputs it is pinned to."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from registry.domain.acquisition import Acquisition, Candidate, Wish
from registry.domain.base import Value
from registry.domain.contamination import Contamination
from registry.domain.digest import Digest, fingerprint
from registry.domain.effective import LicencePolicy
from registry.domain.embedding import Diversity
from registry.domain.gate import Gate
from registry.domain.mixture import Mixture
from registry.domain.model_target import Target
from registry.domain.names import Reference
from registry.domain.near_duplicates import NearDuplicates
from registry.domain.supply import SupplyGroup, SupplyLine
from registry.domain.synthetic import SyntheticSupply
from registry.domain.target import Confidence, TargetReport, Verdict
from registry.domain.tokenizer import CountingPolicy, TokenizerIdentity


class WarningCode(StrEnum):
    """What a warning is about."""

    UNKNOWN_LICENCE = "unknown-licence"
    UNMEASURED_NEAR_DUPLICATES = "unmeasured-near-duplicates"
    UNMEASURED_EXACT_DUPLICATES = "unmeasured-exact-duplicates"
    MIXED_TOKENIZERS = "mixed-tokenizers"
    """In reports from before it was an error: versions that another tokenizer counted."""

    SAMPLED_COUNT = "sampled-count"
    DECLARED_COUNT = "declared-count"
    NOT_NORMALIZED = "not-normalized"
    EVALUATION = "evaluation"
    """Evaluation data that was named as supply: to train on it spoils what it is for."""

    CONTAMINATION = "contamination"
    """Documents of the supply stand in evaluation data, and were taken out of it."""

    UNMEASURED_CONTAMINATION = "unmeasured-contamination"
    """Nobody measured which parts of documents stand in evaluation data as well."""

    MIXED_CONTAMINATION = "mixed-contamination"
    """What stands in evaluation data was not found by one method everywhere."""

    LEFT_OUT = "left-out"
    """Counted versions that the report does not take as supply, since nobody named them."""

    OVERLAP = "overlap"
    """Documents of one version stand in another one of the report as well."""

    EPOCHS_ABOVE_POLICY = "epochs-above-4"
    """A target needs more epochs than the evidence for harmless repetition covers."""

    INFEASIBLE = "infeasible"
    """A target for which no number of epochs suffices."""

    WEIGHTS = "weights"
    """A mixture whose weights were scaled up, since parts of it were left out."""

    EXTRAPOLATED = "extrapolated"
    WITHDRAWN = "withdrawn"
    """Of an older report; since then a gate says it."""

    WITHDRAWN_UPSTREAM = "withdrawn-upstream"
    """A version was made from one that was withdrawn."""

    SYNTHETIC = "synthetic"
    """Tokens that a model wrote stand in the supply."""

    CHOSEN_TOKENIZER = "chosen-tokenizer"
    """Nobody named a tokenizer, and several counted: this one was taken."""

    UNKNOWN_TOKENS = "unknown-tokens"
    """The tokenizer cannot express much of the text: its tokens say little."""


class ReportWarning(Value):
    """Something that the reader of a report has to know before acting on it."""

    code: WarningCode
    message: str
    references: tuple[str, ...] = ()
    """The versions it is about; empty: the whole report."""

    hint: str | None = None
    """What to do about it: a command to paste, or a sentence."""

    def __str__(self) -> str:
        return self.said() + (f": {self.hint}" if self.hint else "")

    def said(self, *, most: int | None = None) -> str:
        """Return what is said and of which versions, the first few where there are more.

        Versions that the command to paste names stand there, and not here as well.
        """
        words = (self.hint or "").split()
        named = self.references if not {*self.references} <= {*words} else ()
        if len(self.references) == 1:
            named = self.references
        shown = ", ".join(named[:most])
        more = len(named) - len(named[:most])
        if more:
            shown += f" and {more:,} more, which --json lists"
        return self.message + (f" ({shown})" if shown else "")


class PinnedInput(Value):
    """A version that the report was made from, by its digest."""

    reference: str
    digest: Digest
    count: Digest | None = None
    """The fingerprint of the token count that was taken; None: it was not counted so."""

    signatures: Digest | None = None
    """The object by which near duplicates were found; None: they were not looked for."""

    is_left_out: bool = False
    """Whether it was asked to be left out."""


class LawSource(Value):
    """A law that the report used, and where it was published."""

    id: str
    title: str
    parameters: str
    """Which parameters it counts, such as `total`."""

    source: str
    """Paper with table or equation."""

    fingerprint: Digest | None = None
    """Of the law with all its coefficients."""


class Question(Value):
    """What somebody asks of a report, as they say it: names may mean something else tomorrow."""

    references: tuple[Reference, ...] = ()
    """Versions with documents or tokens; none: all that was counted."""

    targets: tuple[Target | str, ...] = ()
    """Targets as values, as names in the catalog, or as paths of TOML files."""

    tokenizer: str | None = None
    """Whose counts; None: the targets', else that which counted the most versions."""

    law: str | None = None
    """The law that the verdicts go by; None: the default one."""

    policy: LicencePolicy | str | None = None
    """Asks things of the data whatever its amount, as the name of a built-in policy or the path of
    a file; a gate that is shut makes every verdict BLOCKED."""

    without: tuple[Reference, ...] = ()
    """Versions to leave out with all that was made from them; of a dataset without a number, all
    its versions."""

    evaluation: tuple[Reference, ...] = ()
    """Evaluation data whose documents are no supply; none named: the newest version of each active
    dataset of the kind `evaluation`."""

    candidates: tuple[Wish, ...] = ()
    """Versions that could be got: ranked for each target by what they bring for their price."""

    keep: bool = True
    """Whether the report is kept in the catalog. The same report is kept once, with the moment it
    was first made."""

    reproducible: bool = False
    """Whether the moment is left out, so that the same inputs give the same bytes."""


class ReportRequest(Value):
    """What was asked, complete enough to ask it again."""

    references: tuple[str, ...] = ()
    """Versions, each with its number; none: all that was counted."""

    without: tuple[str, ...] = ()
    """Versions that were left out with all that was made from them."""

    evaluation: tuple[str, ...] = ()
    """Evaluation data that was named, each with its number; none: all that was registered."""

    candidates: tuple[Wish, ...] = ()
    """Versions that could be got, each with its number."""

    targets: tuple[Target, ...] = ()
    tokenizer: str | None = None
    law: str | None = None
    licence_policy: LicencePolicy | None = None


class Before(Value):
    """A target as it stands with the versions that a report leaves out."""

    target: str
    verdict: Verdict
    confidence: Confidence
    unique_tokens: int
    epochs_needed: float | None
    """None: infeasible."""


class Report(Value):
    """Is the data enough for the models? Every total is of one tokenizer and counting policy."""

    id: str | None = None
    """The beginning of its digest; None: it is not kept in the catalog."""

    created_at: AwareDatetime | None
    """When it was first made; None: left out, so that the same inputs give the same bytes."""

    muster_version: str
    request: ReportRequest = ReportRequest()
    tokenizer: TokenizerIdentity
    policy: CountingPolicy
    law: str
    """The id of the law that the verdicts go by."""

    mixture: Mixture | None = None
    """The mixture that was asked about, whose parts are the supply; None: versions seen alike."""

    supply: tuple[SupplyLine, ...]
    """In the stated order: of documents that stand in several versions, the first counts."""

    composition: tuple[SupplyGroup, ...] = ()
    """The supply by language, kind, domain, quality and tag; none: an older report."""

    total_tokens: int
    unique_tokens: int
    """After exact and near duplicates where they were measured, and without what overlaps with
    evaluation data."""

    unique_is_upper_bound: bool
    """True while some duplicates, exact or near, were not measured."""

    duplicate_documents: int | None
    """Exact duplicates within and across the versions; None: not measured everywhere."""

    contamination: Contamination | None = None
    """What of the supply stands in evaluation data, and left it; None: an older report."""

    near_duplicates: NearDuplicates | Literal["not measured"] = "not measured"
    """Within and across the versions, beside the exact ones."""

    diversity: tuple[Diversity, ...] = ()
    """How varied a sample of each version is, where it was measured; a fact without a threshold."""

    synthetic: SyntheticSupply | None = None
    """How synthetic the tokens are, by what is stated upstream; None: an older report."""

    targets: tuple[TargetReport, ...]
    before: tuple[Before, ...] = ()
    """Of a report without some versions: each target with them; none: nothing was left out."""

    candidates: tuple[Candidate, ...] = ()
    """What could be got, as it was asked about."""

    acquisitions: tuple[Acquisition, ...] = ()
    """What to get next, for each target; none: no candidates were named."""

    gates: tuple[Gate, ...] = ()
    """What a policy asks of the data, whatever its amount; none without a policy."""

    warnings: tuple[ReportWarning, ...] = ()
    inputs: tuple[PinnedInput, ...]
    laws: tuple[LawSource, ...]

    @property
    def used(self) -> tuple[PinnedInput, ...]:
        """The inputs that the numbers stand on."""
        return tuple(item for item in self.inputs if not item.is_left_out)

    @property
    def digest(self) -> Digest:
        """The fingerprint of everything but the moment: the same inputs give the same one."""
        return fingerprint(self.model_dump(mode="json", exclude={"id", "created_at"}))


ID_DIGITS = 12
"""Digits of a report's digest that make its id."""


class TargetVerdict(Value):
    """The verdict on one target, in short."""

    name: str | None
    num_parameters: int
    verdict: Verdict
    confidence: Confidence


class ReportSummary(Value):
    """A report in a list."""

    id: str
    created_at: AwareDatetime
    muster_version: str
    tokenizer: str
    law: str
    num_versions: int
    unique_tokens: int
    verdicts: tuple[TargetVerdict, ...]
