"""Signatures of documents, by which near duplicates are found: MinHash in bands.

Everything is a column: no Python object for a word, a shingle or a document.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from registry.document_index.rows import keys_of
from registry.domain.near_duplicates import SignatureMethod
from registry.embedding.words import Numbers, Words, split_words

Hashes = npt.NDArray[np.uint64]

_BLOCK = 1 << 16
"""Shingles that are hashed at a time, so that they stay in the processor's cache."""

_HALF = np.uint64(32)
_ODD = np.uint64(0x9E3779B97F4A7C15)


def sign(texts: pa.Array, method: SignatureMethod) -> Hashes:
    """Return the hash of each band of each document: one row a band, one column a document.

    Equal documents have equal signatures, whatever stands beside them. A document of fewer words
    than a shingle has is one shingle; one without a word is only like those equal to it.

    Args:
        texts: `large_string` without nulls.
        method: Which shingles, and how many hashes.

    Source:
        Words, then their runs, are hashed to 64 bits by a polynomial and the finalizer of
        MurmurHash3 (Appleby); the orders are a x + b modulo 2^32 with a odd, over the upper half.

    Example:
        >>> one, same, other = sign(
        ...     pa.array(["A rose is a rose", "a rose: is a rose!", "a house"], pa.large_string()),
        ...     SignatureMethod(bands=1),
        ... )[0]
        >>> one == same, one == other
        (True, False)
    """
    shingles, starts = _shingles(texts, method.words)
    minima = _minima(shingles, starts, num_hashes=method.bands * method.rows)
    signatures = np.zeros((method.bands, len(texts)), np.uint64)
    for band in range(method.bands):
        for row in range(method.rows):
            signatures[band] *= _ODD
            signatures[band] += minima[band * method.rows + row]
            signatures[band] = _mix(signatures[band])
    return signatures


def _shingles(texts: pa.Array, num_words: int) -> tuple[npt.NDArray[np.uint32], Numbers]:
    """Return the hashes of all shingles, and where each document's begin: each has one at least."""
    values, starts = _padded(texts, split_words(texts), num_words)
    num_shingles = max(0, len(values) - num_words + 1)
    shingles = values[:num_shingles].copy()
    for place in range(1, num_words):
        shingles *= _ODD
        shingles += values[place : place + num_shingles]
    # The runs that begin in one document and end in the next are none.
    is_whole = np.ones(len(values), np.bool_)
    for place in range(1, num_words):
        is_whole[starts[1:] - place] = False
    first_halves = (_mix(shingles) >> _HALF).astype(np.uint32)
    return first_halves[is_whole[:num_shingles]], starts - np.arange(len(starts)) * (num_words - 1)


def _padded(texts: pa.Array, words: Words, num_words: int) -> tuple[Hashes, Numbers]:
    """Return the hash of each word, each document filled up to so many, and where each begins."""
    starts = np.concatenate([[0], np.cumsum(np.maximum(words.lengths, num_words))])
    values = np.zeros(starts[-1], np.uint64)
    moved = np.repeat(starts[:-1] - words.ends[:-1], words.lengths)
    values[np.arange(len(words.codes)) + moved] = _hash_texts(words.distinct)[words.codes]
    is_empty = words.lengths == 0
    if is_empty.any():
        values[starts[:-1][is_empty]] = _hash_texts(texts.filter(pa.array(is_empty)))
    return values, starts


def _hash_texts(texts: pa.Array) -> Hashes:
    keys, _ = keys_of(texts)
    return np.frombuffer(b"".join(keys), ">u8")[::2].astype(np.uint64)


def _minima(
    shingles: npt.NDArray[np.uint32], starts: Numbers, *, num_hashes: int
) -> npt.NDArray[np.uint32]:
    """Return the least hash of each document's shingles by each order: one row an order."""
    factors, terms = _orders(num_hashes)
    num_documents = len(starts) - 1
    minima = np.empty((num_hashes, num_documents), np.uint32)
    first = 0
    while first < num_documents:
        # So many documents as fit into a block, and one at least.
        full = int(np.searchsorted(starts, starts[first] + _BLOCK, side="right")) - 1
        last = max(first + 1, full)
        block = shingles[starts[first] : starts[last]]
        begins = starts[first:last] - starts[first]
        hashes = np.empty_like(block)
        for order in range(num_hashes):
            np.multiply(block, factors[order], out=hashes)
            hashes += terms[order]
            np.minimum.reduceat(hashes, begins, out=minima[order, first:last])
        first = last
    return minima


def _orders(number: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the factor and the term of each order; the first are the same however many."""
    drawn = _mix((np.arange(2 * number, dtype=np.uint64) + np.uint64(1)) * _ODD)
    halves = (drawn >> _HALF).astype(np.uint32)
    return halves[::2] | np.uint32(1), halves[1::2]


def _mix(values: Hashes) -> Hashes:
    """Return values in which every bit depends on every bit: the finalizer of MurmurHash3."""
    mixed = values ^ (values >> np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed
