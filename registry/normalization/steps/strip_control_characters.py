r"""Characters that steer devices and mean nothing in text are removed.

Removed are the C0 controls (U+0000-U+001F) except tab and line feed, DEL (U+007F), the byte-order
mark inside text (U+FEFF) and, unless `c1` is false, the C1 controls (U+0080-U+009F). Run
`unify_newlines` first: a carriage return is a control character too.

Kept are bidirectional marks, the zero-width joiners that Indic scripts, Persian and emoji are
written with (unless `also_zero_width`), soft hyphens, and noncharacters such as U+FFFE, which
are valid in interchange (Unicode corrigendum 9).

Source: The Unicode Standard, chapter 23.1 (control codes), 23.2 (layout controls).
"""

import re
from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import pyarrow as pa

from registry.normalization.columns import (
    FIRST_WIDE,
    NOWHERE,
    Bytes,
    Positions,
    find_documents,
    find_range,
    rewrite_lines,
)
from registry.normalization.parameters import Parameters
from registry.normalization.steps.base import Step
from registry.normalization.verdict import Verdict

_C0 = (*range(0x09), *range(0x0B, 0x20), 0x7F, 0xFEFF)
_C1 = tuple(range(0x80, 0xA0))
_ZERO_WIDTH = (0x200B, 0x200C, 0x200D, 0x2060)


def _any_of(characters: Iterable[int]) -> re.Pattern[str]:
    # In text outside ASCII an expression is eighteen times as fast as `str.translate`.
    return re.compile(f"[{re.escape(''.join(map(chr, characters)))}]")


CONTROL_CHARACTERS = _any_of((*_C0, *_C1))
"""Finds each character that this step removes by default."""


class StripControlCharactersParameters(Parameters):
    """Which characters are removed besides the C0 controls, DEL and U+FEFF."""

    c1: bool = True
    """Whether the C1 controls are removed. They are what mojibake consists of, so a recipe that
    repairs it sets this to false here; `repair_mojibake` removes those that it cannot read."""

    also_zero_width: bool = False
    """Whether U+200B, U+200C, U+200D and U+2060 are removed. It breaks emoji and whole scripts."""


class StripControlCharacters(Step[StripControlCharactersParameters]):
    """Removes control characters other than tab and line feed."""

    name: ClassVar[str] = "strip_control_characters"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = StripControlCharactersParameters

    def __init__(self, parameters: StripControlCharactersParameters) -> None:
        super().__init__(parameters)
        self._removed = _any_of(
            (
                *_C0,
                *(_C1 if parameters.c1 else ()),
                *(_ZERO_WIDTH if parameters.also_zero_width else ()),
            )
        )

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; nothing is rejected."""
        text = batch.column("text")
        return Verdict(rewrite_lines(text, find_documents(text, self._find), self._strip))

    def _find(self, window: Bytes) -> Positions:
        found = [_find_controls(window)]
        if window.max() >= FIRST_WIDE:
            found += self._find_wide(window)
        return np.sort(np.concatenate(found))

    def _find_wide(self, window: Bytes) -> list[Positions]:
        found = [find_range(window, "\ufeff", "\ufeff")]
        if self.parameters.c1:
            found.append(find_range(window, "\u0080", "\u009f"))
        if self.parameters.also_zero_width:
            found.append(find_range(window, "\u200b", "\u200d"))
            found.append(find_range(window, "\u2060", "\u2060"))
        return found

    def _strip(self, text: str) -> str:
        return self._removed.sub("", text)


def _find_controls(window: Bytes) -> Positions:
    # Unsigned bytes wrap around: one comparison covers the range from 0x0B to 0x1F. Whether there
    # is anything to find is told by the least byte, for a tenth of what the places take.
    shifted = window - np.uint8(0x0B)
    if window.min() >= 0x09 and shifted.min() >= 0x15 and not (window == 0x7F).any():
        return NOWHERE
    return np.flatnonzero((window < 0x09) | (shifted < 0x15) | (window == 0x7F))
