"""What a licence permits and asks for, as a lattice: terms of several licences meet in the worst.

    permission          yes < unknown < no         from the best to the worst
    obligation          no  < unknown < yes

Example:
    MIT permits commercial use, CC-BY-NC-4.0 does not, and of a third nobody knows: together they
    do not. Without the second nobody knows, and unknown is never a yes.
"""

from collections.abc import Iterable
from enum import StrEnum

from registry.domain.base import Value


class Answer(StrEnum):
    """Whether something is permitted or asked for."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Term(StrEnum):
    """What is asked of a licence; the value is the field of `Terms`."""

    TRAIN = "train"
    COMMERCIAL = "commercial"
    DERIVATIVES = "derivatives"
    REDISTRIBUTE = "redistribute"
    ATTRIBUTION = "attribution"
    SHARE_ALIKE = "share_alike"
    OUTPUT_RESTRICTIONS = "output_restrictions"

    @property
    def is_obligation(self) -> bool:
        """Whether a yes asks for something, where with permissions it grants something."""
        return self in {Term.ATTRIBUTION, Term.SHARE_ALIKE, Term.OUTPUT_RESTRICTIONS}

    @property
    def best(self) -> Answer:
        """The answer that leaves most freedom."""
        return Answer.NO if self.is_obligation else Answer.YES

    @property
    def words(self) -> str:
        """The term as people read it."""
        return self.value.replace("_", " ")

    def severity(self, answer: Answer) -> int:
        """Return how much an answer takes away: 0 nothing, 1 nobody knows, 2 it does."""
        if answer is Answer.UNKNOWN:
            return 1
        return 0 if answer is self.best else 2


class Terms(Value):
    """What a licence permits and asks for. What nobody has read is unknown."""

    train: Answer = Answer.UNKNOWN
    """May a model be trained on it?"""

    commercial: Answer = Answer.UNKNOWN
    """May it be used for commercial purposes?"""

    derivatives: Answer = Answer.UNKNOWN
    """May changed versions be shared?"""

    redistribute: Answer = Answer.UNKNOWN
    """May copies be shared?"""

    attribution: Answer = Answer.UNKNOWN
    """Must a notice be kept or somebody be named?"""

    share_alike: Answer = Answer.UNKNOWN
    """Must what is made from it carry the same licence?"""

    output_restrictions: Answer = Answer.UNKNOWN
    """Does it restrict what may be done with the output of a model, or with models made by it?"""

    def __getitem__(self, term: Term) -> Answer:
        """Return the answer to a term."""
        answer: Answer = getattr(self, term.value)
        return answer

    def meet(self, other: "Terms") -> "Terms":
        """Return what is left when both hold: of each term the worse answer."""
        return Terms.model_validate(
            {term.value: max(self[term], other[term], key=term.severity) for term in Term}
        )

    @property
    def severities(self) -> tuple[int, ...]:
        """How much each term takes away, in their order."""
        return tuple(term.severity(self[term]) for term in Term)


FREE = Terms.model_validate({term.value: term.best for term in Term})
"""What takes nothing away: the meet of no licences at all."""


def meet_all(terms: Iterable[Terms]) -> Terms:
    """Return what is left when all hold."""
    met = FREE
    for item in terms:
        met = met.meet(item)
    return met
