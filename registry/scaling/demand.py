"""What a target asks for, by every law."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from registry.domain.architecture import CountedSize, ModelSize
from registry.domain.target import LawSpread, Requirement
from registry.scaling.bounds import check_positive
from registry.scaling.laws import DEFAULT_LAW, Law, get_law, load_laws
from registry.scaling.requirement import (
    counted,
    optimal_parameters,
    probability_sufficient,
    required_tokens,
)


@dataclass(frozen=True)
class Demand:
    """The tokens that a run of a model asks for."""

    model: ModelSize
    law: Law
    """The law that the verdict goes by."""

    laws: tuple[Law, ...]
    """Those that are asked; the chosen one is among them."""

    overtraining: float
    """How many times the compute-optimal tokens the run is to see."""

    @cached_property
    def required(self) -> dict[str, Requirement]:
        """What each law asks for, in tokens, by its id."""
        return {
            law.id: required_tokens(self.model, law=law).times(self.overtraining)
            for law in self.laws
        }

    @property
    def need(self) -> Requirement:
        """What the chosen law asks for."""
        return self.required[self.law.id]

    @cached_property
    def votes(self) -> dict[str, Requirement]:
        """What the laws with a vote ask for."""
        return {law.id: self.required[law.id] for law in self.laws if law.votes}

    @property
    def spread(self) -> LawSpread | None:
        """How far the laws with a vote lie apart; None: no law has one."""
        if not self.votes:
            return None
        lowest = min(self.votes, key=lambda law: self.votes[law].mid)
        highest = max(self.votes, key=lambda law: self.votes[law].mid)
        low, high = self.votes[lowest].mid, self.votes[highest].mid
        return LawSpread(lowest=lowest, low=low, highest=highest, high=high)

    @cached_property
    def size(self) -> CountedSize:
        """The model's size as the chosen law counts it."""
        return self.model.counted(self.law.parameters)

    @property
    def parameters(self) -> float:
        """The parameters that the law goes by."""
        return self.size.parameters(self.model.met)

    def probability(self, num_tokens: float) -> float | None:
        """Return the share of the chosen law's draws that so many tokens reach."""
        return probability_sufficient(
            self.size.number / counted(self.law, 1), num_tokens / self.overtraining, law=self.law
        )

    def largest_model(self, num_tokens: float) -> Requirement:
        """Return the parameters of the largest model that tokens feed, trained as this one."""
        if num_tokens < self.overtraining:
            return Requirement(low=0, mid=0, high=0, extrapolated=True)
        return optimal_parameters(num_tokens / self.overtraining, law=self.law)


def ask(
    model: ModelSize,
    *,
    law: str | Law = DEFAULT_LAW,
    laws: Sequence[Law] | None = None,
    overtraining: float = 1.0,
) -> Demand:
    """Return what a model asks for.

    Args:
        model: Its size by every convention that is known.
        law: The law that the verdict goes by, or its id.
        laws: The laws to ask; None: those that muster ships.
        overtraining: How many times the compute-optimal tokens the run is to see.

    Raises:
        InputError: The ratio is out of bounds, or the law has no token requirement.
        UnknownError: There is no such law.
    """
    check_positive(overtraining, what="an over-training ratio")
    among = load_laws() if laws is None else tuple(laws)
    chosen = get_law(law, among=among)
    _ = chosen.line  # a law without one is refused here, by its name
    panel = tuple(item for item in among if item.is_in_panel or item == chosen)
    return Demand(model, chosen, panel if chosen in panel else (*panel, chosen), overtraining)
