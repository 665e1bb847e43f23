"""The ledger of a run: what went into each step, what it kept, what it rejected and why.

For every step, documents in = kept + rejected and bytes in = bytes of the kept documents before
the step + bytes of the rejected ones. What a step kept is what the next one takes in.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

from registry.domain.base import Value
from registry.errors import BalanceError


class Rejected(Value):
    """The documents that one step rejected for one reason."""

    reason: str
    num_documents: int
    num_bytes: int


class LedgerEntry(Value):
    """The account of one step of a run.

    Bytes are UTF-8 bytes of text; what the reader rejected counts with all its bytes as found.
    """

    position: int
    """The step's place in the run, from 0; place 0 is the reader."""

    step: str
    documents_in: int
    bytes_in: int

    documents_kept: int
    bytes_kept_in: int
    """Bytes of the kept documents as they came in."""

    bytes_kept: int
    """Bytes of the kept documents as they went out."""

    rejected: tuple[Rejected, ...] = ()
    """One item a reason, sorted by reason."""

    documents_changed: int = 0
    """Kept documents whose text the step changed."""

    def __add__(self, other: Self) -> Self:
        """Add the account of the same step over other documents."""
        if (self.position, self.step) != (other.position, other.step):
            raise BalanceError(
                f"ledger entries of different steps were added: {self.step}, {other.step}"
            )
        return self.model_copy(
            update={
                "documents_in": self.documents_in + other.documents_in,
                "bytes_in": self.bytes_in + other.bytes_in,
                "documents_kept": self.documents_kept + other.documents_kept,
                "bytes_kept_in": self.bytes_kept_in + other.bytes_kept_in,
                "bytes_kept": self.bytes_kept + other.bytes_kept,
                "rejected": _add_rejected(self.rejected + other.rejected),
                "documents_changed": self.documents_changed + other.documents_changed,
            }
        )


class Ledger(Value):
    """The accounts of all steps of a run, in order."""

    entries: tuple[LedgerEntry, ...]

    @property
    def documents_in(self) -> int:
        """Documents that the run took in."""
        return self.entries[0].documents_in if self.entries else 0

    @property
    def bytes_in(self) -> int:
        """UTF-8 bytes of text that the run took in."""
        return self.entries[0].bytes_in if self.entries else 0

    @property
    def documents_kept(self) -> int:
        """Documents that came through every step."""
        return self.entries[-1].documents_kept if self.entries else 0

    @property
    def bytes_kept(self) -> int:
        """UTF-8 bytes of text that came through every step, as they went out."""
        return self.entries[-1].bytes_kept if self.entries else 0

    @property
    def rejected(self) -> dict[str, int]:
        """Documents rejected by reason, over all steps."""
        total: Counter[str] = Counter()
        for entry in self.entries:
            total.update({item.reason: item.num_documents for item in entry.rejected})
        return dict(sorted(total.items()))

    def __add__(self, other: Self) -> Self:
        """Add the ledger of the same steps over other documents, step by step."""
        pairs = zip(self.entries, other.entries, strict=True)
        return self.model_copy(update={"entries": tuple(mine + theirs for mine, theirs in pairs)})

    def check(self) -> Self:
        """Return the ledger if its books balance.

        Raises:
            BalanceError: In some step, or between two, documents or bytes appear or vanish.
        """
        for entry in self.entries:
            _check_entry(entry)
        for before, after in zip(self.entries, self.entries[1:], strict=False):
            if (before.documents_kept, before.bytes_kept) != (after.documents_in, after.bytes_in):
                raise BalanceError(
                    f"{before.step} kept {before.documents_kept} documents, {before.bytes_kept} "
                    f"bytes, but {after.step} took in {after.documents_in}, {after.bytes_in}"
                )
        return self


def add_ledgers(ledgers: Sequence[Ledger]) -> Ledger:
    """Return the sum of the ledgers of parts of a run; of no part, the empty ledger."""
    if not ledgers:
        return Ledger(entries=())
    total = ledgers[0]
    for ledger in ledgers[1:]:
        total += ledger
    return total


def _add_rejected(items: Iterable[Rejected]) -> tuple[Rejected, ...]:
    documents: Counter[str] = Counter()
    num_bytes: Counter[str] = Counter()
    for item in items:
        documents[item.reason] += item.num_documents
        num_bytes[item.reason] += item.num_bytes
    return tuple(
        Rejected(reason=reason, num_documents=documents[reason], num_bytes=num_bytes[reason])
        for reason in sorted(documents)
    )


def _check_entry(entry: LedgerEntry) -> None:
    rejected_documents = sum(item.num_documents for item in entry.rejected)
    rejected_bytes = sum(item.num_bytes for item in entry.rejected)
    if entry.documents_in != entry.documents_kept + rejected_documents:
        raise BalanceError(
            f"{entry.step}: {entry.documents_in} documents in, "
            f"{entry.documents_kept} kept + {rejected_documents} rejected"
        )
    if entry.bytes_in != entry.bytes_kept_in + rejected_bytes:
        raise BalanceError(
            f"{entry.step}: {entry.bytes_in} bytes in, "
            f"{entry.bytes_kept_in} kept + {rejected_bytes} rejected"
        )
