"""Which terms occur together, and how often, in bounded memory.

A pair is two terms at most a window apart in one document, in either order. Words that are no terms
keep their place between them. The words of a part of a version are cut into blocks of one length,
whatever the batches were, and each block's pairs are counted by sorting. Where more distinct pairs
have come up than are to be held, the rarest are forgotten, in the manner of lossy counting.

Source:
    Manku and Motwani, "Approximate Frequency Counts over Data Streams" (VLDB 2002), for forgetting
    at the end of blocks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from registry.embedding.words import Numbers

Keys = npt.NDArray[np.uint32]

_BLOCK_WORDS = 1 << 20


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counted pairs of terms."""

    keys: Keys
    """The smaller number times the number of terms, plus the larger one; sorted, each once."""

    counts: Numbers

    def __len__(self) -> int:
        return len(self.keys)


def no_pairs() -> Pairs:
    """Return no pairs."""
    return Pairs(np.empty(0, np.uint32), np.empty(0, np.int64))


class PairCounter:
    """Counts the pairs of one part of a version.

    Args:
        num_terms: How many terms there are, at most 65,536, so that a pair fits into 32 bits.
        window: How many words two terms are apart at most.
        max_pairs: How many distinct pairs are held.
    """

    def __init__(self, *, num_terms: int, window: int, max_pairs: int) -> None:
        self._num_terms = num_terms
        self._window = window
        self._max_pairs = max_pairs
        self._pairs = no_pairs()
        self._held: list[Numbers] = []
        self._num_held = 0

    def add(self, terms: Numbers, lengths: Numbers) -> None:
        """Take the words of some documents.

        Args:
            terms: The number of each word's term, or -1.
            lengths: Words of each document.
        """
        self._held.append(_keep_apart(terms, lengths, gap=self._window))
        self._num_held += len(self._held[-1])
        while self._num_held >= _BLOCK_WORDS:
            joined = np.concatenate(self._held)
            self._count(joined[:_BLOCK_WORDS])
            self._held = [joined[_BLOCK_WORDS:]]
            self._num_held -= _BLOCK_WORDS

    def finish(self) -> Pairs:
        """Return all pairs."""
        if self._num_held:
            self._count(np.concatenate(self._held))
            self._held, self._num_held = [], 0
        return self._pairs

    def _count(self, block: Numbers) -> None:
        keys = [
            _keys(block[:-distance], block[distance:], self._num_terms)
            for distance in range(1, min(self._window, len(block) - 1) + 1)
        ]
        if not keys:
            return
        found, counts = np.unique(np.concatenate(keys), return_counts=True)
        joined = join_pairs(self._pairs, Pairs(found, counts.astype(np.int64)))
        self._pairs = forget_rare(joined, most=self._max_pairs)


def join_pairs(first: Pairs, second: Pairs) -> Pairs:
    """Add up two counts of pairs."""
    if not len(first):
        return second
    places = np.searchsorted(first.keys, second.keys)
    is_known = first.keys[np.minimum(places, len(first) - 1)] == second.keys
    counts = first.counts.copy()
    counts[places[is_known]] += second.counts[is_known]
    if is_known.all():
        return Pairs(first.keys, counts)
    is_new = ~is_known
    return Pairs(
        np.insert(first.keys, places[is_new], second.keys[is_new]),
        np.insert(counts, places[is_new], second.counts[is_new]),
    )


def forget_rare(pairs: Pairs, *, most: int) -> Pairs:
    """Return pairs as they are, or, if there are more than so many, the most frequent half of it.

    Of equally frequent pairs, those of more frequent terms stay.
    """
    if len(pairs) <= most:
        return pairs
    num_kept = most // 2
    least = np.partition(pairs.counts, len(pairs) - num_kept)[len(pairs) - num_kept]
    is_kept = pairs.counts > least
    equal = np.flatnonzero(pairs.counts == least)
    is_kept[equal[: num_kept - int(np.count_nonzero(is_kept))]] = True
    return Pairs(pairs.keys[is_kept], pairs.counts[is_kept])


def _keep_apart(terms: Numbers, lengths: Numbers, *, gap: int) -> Numbers:
    """Put so many places without a term behind each document that no window spans two."""
    apart = np.full(len(terms) + gap * len(lengths), -1, np.int64)
    apart[np.arange(len(terms)) + np.repeat(np.arange(len(lengths)) * gap, lengths)] = terms
    return apart


def _keys(left: Numbers, right: Numbers, num_terms: int) -> Keys:
    both = (left >= 0) & (right >= 0)
    left, right = left[both], right[both]
    keys: Keys = (np.minimum(left, right) * num_terms + np.maximum(left, right)).astype(np.uint32)
    return keys
