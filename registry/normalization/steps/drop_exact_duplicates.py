"""Of documents with the same text, the first in reading order stays.

Two documents are the same when their UTF-8 texts have the same key
(`registry.domain.digest.document_key`). The others are rejected as `exact-duplicate`. The step
remembers the key of every document it kept: about 100 bytes of memory a document.
"""

from typing import ClassVar, Final

import pyarrow as pa

from registry.domain.digest import document_keys
from registry.normalization.parameters import Parameters
from registry.normalization.steps.base import Step
from registry.normalization.verdict import Verdict

EXACT_DUPLICATE: Final = "exact-duplicate"
KEY_BYTES = 16


class DropExactDuplicatesParameters(Parameters):
    """None."""


class DropExactDuplicates(Step[DropExactDuplicatesParameters]):
    """Rejects documents whose text occurred before; the first in reading order stays."""

    name: ClassVar[str] = "drop_exact_duplicates"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = DropExactDuplicatesParameters
    keeps_state: ClassVar[bool] = True

    def __init__(self, parameters: DropExactDuplicatesParameters) -> None:
        super().__init__(parameters)
        self._seen: set[bytes] = set()
        self._learned: list[bytes] = []

    def __call__(self, batch: pa.RecordBatch) -> Verdict:
        """Judge a batch of `DOCUMENTS`; no text is changed."""
        text = batch.column("text")
        keys = document_keys(scalar.as_buffer() for scalar in text)
        reasons = [None if self._learn(key) else EXACT_DUPLICATE for key in keys]
        return Verdict(text, pa.array(reasons, pa.string()))

    def take_state(self) -> bytes:
        """Return the keys of the documents kept since the last call, 16 bytes each."""
        state = b"".join(self._learned)
        self._learned.clear()
        return state

    def restore_state(self, state: bytes) -> None:
        """Remember the keys that `take_state` returned."""
        starts = range(0, len(state), KEY_BYTES)
        self._seen.update(state[start : start + KEY_BYTES] for start in starts)

    def _learn(self, key: bytes) -> bool:
        if key in self._seen:
            return False
        self._seen.add(key)
        self._learned.append(key)
        return True
