"""Documents without content are rejected.

A document's content is its text without the white space at its beginning and end (Unicode
property White_Space, and the separators U+001C-U+001F). It is rejected, as `empty`, when that
is shorter than `min_characters`.
"""

from typing import Annotated, ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from registry.normalization.parameters import Parameters
from registry.normalization.steps.base import Step
from registry.normalization.verdict import Verdict

EMPTY: Final = "empty"

_MOST_CHARACTER_BYTES = 4

_WHITE_SPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())


class DropEmptyParameters(Parameters):
    """How short is too short."""

    min_characters: Annotated[int, Field(ge=1)] = 1
    """Characters (code points) of content that a document must have."""


class DropEmpty(Step[DropEmptyParameters]):
    """Rejects documents that are empty, hold only white space, or are too short."""

    name: ClassVar[str] = "drop_empty"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = DropEmptyParameters

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; no text is changed."""
        text = batch.column("text")
        too_short = self._find_short(pc.utf8_trim(text, _WHITE_SPACE))
        if not pc.any(too_short).as_py():
            return Verdict(text)
        return Verdict(text, pc.if_else(too_short, EMPTY, pa.scalar(None, pa.string())))

    def _find_short(self, contents: pa.Array) -> pa.Array:
        # A character has one to four bytes, so nearly every document is judged by its size.
        least = self.parameters.min_characters
        suspects = pc.less(pc.binary_length(contents), least * _MOST_CHARACTER_BYTES)
        too_short = pc.less(pc.utf8_length(contents.filter(suspects)), least)
        return pc.replace_with_mask(suspects, suspects, too_short)
