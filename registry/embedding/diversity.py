"""How varied a sample of documents is: by their vectors, and by their text.

Source:
    Friedman and Dieng, "The Vendi Score" (TMLR 2023, arXiv:2210.02410). Shaib et al.,
    "Standardizing the Measurement of Text Diversity" (arXiv:2403.00553), for the compression
    ratio. Li et al., "A Diversity-Promoting Objective Function for Neural Conversation Models"
    (NAACL 2016), for distinct n-grams.
"""

import zlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from registry.embedding.term_vectors import Vectors, normalize
from registry.embedding.words import split_words

COMPRESSION = "zlib, level 6"
_LEVEL = 6
_LEAST_SHARE = 1e-12
"""An eigenvalue below it is an error of rounding."""


def vendi_score(vectors: Vectors) -> float:
    """Return how many vectors that have nothing in common would be as varied as these.

    The exponential of the entropy of the eigenvalues of K / n, K the cosines of all n vectors with
    each other: 1 where all are equal, n where each is orthogonal to each other.

    Args:
        vectors: One row each, at least one, none of them zero.

    Example:
        >>> vendi_score(np.array([[1, 0], [0, 1], [2, 0], [0, 3]], np.float32))
        2.0
    """
    rows = normalize(vectors.astype(np.float64)).astype(np.float64)
    # The matrices X X' and X' X have the same eigenvalues but for zeros; the smaller one is taken.
    gram = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    shares = np.linalg.eigvalsh(gram / len(rows))
    shares = shares[shares > _LEAST_SHARE]
    shares /= shares.sum()
    return round(float(np.exp(-np.sum(shares * np.log(shares)))), 6)


def compression_ratio(texts: Iterable[bytes]) -> float:
    """Return the bytes of documents by those of the same compressed together; 1 of no text.

    Documents are joined by newlines and compressed by zlib at level 6. How many bytes that gives
    depends, by some thousandths, on the version of zlib.
    """
    joined = b"\n".join(texts)
    return len(joined) / len(zlib.compress(joined, _LEVEL)) if joined else 1.0


def distinct_ngrams(texts: pa.Array, *, most: int = 3) -> tuple[float, ...]:
    """Return for each n from 1 the distinct n-grams of words by all of them; 0 where none is.

    Args:
        texts: `large_string` without nulls; no n-gram spans two documents.
        most: The largest n.
    """
    words = split_words(texts)
    documents = np.repeat(np.arange(len(texts)), words.lengths)
    # The n-gram at each word, by number; those that span two documents are not looked at.
    ngrams = words.codes
    ratios = []
    for size in range(1, most + 1):
        if size > 1:
            ngrams = ngrams[:-1] * len(words.distinct) + words.codes[size - 1 :]
        ngrams = np.unique(ngrams, return_inverse=True)[1].astype(np.int64)
        inside = ngrams[documents[: len(ngrams)] == documents[size - 1 :]]
        ratios.append(len(np.unique(inside)) / len(inside) if len(inside) else 0.0)
    return tuple(ratios)
