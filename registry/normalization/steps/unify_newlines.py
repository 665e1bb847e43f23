r"""Every line ends with a line feed.

CR LF and CR become LF. With `unicode_separators`, U+0085 (next line), U+2028 (line separator) and
U+2029 (paragraph separator) do too.

Source: The Unicode Standard, chapter 5.8, newline guidelines.
"""

import re
from typing import ClassVar

import numpy as np
import pyarrow as pa

from registry.normalization.columns import (
    Bytes,
    Positions,
    find_documents,
    find_range,
    rewrite_lines,
)
from registry.normalization.parameters import Parameters
from registry.normalization.steps.base import Step
from registry.normalization.verdict import Verdict

_CARRIAGE_RETURN = 0x0D
_SEPARATORS = re.compile("[\u0085\u2028\u2029]")


class UnifyNewlinesParameters(Parameters):
    """Which characters end a line."""

    unicode_separators: bool = False
    """Whether U+0085, U+2028 and U+2029 become line feeds as well."""


class UnifyNewlines(Step[UnifyNewlinesParameters]):
    """Turns CR LF and CR into LF."""

    name: ClassVar[str] = "unify_newlines"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = UnifyNewlinesParameters

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; nothing is rejected."""
        text = batch.column("text")
        text = rewrite_lines(text, find_documents(text, _find_returns), _unify_returns)
        if self.parameters.unicode_separators:
            text = rewrite_lines(text, find_documents(text, _find_separators), _unify_separators)
        return Verdict(text)


def _find_returns(window: Bytes) -> Positions:
    return np.flatnonzero(window == _CARRIAGE_RETURN)


def _find_separators(window: Bytes) -> Positions:
    next_line = find_range(window, "\u0085", "\u0085")
    return np.sort(np.concatenate([next_line, find_range(window, "\u2028", "\u2029")]))


def _unify_returns(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unify_separators(text: str) -> str:
    return _SEPARATORS.sub("\n", text)
