r"""NUL characters are removed, and nothing else.

Compilers and interpreters refuse source code with NULs in it; they come from padding and from
UTF-16 that was read as UTF-8. A byte-order mark that stood behind leading NULs would become the
beginning of the document and goes with them.
"""

from typing import ClassVar

import numpy as np
import pyarrow as pa

from registry.normalization.columns import Bytes, Positions, find_documents, rewrite
from registry.normalization.parameters import Parameters
from registry.normalization.steps.base import Step
from registry.normalization.verdict import Verdict


class RemoveNullsParameters(Parameters):
    """None."""


class RemoveNulls(Step[RemoveNullsParameters]):
    """Removes NUL characters."""

    name: ClassVar[str] = "remove_nulls"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = RemoveNullsParameters

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; nothing is rejected."""
        text = batch.column("text")
        return Verdict(rewrite(text, find_documents(text, _find_nulls), _remove_nulls))


def _find_nulls(window: Bytes) -> Positions:
    return np.flatnonzero(window == 0)


def _remove_nulls(text: str) -> str:
    if text.startswith("\0"):
        text = text.lstrip("\0\ufeff")
    return text.replace("\0", "")
