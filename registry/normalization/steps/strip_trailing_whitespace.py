r"""White space at the end of lines and blank lines at the end of the document are removed.

1. Spaces and tabs before a line feed or the end of the document are removed.
2. Of several line feeds at the end of the document one stays; a document that does not end with
   a line feed gets none.

Indentation, blank lines at the beginning and inside, and every other kind of white space stay.

Example: `"a \n\n  b\t\n \n\n"` becomes `"a\n\n  b\n"`.
"""

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from registry.normalization.columns import (
    Bytes,
    Positions,
    find_documents,
    text_bytes,
)
from registry.normalization.parameters import Parameters
from registry.normalization.steps.base import Step
from registry.normalization.verdict import Verdict

_LINE_FEED = 0x0A


class StripTrailingWhitespaceParameters(Parameters):
    """None."""


class StripTrailingWhitespace(Step[StripTrailingWhitespaceParameters]):
    """Removes spaces and tabs at the end of lines, and blank lines at the end of documents."""

    name: ClassVar[str] = "strip_trailing_whitespace"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = StripTrailingWhitespaceParameters

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; nothing is rejected."""
        text = batch.column("text")
        suspects = pc.or_(find_documents(text, _find_line_ends), _find_document_ends(text))
        if not pc.any(suspects).as_py():
            return Verdict(text)
        stripped = _strip(text.filter(suspects))
        return Verdict(pc.replace_with_mask(text, suspects, stripped))


def _find_line_ends(window: Bytes) -> Positions:
    # Line feeds are frequent and blanks before one are rare: few positions are looked up.
    return np.flatnonzero(_is_blank(window[:-1]) & (window[1:] == _LINE_FEED))


def _find_document_ends(text: pa.Array) -> pa.Array:
    data, offsets = text_bytes(text)
    marked = np.zeros(len(text), np.bool_)
    lengths = np.diff(offsets)
    some, more = np.flatnonzero(lengths > 0), np.flatnonzero(lengths > 1)
    ends = offsets[1:]
    marked[some] = _is_blank(data[ends[some] - 1])
    marked[more] |= (data[ends[more] - 1] == _LINE_FEED) & (data[ends[more] - 2] == _LINE_FEED)
    return pa.array(marked)


def _is_blank(characters: Bytes) -> npt.NDArray[np.bool_]:
    blank: npt.NDArray[np.bool_] = (characters == 0x20) | (characters == 0x09)
    return blank


def _strip(texts: pa.Array) -> pa.Array:
    # Arrow's expressions take linear time in a long run of spaces, where Python's take quadratic.
    stripped = pc.replace_substring_regex(texts, r"[ \t]+(\n|\z)", r"\1")
    return pc.replace_substring_regex(stripped, r"\n\n+\z", "\n")
