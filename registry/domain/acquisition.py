"""What to get next: candidates, what they would bring a target, and what they cost."""

from decimal import Decimal
from typing import Self

from pydantic import Field

from registry.domain.base import Value
from registry.domain.count import CountMethod
from registry.domain.digest import Digest
from registry.domain.money import Money
from registry.domain.quantities import parse_count
from registry.domain.target import Verdict
from registry.errors import InputError

MOST_TOKENS = 10**17


class Wish(Value):
    """A version that somebody could get, and what they say of its tokens."""

    reference: str
    num_tokens: int | None = Field(default=None, gt=0, le=MOST_TOKENS)
    """As whoever asks says, of the report's tokenizer; None: as it was counted, or as its imported
    description claims."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `books/a` or `books/a=120B`.

        Raises:
            InputError: The number is none.
        """
        reference, equals, number = text.partition("=")
        if not equals:
            return cls(reference=reference)
        tokens = parse_count(number, what="number of tokens")
        if not 0 < tokens <= MOST_TOKENS:
            raise InputError(f"{number!r} is not a number of tokens that a candidate could have")
        return cls(reference=reference, num_tokens=tokens)


class Candidate(Value):
    """A version that could be got: what is known of its tokens and its price."""

    reference: str
    digest: Digest
    num_tokens: int | None
    """Tokens that it would add to what is held; None: not counted by the report's tokenizer."""

    method: CountMethod | None = None
    """How they are known, such as `declared`."""

    said_by: str | None = None
    """Who declares them; None: they were counted."""

    is_upper_bound: bool = True
    """Whether documents that are held already may be among them."""

    cost: Money | None = None
    """All that the ledger says of it and of what it was made from; None: nothing is known, or in
    several currencies."""

    unpriced: str | None = None
    """Why its price is not known; None: it is. It is ranked behind those with a price."""

    problem: str | None = None
    """Why it is not ranked: nothing is known of its tokens, or a policy refuses it."""

    hint: str | None = None
    """What to do about it."""


class RankedCandidate(Value):
    """What a candidate alone would bring a target."""

    reference: str
    gained_tokens: int
    """Effective tokens, within the epochs wanted and no more than the target asks for."""

    cost: Money | None
    """None: its price is not known."""

    per_unit: Decimal | None
    """Effective tokens gained for each unit of the currency, rounded down; None: it is free, or
    its price is not known."""

    verdict: Verdict
    """With it alone, by tokens."""


class Acquisition(Value):
    """What to get next for one target."""

    target: str
    missing_tokens: int
    """Unique tokens missing for a verdict of enough; 0: none are."""

    ranked: tuple[RankedCandidate, ...]
    """By effective tokens gained for the money, then by price, then by name; behind them those
    without a price, by what they gain."""

    cheapest: tuple[str, ...] | None
    """The cheapest set of candidates that makes it enough, by name; None: all that have a price do
    not together."""

    cost: Money | None = None
    """What that set costs."""

    verdict: Verdict
    """With that set; where there is none, with all ranked candidates."""

    all_tokens: int = Field(ge=0)
    """What all ranked candidates together would add."""
