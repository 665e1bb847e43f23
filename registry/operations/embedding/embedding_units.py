"""The work on one unit of each pass of `embed`: count words, count pairs, write vectors."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from registry.document_index.rows import keys_of
from registry.documents import EMBEDDED, EXCERPT_CHARACTERS, KEY, Outcome, with_embedding
from registry.domain.digest import Digest
from registry.domain.embedding import EmbeddingKind, StaticParameters
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.progress import Done
from registry.domain.version import Shard
from registry.embedding.cooccurrence import PairCounter
from registry.embedding.vocabulary import WordCounter
from registry.embedding.words import split_words
from registry.execution.base import Report
from registry.operations.embedding.embedding_files import (
    read_vocabulary,
    write_pairs,
    write_word_counts,
)
from registry.operations.embedding.embedding_models import Encode, ModelFiles, load_model
from registry.operations.passes.planning import PlannedUnit
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.units import Unit, UnitWork
from registry.storage.objects import StoredObject
from registry.storage.row_groups import RowGroups, StagedParquet

_ROW_GROUP_BYTES = 16 << 20
_KEY_RANGE = 1 << 64


class CountedUnit(Unit):
    """What a finished unit of counting left behind."""

    counts: Digest

    def objects(self) -> list[Digest]:
        """Return the objects that must be there for the unit to count as finished."""
        return [*super().objects(), self.counts]


class EmbeddedUnit(Unit):
    """What a finished unit of vectors left behind."""

    num_zero: int
    """Documents without any known term."""


@dataclass
class _Training(UnitWork[CountedUnit]):
    """A pass over the documents that a model is trained on."""

    parameters: StaticParameters
    fraction: float
    """The share of documents that is trained on, drawn by their keys."""

    unit_kind = CountedUnit

    def carry_out(
        self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report
    ) -> CountedUnit:
        """See `UnitWork.carry_out`."""
        del unit
        ledgers: list[Ledger] = []
        counts = self.count(self._texts(outcomes, ledgers, report))
        return CountedUnit(
            shards=(),
            ledger=add_ledgers(ledgers).check(),
            index=None,
            quarantine=None,
            state=self.encode_state(),
            counts=counts.digest,
        )

    @abstractmethod
    def count(self, texts: Iterator[pa.Array]) -> StoredObject:
        """Count what the pass is for, and store it."""

    def _texts(
        self, outcomes: Iterator[Outcome], ledgers: list[Ledger], report: Report
    ) -> Iterator[pa.Array]:
        for outcome in outcomes:
            processed = self.pipeline(outcome)
            ledgers.append(processed.ledger)
            yield draw(processed.kept.column("text"), self.fraction)
            report(Done.of(processed.ledger))


@dataclass
class CountingWords(_Training):
    """Count the words of a unit."""

    core_bytes_per_second = 40e6

    def count(self, texts: Iterator[pa.Array]) -> StoredObject:
        """See `_Training.count`."""
        counter = WordCounter()
        for words in map(split_words, texts):
            counter.add(words)
        return write_word_counts(self.place.store, counter.to_table())


@dataclass
class CountingPairs(_Training):
    """Count the pairs of terms of a unit."""

    vocabulary: Digest

    core_bytes_per_second = 12e6

    def count(self, texts: Iterator[pa.Array]) -> StoredObject:
        """See `_Training.count`."""
        terms = read_vocabulary(self.place.store, self.vocabulary)
        counter = PairCounter(
            num_terms=len(terms),
            window=self.parameters.window,
            max_pairs=self.parameters.max_pairs,
        )
        for words in map(split_words, texts):
            counter.add(terms.encode(words), words.lengths)
        return write_pairs(self.place.store, counter.finish())


@dataclass
class Embedding(UnitWork[EmbeddedUnit]):
    """Write the vectors of a unit's documents."""

    files: ModelFiles

    unit_kind = EmbeddedUnit

    @property
    def core_bytes_per_second(self) -> float:
        """See `UnitWork.core_bytes_per_second`."""
        return 30e6 if self.files.model.kind is EmbeddingKind.STATIC else 5e6

    def prepare(self) -> None:
        """Load the model."""
        _ = self.encode

    @cached_property
    def encode(self) -> Encode:
        """The model at work, loaded once."""
        return load_model(self.place.store, self.files).encode

    def carry_out(
        self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report
    ) -> EmbeddedUnit:
        """See `UnitWork.carry_out`."""
        return _EmbeddingPass(self, report).run(outcomes, number=unit.number)


class _EmbeddingPass:
    """The pass over one unit."""

    def __init__(self, work: Embedding, report: Report) -> None:
        self._work = work
        self._report = report
        self._store = work.place.store
        self._schema = with_embedding(EMBEDDED, work.files.model.dimensions)
        self._groups = RowGroups(self._schema, group_bytes=_ROW_GROUP_BYTES)
        self._quarantine = QuarantineWriter(self._store)
        self._ledgers: list[Ledger] = []
        self._num_documents = 0
        self._num_zero = 0

    def run(self, outcomes: Iterator[Outcome], *, number: int) -> EmbeddedUnit:
        file = StagedParquet(self._store, self._schema, compression="zstd", use_dictionary=False)
        try:
            for batch in self._batches(outcomes):
                for group in self._groups.add(batch):
                    file.write(group)
            for group in self._groups.drain():
                file.write(group)
            shards = self._commit(file, number=number)
        finally:
            file.discard()
        return EmbeddedUnit(
            shards=shards,
            ledger=add_ledgers(self._ledgers).check(),
            index=None,
            quarantine=self._quarantine.finish(),
            state=self._work.encode_state(),
            num_zero=self._num_zero,
        )

    def _batches(self, outcomes: Iterator[Outcome]) -> Iterator[pa.RecordBatch]:
        for outcome in outcomes:
            processed = self._work.pipeline(outcome)
            self._quarantine.write(processed.rejected)
            self._ledgers.append(processed.ledger)
            if len(processed.kept):
                yield self._embed(processed.kept)
            self._report(Done.of(processed.ledger))

    def _embed(self, documents: pa.RecordBatch) -> pa.RecordBatch:
        texts = documents.column("text")
        vectors = self._work.encode(texts)
        self._num_documents += len(documents)
        self._num_zero += int(np.count_nonzero(~vectors.any(axis=1)))
        excerpts = pc.utf8_slice_codeunits(texts, 0, EXCERPT_CHARACTERS).cast(pa.string())
        flat = pa.array(np.ascontiguousarray(vectors).reshape(-1))
        return pa.RecordBatch.from_arrays(
            [
                documents.column("id"),
                documents.column("source"),
                pa.array(keys_of(texts)[0], KEY),
                excerpts,
                pa.FixedSizeListArray.from_arrays(flat, type=self._schema.field("embedding").type),
            ],
            schema=self._schema,
        )

    def _commit(self, file: StagedParquet, *, number: int) -> tuple[Shard, ...]:
        if not self._num_documents:
            return ()
        stored = file.commit()
        shard = Shard(
            path=f"embeddings-{number:05}.parquet",
            digest=stored.digest,
            num_bytes=stored.num_bytes,
            num_documents=self._num_documents,
            num_text_bytes=0,
        )
        return (shard,)


def draw(texts: pa.Array, fraction: float) -> pa.Array:
    """Return the documents that are drawn by their keys, so that no batch or worker matters."""
    if fraction >= 1 or not len(texts):
        return texts
    firsts = np.frombuffer(b"".join(keys_of(texts)[0]), ">u8")[::2]
    return texts.filter(pa.array(firsts < np.uint64(int(fraction * (_KEY_RANGE - 1)))))
