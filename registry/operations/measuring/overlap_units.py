"""Find the documents of a unit that overlap with evaluation data."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from registry.document_index.rows import keys_of
from registry.documents import KEY, Outcome
from registry.domain.digest import Digest
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.progress import Done
from registry.embedding.ngrams import HashSet, hash_ngrams
from registry.embedding.words import split_words
from registry.execution.base import Report
from registry.operations.passes.planning import PlannedUnit
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.units import Unit, UnitWork
from registry.storage.row_groups import StagedParquet

HITS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("key", KEY, nullable=False),
        pa.field("ngrams", pa.list_(pa.int64()), nullable=False),
    ]
)
"""Documents that may overlap, in order: places of their n-grams among those that are looked for,
each once; none: too short for an n-gram, but of the key of an item."""


class OverlapUnit(Unit):
    """A unit whose documents were compared."""

    hits: Digest
    """The object that holds what was found: `HITS`."""

    def objects(self) -> list[Digest]:
        """See `Unit.objects`."""
        return [*super().objects(), self.hits]


@dataclass
class FindingOverlap(UnitWork[OverlapUnit]):
    """Compare each document with n-grams and keys, which lie in the store."""

    words: int
    ngrams: Digest
    """Numbers of 64 bits, rising."""

    keys: Digest
    """Keys of 16 bytes."""

    unit_kind = OverlapUnit
    core_bytes_per_second = 25e6

    def prepare(self) -> None:
        """Load what is looked for."""
        _ = self._ngrams, self._keys

    @cached_property
    def _ngrams(self) -> HashSet:
        return HashSet(np.frombuffer(self.place.store.read(self.ngrams), np.uint64))

    @cached_property
    def _keys(self) -> frozenset[bytes]:
        data = self.place.store.read(self.keys)
        starts = range(0, len(data), KEY.byte_width)
        return frozenset(data[start : start + KEY.byte_width] for start in starts)

    def carry_out(
        self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report
    ) -> OverlapUnit:
        """See `UnitWork.carry_out`."""
        del unit
        ledgers: list[Ledger] = []
        quarantine = QuarantineWriter(self.place.store)
        file = StagedParquet(self.place.store, HITS, compression="zstd")
        try:
            for outcome in outcomes:
                processed = self.pipeline(outcome)
                quarantine.write(processed.rejected)
                ledgers.append(processed.ledger)
                found = self._compare(processed.kept)
                if len(found):
                    file.write(found)
                report(Done.of(processed.ledger))
            hits = file.commit()
        finally:
            file.discard()
        return OverlapUnit(
            shards=(),
            ledger=add_ledgers(ledgers).check(),
            index=None,
            quarantine=quarantine.finish(),
            state=self.encode_state(),
            hits=hits.digest,
        )

    def _compare(self, documents: pa.RecordBatch) -> pa.Table:
        """Return the documents that overlap: `HITS`."""
        words = split_words(documents.column("text"))
        hashes, holders = hash_ngrams(words, size=self.words)
        at, places = self._ngrams.find(hashes)
        pairs = np.unique(np.stack([holders[at], places]), axis=1)
        # A document that is an item as a whole shares its n-grams, if it is long enough for one.
        candidates = np.union1d(pairs[0], np.flatnonzero(words.lengths < self.words))
        chosen = documents.take(pa.array(candidates))
        keys = keys_of(chosen.column("text"))[0]
        counts = np.bincount(pairs[0], minlength=len(documents))[candidates]
        ends = np.concatenate([[0], np.cumsum(counts)])
        table = pa.Table.from_arrays(
            [
                chosen.column("id"),
                chosen.column("source"),
                pa.array(keys, KEY),
                pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(pairs[1])),
            ],
            schema=HITS,
        )
        is_hit = (counts > 0) | np.array([key in self._keys for key in keys], np.bool_)
        return table.filter(pa.array(is_hit))
