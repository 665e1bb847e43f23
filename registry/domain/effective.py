"""The licence that really applies to a version: its own and those of everything upstream."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import field_validator

from registry.domain.base import Value
from registry.domain.contamination_policy import ContaminationPolicy
from registry.domain.gate import GateStatus
from registry.domain.licence import LicenceAssertion
from registry.domain.sufficiency_policy import SufficiencyPolicy
from registry.domain.synthetic import SyntheticPolicy
from registry.domain.terms import Answer, Term, Terms
from registry.domain.version import SourceFacts


class LicencePolicy(SufficiencyPolicy):
    """What somebody who trains asks of licences, and of the data and target beside them."""

    name: str
    description: str = ""
    unknown: Literal["block", "warn"] = "block"
    """What it means where a required term is unknown."""

    require: Mapping[Term, Answer] = {}
    """The answers without which the policy refuses."""

    prefer: Mapping[Term, Answer] = {}
    """The answers without which it warns."""

    synthetic: SyntheticPolicy | None = None
    """What it asks of synthetic data; None: nothing."""

    contamination: ContaminationPolicy | None = None
    """What it asks of evaluation data in the supply; None: nothing."""

    @field_validator("require", "prefer")
    @classmethod
    def _decide(cls, value: Mapping[Term, Answer]) -> Mapping[Term, Answer]:
        open_terms = [term.value for term, answer in value.items() if answer is Answer.UNKNOWN]
        if open_terms:
            raise ValueError(f"{', '.join(open_terms)}: a policy wants yes or no")
        # In one order, so that a policy reads the same wherever it comes from.
        return {term: value[term] for term in Term if term in value}


class TermFinding(Value):
    """A term that is not as a policy wants it."""

    term: Term
    wanted: Answer
    found: Answer
    status: GateStatus


class Ruling(Value):
    """What a policy says of terms."""

    policy: str
    status: GateStatus
    findings: tuple[TermFinding, ...]
    """Refusals first, in the order of the terms."""


class Restriction(Value):
    """A term that is not free, and what proves it."""

    term: Term
    answer: Answer
    reference: str
    """The nearest version whose licence says so."""

    licence: str
    path: tuple[str, ...]
    """A shortest way from the version that was asked for to that one, both included."""


class LicencePart(Value):
    """A licence that applies, and to what."""

    licence: str
    chosen: str
    """What was taken of its alternatives, where it leaves a choice; else the licence itself."""

    terms: Terms
    num_versions: int
    """Versions that came under it, the one that was asked for included; 0: the output of a model
    alone does."""

    nearest: str
    """The nearest of them."""


class LicenceConflict(Value):
    """A version of which people say different things."""

    reference: str
    holds: LicenceAssertion
    others: tuple[LicenceAssertion, ...]
    """What else is said, of each speaker the newest, newest first."""


class EffectiveLicence(Value):
    """The answer of `licence effective`."""

    reference: str
    expression: str
    """All licences that apply, joined by AND; `unknown` among them where nobody stated one."""

    terms: Terms
    restrictions: tuple[Restriction, ...]
    """Each term that is not free, in the order of the terms."""

    parts: tuple[LicencePart, ...]
    """The nearest first."""

    conflicts: tuple[LicenceConflict, ...]
    num_ancestors: int
    """Versions upstream, without the one that was asked for."""

    ruling: Ruling | None = None
    """What the policy says; None: none was named."""


class NoticeEntry(Value):
    """A version that has to be named, or of which nobody knows."""

    reference: str
    licence: str
    chosen: str
    attribution: Answer
    publishers: tuple[str, ...]
    urls: tuple[str, ...]
    """Where the publisher offers it, without credentials; paths on this machine are left out."""

    evidence: str | None
    evidence_digest: str | None


class Notice(Value):
    """The answer of `licence notice`: whom to name. The same registry gives the same bytes."""

    reference: str
    digest: str
    entries: tuple[NoticeEntry, ...]
    """By reference."""


class LicenceList(Value):
    """The answer of `licence list` and `licence add`: all that was ever asserted of a version."""

    reference: str
    assertions: tuple[LicenceAssertion, ...]
    """Newest first."""

    @property
    def holding(self) -> LicenceAssertion:
        """The one that the version goes by."""
        return next(one for one in self.assertions if one.holds)

    @property
    def disagreeing(self) -> tuple[LicenceAssertion, ...]:
        """What other people say that is not what holds, newest first."""
        holding = self.holding
        return tuple(
            one
            for one in self.assertions
            if not one.is_outdated and one.expression != holding.expression
        )


class LicenceReading(Value):
    """A single licence, as its text was read."""

    licence: str
    family: str | None
    """None: nobody has read it, and all is unknown."""

    source: str | None
    """The texts and their sections."""

    terms: Terms


class LicenceDescription(Value):
    """The answer of `licence show`: what an expression permits."""

    expression: str
    chosen: str
    """What was taken of its alternatives."""

    terms: Terms
    readings: tuple[LicenceReading, ...]
    """Each licence that was taken."""

    ruling: Ruling | None = None


@dataclass(frozen=True, slots=True)
class LicenceNode:
    """A version in the graph that a licence comes down through."""

    reference: str
    parents: tuple[int, ...]
    """The ids of what it was made from, rising."""

    holding: LicenceAssertion | None
    """What is stated of it and holds; None: nobody stated anything."""

    others: tuple[LicenceAssertion, ...] = ()
    """What other people say of it, newest first."""

    terms: Terms | None = None
    """What a model's output may be used for, term by term; None: as the expression says."""

    digest: str = ""
    sources: tuple[SourceFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class LicenceGraph:
    """Versions with everything upstream of them, by id.

    A model that wrote a version is one of its parents, under its negative id: the terms of its
    output hold for what it wrote, and its parents are the versions that it was trained on.
    """

    nodes: Mapping[int, LicenceNode]
    starts: Mapping[str, int]
    """The id of each version that was asked for, by its canonical reference."""
