"""How many damaged rows a run may have, and what is said when it has more."""

import math
import re
from collections.abc import Mapping
from typing import TypeAlias

from pydantic import Field

from registry.domain.base import Value
from registry.errors import InputError

_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(%?)")
_REASONS_SHOWN = 3

MaxRejected: TypeAlias = str | float | None
"""A limit as it is stated, such as `5%` or 0.05; None: nobody stated one."""


class RejectionLimit(Value):
    """The most of a run's rows that may be damaged.

    A row is damaged where a reader could not make a document of it, `decode` no text or
    `read_columns` no value of the type that was stated; what
    filters and duplicates take out of a version on purpose is not.
    """

    share: float = Field(default=0.01, ge=0, le=1)
    """Of the rows that are documents or should have been."""

    spared: int = 10
    """So many damaged rows never fail a run: of a small file one row is a large share. 0 where the
    limit was stated, which then is exact."""

    @classmethod
    def parse(cls, stated: str | float, *, what: str = "--max-rejected") -> "RejectionLimit":
        """Read a limit that was stated, such as `5%`, `0.05` or 0: not one row.

        Raises:
            InputError: It is no share of a whole.
        """
        match = _SHARE.fullmatch(str(stated).strip())
        share = float(match[1]) / (100 if match[2] else 1) if match else math.nan
        if not 0 <= share <= 1:
            raise InputError(
                f"{what} {stated} is no share of a whole: it must lie between 0 % and 100 %",
                hint="write it as 5% or 0.05",
            )
        return cls(share=share, spared=0)

    def allows(self, damage: "Damage") -> bool:
        """Return whether a run with such damage may go on."""
        return damage.num_damaged <= max(self.spared, self.share * damage.num_rows)


class Damage(Value):
    """How many rows of a run were damaged."""

    num_rows: int
    """Those that are documents or should have been."""

    reasons: Mapping[str, int] = {}
    """The damaged ones by reason."""

    @property
    def num_damaged(self) -> int:
        """All of them."""
        return sum(self.reasons.values())

    @property
    def share(self) -> float:
        """The damaged of all rows."""
        return self.num_damaged / self.num_rows if self.num_rows else 0.0

    @property
    def least_limit(self) -> str:
        """The least limit, in tenths of a percent, that would allow it."""
        return f"{min(100.0, math.ceil(self.share * 1000) / 10):g}%"

    def describe_reasons(self) -> str:
        """Return the reasons for people, the most frequent first."""
        ranked = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))
        shown = [f"{reason} {count:,}" for reason, count in ranked[:_REASONS_SHOWN]]
        rest = sum(count for _, count in ranked[_REASONS_SHOWN:])
        return ", ".join([*shown, f"other reasons {rest:,}"] if rest else shown)
