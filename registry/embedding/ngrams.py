"""N-grams of words as numbers of 64 bits, and which of them stand in a set.

Two n-grams of one number are taken as the same: of a billion different ones held against a million,
one in some twenty thousand times a single one is mistaken.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from registry.embedding.words import Numbers, Words

Hashes = npt.NDArray[np.uint64]

_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93], np.uint64)
"""Odd numbers without a pattern: the golden ratio, and those of xxHash and of Evans' mixer."""

_SHIFT = np.uint64(32)
_WORD = 8
"""Bytes that are hashed at a time."""

_MASKS = np.array([(1 << 8 * length) - 1 for length in range(_WORD + 1)], np.uint64)
_MOST_BITS = 27


def hash_words(distinct: pa.Array) -> Hashes:
    """Return a number for each word, the same for the same word everywhere.

    Args:
        distinct: `large_string` without nulls.
    """
    _, offsets, data = distinct.buffers()
    limits = np.frombuffer(offsets, np.int64)[distinct.offset :][: len(distinct) + 1]
    padded = np.concatenate([np.frombuffer(data or b"", np.uint8), np.zeros(_WORD, np.uint8)])
    # The eight bytes from each byte on, as one number.
    at = np.ndarray((len(padded) - _WORD + 1,), "<u8", padded.data, strides=(1,))
    lengths = np.diff(limits)
    hashes = _mix(lengths.astype(np.uint64))
    done, pending = 0, np.arange(len(distinct))
    while len(pending):
        taken = np.minimum(lengths[pending] - done, _WORD)
        part = at[limits[pending] + done] & _MASKS[taken]
        hashes[pending] = _join(hashes[pending], part)
        done += _WORD
        pending = pending[lengths[pending] > done]
    return hashes


def hash_ngrams(words: Words, *, size: int) -> tuple[Hashes, Numbers]:
    """Return a number for each n-gram inside a document, and which document it stands in.

    Args:
        words: The words of some documents.
        size: Words of an n-gram.

    Example:
        >>> words = split_words(pa.array(["One two three", "two three!"], pa.large_string()))
        >>> hashes, documents = hash_ngrams(words, size=2)
        >>> bool(hashes[1] == hashes[2]), documents.tolist()
        (True, [0, 0, 1])
    """
    documents = np.repeat(np.arange(len(words.lengths)), words.lengths)
    if len(documents) < size:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    hashes, width = hash_words(words.distinct)[words.codes], 1
    while 2 * width <= size:
        hashes, width = _join(hashes[:-width], hashes[width:]), 2 * width
    if width < size:
        # The two halves overlap, and hold every word of the n-gram together.
        hashes = _join(hashes[: width - size], hashes[size - width :])
    inside = documents[: len(hashes)] == documents[size - 1 :]
    return hashes[inside], documents[: len(hashes)][inside]


class HashSet:
    """Distinct numbers, of which most of what is looked for is none."""

    def __init__(self, hashes: Hashes) -> None:
        """Take numbers that rise."""
        self._hashes = hashes
        bits = min(max(16, len(hashes).bit_length() + 4), _MOST_BITS)
        self._shift = np.uint64(64 - bits)
        self._begins = np.zeros(1 << bits, np.bool_)
        self._begins[hashes >> self._shift] = True

    def find(self, hashes: Hashes) -> tuple[Numbers, Numbers]:
        """Return which of some numbers are in the set, and at which place in it each stands."""
        # The first bits alone tell nearly all of them apart, without a search.
        maybe = np.flatnonzero(self._begins[hashes >> self._shift])
        if not len(maybe):
            return maybe, maybe
        places = np.searchsorted(self._hashes, hashes[maybe])
        places = np.minimum(places, len(self._hashes) - 1)
        found = self._hashes[places] == hashes[maybe]
        return maybe[found], places[found]


def _join(first: Hashes, second: Hashes) -> Hashes:
    return _mix(first * _MULTIPLIERS[1] + second)


def _mix(hashes: Hashes) -> Hashes:
    hashes = (hashes ^ (hashes >> _SHIFT)) * _MULTIPLIERS[2]
    return hashes ^ (hashes >> _SHIFT)
