"""Unique tokens and the policy on repeating them."""

from dataclasses import dataclass
from functools import cached_property

from registry.errors import InputError
from registry.scaling.bounds import MAX_UNIQUE_TOKENS, check_positive, check_tokens
from registry.scaling.repetition import effective_tokens


@dataclass(frozen=True)
class Supply:
    """What the tokens held are worth, all of one tokenizer.

    Raises:
        InputError: A number is out of bounds, or fewer epochs are allowed than wanted.
    """

    unique: int
    """Unique tokens."""

    epochs: int
    """How often the policy wants a token to be seen at most."""

    hard_epochs: int
    """How often a token may be seen at most."""

    r_d_star: float
    """The constant of repetition; see `registry.scaling.repetition`."""

    def __post_init__(self) -> None:
        check_tokens(self.unique, what="unique tokens", most=MAX_UNIQUE_TOKENS)
        check_positive(self.hard_epochs, what="a number of epochs")
        if not 1 <= self.epochs <= self.hard_epochs:
            raise InputError(
                f"{self.epochs} epochs are wanted and {self.hard_epochs} allowed: "
                "the first must be at least 1 and at most the second"
            )

    @cached_property
    def repeated(self) -> float:
        """What the tokens are worth after the epochs that are wanted."""
        return effective_tokens(self.unique, self.epochs, r_d_star=self.r_d_star)

    @cached_property
    def exhausted(self) -> float:
        """What the tokens are worth after the epochs that are allowed."""
        return effective_tokens(self.unique, self.hard_epochs, r_d_star=self.r_d_star)

    @property
    def most(self) -> float:
        """The worth that no number of epochs reaches."""
        return self.unique * (1 + self.r_d_star)

    def unique_for(self, required: float) -> float:
        """Return the unique tokens that are worth the required ones after the epochs wanted."""
        return required / effective_tokens(1, self.epochs, r_d_star=self.r_d_star)
