"""Unique tokens and the policy on repeating them."""

from dataclasses import dataclass
from functools import cached_property

from registry.errors import InputError
from registry.scaling.blend import Blend
from registry.scaling.bounds import MAX_UNIQUE_TOKENS, check_positive, check_tokens
from registry.scaling.credit import Written
from registry.scaling.repetition import effective_tokens, epochs_needed


@dataclass(frozen=True)
class Supply:
    """What the tokens held are worth, all of one tokenizer.

    Raises:
        InputError: A number is out of bounds, or fewer epochs are allowed than wanted.
    """

    unique: int
    """Unique tokens; of a blend, those that are read before any of them is repeated."""

    epochs: int
    """How often the policy wants a token to be seen at most."""

    hard_epochs: int
    """How often a token may be seen at most."""

    r_d_star: float
    """The constant of repetition; see `registry.scaling.repetition`."""

    blend: Blend | None = None
    """Pools that are read at fixed weights; epochs are then of the most repeated one. None: all
    tokens are seen alike."""

    written: Written | None = None
    """What a teacher writes beside these, seen once; None: nothing."""

    def __post_init__(self) -> None:
        check_tokens(self.unique, what="unique tokens", most=MAX_UNIQUE_TOKENS)
        check_positive(self.hard_epochs, what="a number of epochs")
        if not 1 <= self.epochs <= self.hard_epochs:
            raise InputError(
                f"{self.epochs} epochs are wanted and {self.hard_epochs} allowed: "
                "the first must be at least 1 and at most the second"
            )

    @cached_property
    def added(self) -> float:
        """What the generated tokens count for; 0 without a teacher."""
        return 0.0 if self.written is None else self.written.credit(self.unique)

    @property
    def once(self) -> float:
        """What is held when nothing is repeated."""
        return self.unique + self.added

    @cached_property
    def repeated(self) -> float:
        """What the tokens are worth after the epochs that are wanted."""
        return self.worth(self.epochs)

    @cached_property
    def exhausted(self) -> float:
        """What the tokens are worth after the epochs that are allowed."""
        return self.worth(self.hard_epochs)

    @property
    def most(self) -> float:
        """The worth that no number of epochs reaches."""
        held = self.unique if self.blend is None else self.blend.most
        return held * (1 + self.r_d_star) + self.added

    def worth(self, epochs: float) -> float:
        """Return what the tokens are worth after so many epochs."""
        if self.blend is not None:
            return self.blend.worth(epochs, r_d_star=self.r_d_star) + self.added
        return effective_tokens(self.unique, epochs, r_d_star=self.r_d_star) + self.added

    def epochs_needed(self, required: float) -> float | None:
        """Return the epochs after which the tokens are worth the required ones; None: never."""
        rest = max(0.0, required - self.added)
        if self.blend is not None:
            return self.blend.epochs_needed(rest, r_d_star=self.r_d_star)
        return epochs_needed(rest, self.unique, r_d_star=self.r_d_star)

    def unique_for(self, required: float, *, epochs: float | None = None) -> float:
        """Return the unique tokens that are worth the required ones; None: after those wanted.

        Of a blend, those read before any repeats, where every part has so many times its tokens.
        What more is held is real, and lets more of the generated tokens count.
        """
        seen = epochs or self.epochs
        each = effective_tokens(1, seen, r_d_star=self.r_d_star)
        if self.blend is not None:
            each = self.blend.worth(seen, r_d_star=self.r_d_star) / self.unique
        if self.written is None:
            return required / each
        return self.written.unique_for(required, worth=each)
