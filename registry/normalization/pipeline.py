"""A recipe at work: what a reader yields in, documents, rejections and a ledger out."""

import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import DOCUMENTS, NO_REJECTIONS, Outcome, num_text_bytes, reject
from registry.domain.ledger import Ledger, LedgerEntry, Rejected
from registry.domain.recipe import Recipe
from registry.normalization.building import build_steps
from registry.normalization.columns import count_changes
from registry.normalization.verdict import Verdict

READ: Final = "read"
"""The name under which the reader stands in a ledger, at place 0."""

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Processed:
    """What a recipe makes of a batch."""

    kept: pa.RecordBatch
    """`DOCUMENTS`, in reading order."""

    rejected: tuple[pa.RecordBatch, ...]
    """`REJECTIONS`: the reader's, then those of each step; a batch for each entry of the ledger."""

    ledger: Ledger
    """The reader's account at place 0, then one of each step."""


class Pipeline:
    """The steps of a recipe, with what they learned from the documents so far.

    Where a step keeps a state, batches must come in reading order. How documents are cut into
    batches changes neither which are kept nor their text.
    """

    def __init__(self, recipe: Recipe) -> None:
        """Build the steps.

        Raises:
            RecipeError: This program lacks a step of the recipe, or has another version of it.
        """
        self._steps = build_steps(recipe)

    @property
    def keeps_state(self) -> bool:
        """Whether a step remembers earlier documents, so that batches must come in their order."""
        return any(step.keeps_state for step in self._steps)

    def __call__(self, outcome: Outcome) -> Processed:
        """Take a batch through every step.

        Args:
            outcome: What a reader yields: `kept` are `RAW_DOCUMENTS`.

        Raises:
            BalanceError: The books do not balance, which is a defect of a step.
        """
        batch = originals = outcome.kept
        rejections = [outcome.rejected]
        entries = [account_for_reader(outcome, kept_bytes=num_text_bytes(outcome.kept))]
        for position, step in enumerate(self._steps, start=1):
            verdict, rejected = step(batch), NO_REJECTIONS
            reasons = verdict.find_reasons()
            if reasons is not None:
                # What is quarantined is the row as it was read, whatever earlier steps made of it.
                is_rejected = pc.is_valid(reasons)
                stated = reasons.drop_null().to_pylist()
                rejected = reject(originals, is_rejected, step=step.name, reasons=stated)
                originals = originals.filter(pc.is_null(reasons))
            rejections.append(rejected)
            batch, entry = _apply(verdict, batch, step=step.name, position=position)
            entries.append(entry)
        ledger = Ledger(entries=tuple(entries)).check()
        return Processed(kept=batch, rejected=tuple(rejections), ledger=ledger)

    def rewrite(self, documents: pa.RecordBatch) -> pa.RecordBatch:
        """Return `RAW_DOCUMENTS` as the steps would write them, whichever of them they reject."""
        for step in self._steps:
            documents = _replace_text(documents, step(documents).text)
        return documents

    def take_state(self) -> bytes:
        """Return what the steps learned since the last call, for a checkpoint; empty if nothing."""
        states = [step.take_state() for step in self._steps]
        if not any(states):
            return b""
        return b"".join(_LENGTH.pack(len(state)) + state for state in states)

    def restore_state(self, state: bytes) -> None:
        """Learn again what `take_state` returned; call it with each state, in the order taken."""
        if not state:
            return
        start = 0
        for step in self._steps:
            (length,) = _LENGTH.unpack_from(state, start)
            start += _LENGTH.size
            step.restore_state(state[start : start + length])
            start += length


def _apply(
    verdict: Verdict, batch: pa.RecordBatch, *, step: str, position: int
) -> tuple[pa.RecordBatch, LedgerEntry]:
    """Return the documents that stay, and the step's account of those and the rejected ones."""
    before, after = batch, _replace_text(batch, verdict.text)
    items: tuple[Rejected, ...] = ()
    reasons = verdict.find_reasons()
    if reasons is not None:
        is_kept = pc.is_null(reasons)
        sizes = pc.binary_length(batch.column("text")).filter(pc.is_valid(reasons)).to_pylist()
        items = sum_by_reason(reasons.drop_null().to_pylist(), sizes)
        before, after = batch.filter(is_kept), after.filter(is_kept)
    entry = LedgerEntry(
        position=position,
        step=step,
        documents_in=len(batch),
        bytes_in=num_text_bytes(batch),
        documents_kept=len(after),
        bytes_kept_in=num_text_bytes(before),
        bytes_kept=num_text_bytes(after),
        rejected=items,
        documents_changed=count_changes(before.column("text"), after.column("text")),
    )
    return after, entry


def _replace_text(batch: pa.RecordBatch, text: pa.Array) -> pa.RecordBatch:
    columns = [text if name == "text" else batch.column(name) for name in DOCUMENTS.names]
    return pa.RecordBatch.from_arrays(columns, schema=DOCUMENTS)


def account_for_reader(outcome: Outcome, *, kept_bytes: int) -> LedgerEntry:
    """Return the account of reading a batch, at place 0 of a ledger."""
    kept, rejected = len(outcome.kept), outcome.rejected
    items = sum_by_reason(
        rejected.column("reason").to_pylist(), rejected.column("num_bytes").to_pylist()
    )
    return LedgerEntry(
        position=0,
        step=READ,
        documents_in=kept + len(rejected),
        bytes_in=kept_bytes + sum(item.num_bytes for item in items),
        documents_kept=kept,
        bytes_kept_in=kept_bytes,
        bytes_kept=kept_bytes,
        rejected=items,
    )


def sum_by_reason(reasons: Sequence[str], sizes: Sequence[int]) -> tuple[Rejected, ...]:
    """Return what was rejected, one item a reason, sorted by reason."""
    num_bytes: Counter[str] = Counter()
    for reason, size in zip(reasons, sizes, strict=True):
        num_bytes[reason] += size
    num_documents = Counter(reasons)
    return tuple(
        Rejected(reason=reason, num_documents=num_documents[reason], num_bytes=num_bytes[reason])
        for reason in sorted(num_documents)
    )
