"""How far a task is."""

from dataclasses import dataclass
from typing import Self

from registry.domain.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Done:
    """What was done of a task; such values add up."""

    num_bytes: int = 0
    """Bytes of text as they were read, or of what else the task is about."""

    num_documents: int = 0
    num_rejected: int = 0
    """How many of the documents were rejected."""

    num_tokens: int = 0

    @classmethod
    def of(cls, ledger: Ledger, *, num_tokens: int = 0) -> Self:
        """Return what the books say of a batch or unit."""
        return cls(
            num_bytes=ledger.bytes_in,
            num_documents=ledger.documents_in,
            num_rejected=ledger.documents_in - ledger.documents_kept,
            num_tokens=num_tokens,
        )

    def __add__(self, other: "Done") -> "Done":
        return Done(
            num_bytes=self.num_bytes + other.num_bytes,
            num_documents=self.num_documents + other.num_documents,
            num_rejected=self.num_rejected + other.num_rejected,
            num_tokens=self.num_tokens + other.num_tokens,
        )
