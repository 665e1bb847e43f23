"""Weights that were found for a mixture, and what was asked of them."""

import re
from typing import Self

from pydantic import Field

from registry.domain.base import Value
from registry.domain.grouping import GroupBy
from registry.domain.mixture import MixtureMade, PartUse
from registry.errors import InputError

_SHARE = re.compile(r"(?P<by>[a-z]+):(?P<value>[^=]+)=(?P<share>[0-9.]+)(?P<percent>\s?%)?")


class AskedShare(Value):
    """A floor or a cap: what share of the tokens read a group is to have."""

    by: GroupBy
    value: str
    share: float = Field(ge=0, le=1)

    @property
    def group(self) -> str:
        """The group as people write it: `language:de`."""
        return f"{self.by}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `language:de=0.1` or `kind:code=20%`.

        Raises:
            InputError: It is no such thing.
        """
        found = _SHARE.fullmatch(text.strip())
        try:
            share = float(found["share"]) / (100 if found["percent"] else 1) if found else -1.0
        except ValueError:
            share = -1.0
        if share > 1:
            raise InputError(
                f"{text!r} is not a share of a group: it must lie between 0 and 1, or 0 and 100 %"
            )
        if found is None or found["by"] not in list(GroupBy) or share < 0:
            raise InputError(
                f"{text!r} is not a share of a group",
                hint=f"write it as language:de=0.1; groups: {', '.join(GroupBy)}",
            )
        return cls(by=GroupBy(found["by"]), value=found["value"].strip(), share=share)


class GroupShare(Value):
    """What a group was asked to have, and what it has."""

    group: str
    low: float
    high: float
    share: float
    """Of the tokens read, those from versions that certainly belong to it."""

    references: tuple[str, ...]
    """These versions."""

    unclear: tuple[str, ...] = ()
    """Versions of several languages: they count for a cap in whole and for a floor not at all."""


class MixtureSolution(Value):
    """The weights that lose the fewest tokens to repetition and meet what is asked."""

    objective: str
    num_tokens: int
    """Tokens that the run reads, repetitions included."""

    most_epochs: float
    """How often a token may be seen at most."""

    tokenizer: str
    parts: tuple[PartUse, ...]
    lost_tokens: int
    """Tokens that repetition loses: those read less what they are worth."""

    least_lost_tokens: int
    """No weights that meet what is asked lose less: the bound that the search proves."""

    effective_tokens: int
    """What all tokens read are worth, in tokens seen once."""

    shares: tuple[GroupShare, ...]
    made: MixtureMade | None = None
    """The version that the weights were sealed as; None: they were not."""

    warnings: tuple[str, ...] = ()


class MixtureUse(Value):
    """What a run of so many tokens takes from each part of a mixture."""

    reference: str
    num_tokens: int
    tokenizer: str
    once_tokens: int
    """Tokens that are read before any of them is repeated."""

    parts: tuple[PartUse, ...]
    effective_tokens: int
