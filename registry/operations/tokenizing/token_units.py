"""The work on one unit of a pass over tokens: encode, count, and write the ids."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from registry.document_index.building import DocumentIndexBuilder
from registry.documents import Outcome
from registry.domain.digest import Digest
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.progress import Done
from registry.domain.version import Shard
from registry.execution.base import Report
from registry.operations.passes.indexes import write_index
from registry.operations.passes.planning import PlannedUnit
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.units import Unit, UnitWork
from registry.operations.tokenizing.counting import Counting, refuse_too_long
from registry.operations.tokenizing.engines import load_counting_encoder
from registry.tokenization.encoder import Encoded, Encoder
from registry.tokenization.formats.megatron import MegatronWriter, dtype_for
from registry.tokenization.special_tokens import add_special_tokens
from registry.tokenization.tally import Tally


class TokenUnit(Unit):
    """What a finished unit of counting left behind."""

    tally: Digest
    num_tokens: int
    num_special_tokens: int
    num_empty_documents: int
    is_fast: bool
    """Whether the fast engine encoded it, which may turn out not to be trusted."""

    @property
    def done(self) -> Done:
        """See `Unit.done`."""
        return Done.of(self.ledger, num_tokens=self.num_tokens)

    def objects(self) -> list[Digest]:
        """Return the objects that must be there for the unit to count as finished."""
        return [*super().objects(), self.tally]


@dataclass
class Tokenizing(UnitWork[TokenUnit]):
    """Encode and count the documents of a unit, and write their tokens."""

    counting: Counting
    is_fast: bool

    unit_kind = TokenUnit

    @property
    def core_bytes_per_second(self) -> float:
        """See `UnitWork.core_bytes_per_second`; by `python -m benchmarks pass`, one worker."""
        return 60e6 if self.is_fast else 1.5e6

    def prepare(self) -> None:
        """Load the engine."""
        _ = self.encoder

    def accepts(self, unit: TokenUnit) -> bool:
        """Take what the reference encoded always, and what the fast engine did while it is used."""
        return self.is_fast or not unit.is_fast

    def carry_out(
        self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report
    ) -> TokenUnit:
        """See `UnitWork.carry_out`."""
        return _UnitPass(self, report).run(outcomes, number=unit.number)

    @cached_property
    def encoder(self) -> Encoder:
        """The tokenizer at work, loaded once: that takes longer than a small unit."""
        return load_counting_encoder(self.place, self.counting, is_fast=self.is_fast)


class _UnitPass:
    """The pass over one unit."""

    def __init__(self, work: Tokenizing, report: Report) -> None:
        self._work = work
        self._report = report
        self._store = work.place.store
        self._tally = Tally(work.counting.tokenizer, work.encoder)
        self._index = DocumentIndexBuilder()
        self._quarantine = QuarantineWriter(self._store)
        self._ledgers: list[Ledger] = []
        self._num_special_tokens = 0
        self._num_empty_documents = 0

    def run(self, outcomes: Iterator[Outcome], *, number: int) -> TokenUnit:
        shards: tuple[Shard, ...] = ()
        if self._work.counting.count_only:
            for _ in self._encode(outcomes):
                pass
        else:
            shards = self._write(outcomes, number)
        return TokenUnit(
            shards=shards,
            ledger=add_ledgers(self._ledgers).check(),
            index=write_index(self._store, [self._index.to_batch()]),
            tally=self._store.put_bytes(self._tally.state()).digest,
            num_tokens=self._tally.num_tokens,
            num_special_tokens=self._num_special_tokens,
            num_empty_documents=self._num_empty_documents,
            is_fast=self._work.is_fast,
            quarantine=self._quarantine.finish(),
            state=self._work.encode_state(),
        )

    def _encode(self, outcomes: Iterator[Outcome]) -> Iterator[Encoded]:
        encoder, policy = self._work.encoder, self._work.counting.policy
        for outcome in outcomes:
            processed = refuse_too_long(self._work.pipeline(outcome), encoder)
            encoded = encoder.encode(processed.kept.column("text"))
            self._tally.add(processed.kept, encoded)
            self._index.add(processed.kept.column("text"), encoded.lengths)
            self._quarantine.write(processed.rejected)
            self._ledgers.append(processed.ledger)
            self._num_empty_documents += int(np.count_nonzero(encoded.lengths == 0))
            with_special = add_special_tokens(encoded, policy)
            self._num_special_tokens += len(with_special.ids) - len(encoded.ids)
            self._report(Done.of(processed.ledger, num_tokens=len(encoded.ids)))
            yield with_special

    def _write(self, outcomes: Iterator[Outcome], number: int) -> tuple[Shard, ...]:
        store = self._store
        dtype = dtype_for(self._work.counting.tokenizer.highest_id)
        with store.stage() as bin_path, store.stage() as idx_path:
            with MegatronWriter(bin_path, idx_path, dtype) as writer:
                for encoded in self._encode(outcomes):
                    writer.write(encoded)
            stem = f"tokens-{number:05}"
            shards = []
            for path, suffix in ((bin_path, "bin"), (idx_path, "idx")):
                stored = store.commit(path)
                shards.append(
                    Shard(
                        path=f"{stem}.{suffix}",
                        digest=stored.digest,
                        num_bytes=stored.num_bytes,
                        num_documents=writer.num_documents if suffix == "bin" else 0,
                        num_text_bytes=0,
                    )
                )
        return tuple(shards)
