"""Mixtures: versions that refer to others and say what share of a run each is given."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from pydantic import Field, JsonValue

from registry.domain.base import Value
from registry.domain.digest import Digest, canonical_json
from registry.errors import InputError

BILLION = 10**9
"""Weights are whole billionths, so that those of a mixture add up to one exactly."""

MANIFEST = "mixture.json"
"""The one file of a mixture."""

MOST_PARTS = 10_000

_WEIGHT = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,60})?")


class MixturePart(Value):
    """A version in a mixture."""

    reference: str
    digest: Digest
    """What its bytes are."""

    weight: int = Field(gt=0, le=BILLION)
    """The share of the tokens of a run that are read from it, in billionths."""

    num_documents: int
    num_text_bytes: int

    @property
    def share(self) -> float:
        """The weight between 0 and 1."""
        return self.weight / BILLION


class Mixture(Value):
    """Versions with weights, as a version of their own; it holds no document itself."""

    reference: str | None = None
    """None: it is not sealed."""

    parts: tuple[MixturePart, ...]
    """By reference. Of documents that stand in several parts, the first counts."""

    @property
    def manifest(self) -> bytes:
        """The bytes of its one file: what is mixed, and how."""
        parts: list[JsonValue] = [
            part.model_dump(mode="json", include={"reference", "digest", "weight"})
            for part in self.parts
        ]
        return canonical_json({"mixture": 1, "of": BILLION, "parts": parts})


class MixtureMade(Value):
    """The answer of `mixture make`."""

    status: str
    """`created`, or `unchanged` where the dataset holds this mixture."""

    mixture: Mixture
    run: str | None
    warnings: tuple[str, ...] = ()
    """What stands in the way of a report on it."""


class PartUse(Value):
    """What a run takes from one part of a mixture."""

    reference: str
    weight: float
    """The share of the tokens that are read."""

    unique_tokens: int
    num_tokens: int
    """Tokens read, repetitions included."""

    epochs: float
    """How often its unique tokens are seen; below 1 a part of them."""

    effective_tokens: int
    """What the tokens read are worth, in tokens seen once."""


def parse_weight(text: str) -> Fraction:
    """Read a weight: a plain number above 0, of any scale.

    Raises:
        InputError: It is none.

    Example:
        >>> parse_weight("0.25")
        Fraction(1, 4)
    """
    found = _WEIGHT.fullmatch(text.strip())
    weight = Fraction(Decimal(text.strip())) if found else Fraction(0)
    if weight <= 0:
        raise InputError(
            f"{text!r} is not a weight", hint="write it as 0.25, or as 1 beside 3; above 0"
        )
    return weight


def read_parts(texts: Sequence[str]) -> dict[str, str]:
    """Read parts as they are typed: `web/cc@3=0.7`; the weights are read by `parse_weight`.

    Raises:
        InputError: One is no part, or is named twice.
    """
    parts: dict[str, str] = {}
    for text in texts:
        reference, equals, weight = text.rpartition("=")
        if not equals:
            raise InputError(f"{text!r} has no weight", hint=f"write it as {text}=1")
        if reference in parts:
            raise InputError(f"{reference} is named twice", hint="add its weights up")
        parts[reference] = weight
    return parts


def to_billionths(weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Return weights of any scale as billionths that add up to a billion exactly.

    What rounding leaves goes to the largest remainders, of equals to the first by name.

    Raises:
        InputError: There is none, or one is less than a billionth of all.

    Example:
        >>> to_billionths({"a": Fraction(1), "b": Fraction(2)})
        {'a': 333333333, 'b': 666666667}
    """
    if not weights:
        raise InputError("a mixture has at least one part", hint="name parts as REF=WEIGHT")
    if len(weights) > MOST_PARTS:
        raise InputError(f"a mixture has at most {MOST_PARTS:,} parts, not {len(weights):,}")
    total = sum(weights.values())
    exact = {name: weight * BILLION / total for name, weight in weights.items()}
    whole = {name: int(value) for name, value in exact.items()}
    missing = BILLION - sum(whole.values())
    order: Sequence[str] = sorted(exact, key=lambda name: (whole[name] - exact[name], name))
    for name in order[:missing]:
        whole[name] += 1
    for name, value in whole.items():
        if not value:
            raise InputError(
                f"the weight of {name} is less than a billionth of all", hint="leave it out"
            )
    return whole
