r"""Text is put in a Unicode normalization form.

NFC, the default, changes how characters are written and never which ones they are. NFKC and NFKD
lose distinctions (superscripts, ligatures, full width) and belong in views, not in training text.

The Unicode version is that of the running Python. Versions differ only in characters that the
older one does not know (Unicode stability policy), so text in NFC stays in NFC.

Source: Unicode Standard Annex 15, Unicode normalization forms.
"""

import unicodedata
from functools import partial
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from registry.normalization.columns import (
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

# The first byte of the first character that a form may change. NFC: U+0300, the first combining
# mark; NFD: U+00C0, the first letter with an accent; NFKC and NFKD: U+00A0, the no-break space.
_FIRST_LEAD = {"NFC": 0xCC, "NFD": 0xC3, "NFKC": 0xC2, "NFKD": 0xC2}


class UnicodeNormalizeParameters(Parameters):
    """Which form text is put in."""

    form: Literal["NFC", "NFD", "NFKC", "NFKD"] = "NFC"
    """The normalization form."""


class UnicodeNormalize(Step[UnicodeNormalizeParameters]):
    """Puts text in a Unicode normalization form, NFC unless told."""

    name: ClassVar[str] = "unicode_normalize"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = UnicodeNormalizeParameters

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; nothing is rejected."""
        text = batch.column("text")
        form = self.parameters.form
        suspects = find_documents(text, partial(_find_from, _FIRST_LEAD[form]))
        return Verdict(rewrite_lines(text, suspects, partial(unicodedata.normalize, form)))


def _find_from(lead: int, window: Bytes) -> Positions:
    if window.max() < lead:
        return NOWHERE
    may_change = window >= lead
    if lead > _FIRST_LEAD["NFKC"]:
        # Dashes, quotation marks, bullets and ellipses are what makes most English text other
        # than ASCII. They neither compose nor decompose.
        may_change[find_range(window, "\u2010", "\u203f")] = False
    return np.flatnonzero(may_change)
