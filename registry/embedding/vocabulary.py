"""Which words are terms: count all words, keep the most frequent."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from registry.embedding.words import Numbers, Words

WORD_COUNTS = pa.schema(
    [
        pa.field("word", pa.large_string(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
    ]
)
"""How often each word occurs, sorted by word."""

MAX_WORDS = 4_000_000
"""Distinct words that are counted at a time over a version; beyond it the rarest are forgotten."""

_MAX_PENDING = 2_000_000


class WordCounter:
    """Counts words exactly."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self._num_pending = 0

    def add(self, words: Words) -> None:
        """Count the words of some documents."""
        counts = np.bincount(words.codes, minlength=len(words.distinct))
        self.add_counts(pa.Table.from_arrays([words.distinct, pa.array(counts)], WORD_COUNTS.names))

    def add_counts(self, counts: pa.Table) -> None:
        """Count words that were counted before: `WORD_COUNTS` in any order."""
        self._tables.append(counts)
        self._num_pending += len(counts)
        if self._num_pending > _MAX_PENDING:
            self._merge()

    def forget_rare(self, *, most: int = MAX_WORDS) -> None:
        """Keep the most frequent words only, of equally frequent ones those that sort first."""
        table = self.to_table()
        if len(table) > most:
            order = [("count", "descending"), ("word", "ascending")]
            table = table.sort_by(order).slice(0, most).sort_by("word")
        self._tables = [table]

    def to_table(self) -> pa.Table:
        """Return what was counted: `WORD_COUNTS`."""
        self._merge()
        return self._tables[0].sort_by("word").cast(WORD_COUNTS)

    def _merge(self) -> None:
        joined = pa.concat_tables(self._tables or [WORD_COUNTS.empty_table()])
        summed = joined.group_by("word").aggregate([("count", "sum")])
        self._tables = [summed.rename_columns(["word", "count"])]
        self._num_pending = 0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms, most frequent first."""

    terms: pa.Array
    """`large_string`."""

    counts: Numbers
    num_words: int
    """All words that were counted, those that are no terms included."""

    def __len__(self) -> int:
        return len(self.terms)

    def find(self, words: pa.Array) -> Numbers:
        """Return for each word the number of its term, or -1."""
        found = pc.index_in(words, value_set=self.terms)
        numbers: Numbers = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return numbers

    def encode(self, words: Words) -> Numbers:
        """Return the number of each word's term, or -1."""
        return self.find(words.distinct)[words.codes]


def choose_terms(counts: pa.Table, *, min_count: int, max_terms: int) -> Vocabulary:
    """Return the most frequent words, of equally frequent ones those that sort first.

    Args:
        counts: `WORD_COUNTS`.
        min_count: A word that occurs less often is no term.
        max_terms: How many there are at most.
    """
    frequent = counts.filter(pc.greater_equal(counts.column("count"), min_count))
    order = [("count", "descending"), ("word", "ascending")]
    chosen = frequent.sort_by(order).slice(0, max_terms).combine_chunks()
    return Vocabulary(
        terms=_one_array(chosen.column("word").chunks),
        counts=chosen.column("count").to_numpy().astype(np.int64),
        num_words=int(pc.sum(counts.column("count")).as_py() or 0),
    )


def _one_array(chunks: Iterable[pa.Array]) -> pa.Array:
    return pa.concat_arrays([pa.array([], pa.large_string()), *chunks])
