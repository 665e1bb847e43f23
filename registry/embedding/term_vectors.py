"""Vectors of terms from their pairs: positive pointwise mutual information, then a truncated SVD.

Source:
    Levy, Goldberg and Dagan, "Improving Distributional Similarity with Lessons Learned from Word
    Embeddings" (TACL 2015), for PPMI with smoothed contexts and vectors as the left singular ones
    scaled by the roots of the singular values. Arora, Liang and Ma, "A Simple but Tough-to-Beat
    Baseline for Sentence Embeddings" (ICLR 2017), for the weights of terms in a document. Mu and
    Viswanath, "All-but-the-Top" (ICLR 2018, arXiv:1702.01417), for taking the mean away.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from registry.embedding.cooccurrence import Pairs
from registry.embedding.extras import needed_for
from registry.embedding.vocabulary import Vocabulary
from registry.embedding.words import Numbers
from registry.errors import InputError

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

CONTEXT_SMOOTHING = 0.75
WEIGHT_CONSTANT = 1e-3
"""`a` in the weight a / (a + p) of a term that is the share p of all words."""

_SIGNIFICANT_BITS = 12
"""What of a number is kept, so that the last bits of another machine's arithmetic do not show."""


@dataclass(frozen=True, slots=True)
class TermVectors:
    """Terms, their weights in a document, and their vectors."""

    vocabulary: Vocabulary
    weights: Vectors
    vectors: Vectors
    """One row a term."""


def train_term_vectors(vocabulary: Vocabulary, pairs: Pairs, *, dimensions: int) -> TermVectors:
    """Return the vectors of terms; of the same pairs always the same.

    The solver starts from one fixed vector, the entry of most weight in each dimension is positive,
    and of each number 12 significant bits are kept. The weighted mean over all words of the text
    is taken away, so that what all documents share does not make them similar.

    Args:
        vocabulary: The terms.
        pairs: How often they occur together.
        dimensions: Entries of a vector; no more than there are terms.

    Raises:
        InputError: The solver does not converge.
        MissingExtraError: SciPy is not installed.
    """
    matrix = _ppmi(pairs, num_terms=len(vocabulary))
    left, values = _decompose(matrix, dimensions=min(dimensions, len(vocabulary)))
    vectors = left * np.sqrt(values)
    share = vocabulary.counts / max(1, vocabulary.num_words)
    weights = WEIGHT_CONSTANT / (WEIGHT_CONSTANT + share)
    mass = weights * vocabulary.counts
    vectors -= (mass @ vectors) / mass.sum()
    return TermVectors(vocabulary, _round(weights), _round(vectors))


def mean_vectors(model: TermVectors, terms: Numbers, lengths: Numbers) -> Vectors:
    """Return the vectors of documents: the weighted mean of their terms', of length 1.

    Each depends on its own document alone. Without a term it is zero.

    Args:
        model: The terms.
        terms: The number of each word's term, or -1.
        lengths: Words of each document.
    """
    with needed_for("vectors of terms"):
        from scipy.sparse import csr_matrix  # noqa: PLC0415 - behind an extra
    is_term = terms >= 0
    ends = np.concatenate([[0], np.cumsum(is_term)])[np.concatenate([[0], np.cumsum(lengths)])]
    numbers = terms[is_term]
    data = model.weights[numbers].astype(np.float64)
    shape = (len(lengths), len(model.vocabulary))
    # Terms stay in the order of the text, and are added in it: no sum depends on other documents.
    sums = csr_matrix((data, numbers, ends), shape=shape) @ model.vectors.astype(np.float64)
    return normalize(sums)


def normalize(vectors: Floats) -> Vectors:
    """Return vectors of length 1; zero stays zero."""
    norms = np.sqrt(np.add.reduce(vectors * vectors, axis=1, keepdims=True))
    scaled: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(
        np.float32
    )
    return scaled


def _ppmi(pairs: Pairs, *, num_terms: int) -> Any:  # noqa: ANN401 - SciPy has no types
    """Return the matrix max(0, log(P(i, j) / (P(i) P'(j)))), P' with smoothed counts."""
    with needed_for("vectors of terms"):
        from scipy.sparse import coo_matrix  # noqa: PLC0415 - behind an extra
    low, high = np.divmod(pairs.keys.astype(np.int64), num_terms)
    # A pair of one term with itself stands for both orders.
    once = pairs.counts * np.where(low == high, 2, 1)
    other = low != high
    rows = np.concatenate([low, high[other]]).astype(np.int32)
    columns = np.concatenate([high, low[other]]).astype(np.int32)
    counts = np.concatenate([once, once[other]]).astype(np.float64)
    totals = np.bincount(rows, weights=counts, minlength=num_terms)
    smoothed = totals**CONTEXT_SMOOTHING
    information = np.log(counts * smoothed.sum() / (totals[rows] * smoothed[columns]))
    positive = information > 0
    return coo_matrix(
        (information[positive], (rows[positive], columns[positive])), shape=(num_terms, num_terms)
    ).tocsr()


def _decompose(matrix: Any, *, dimensions: int) -> tuple[Floats, Floats]:  # noqa: ANN401
    """Return left singular vectors and singular values, largest first."""
    num_terms = matrix.shape[0]
    if not matrix.nnz:
        return np.zeros((num_terms, dimensions)), np.zeros(dimensions)
    if num_terms <= 2 * dimensions:
        left, values, _ = np.linalg.svd(matrix.toarray())
        left, values = left[:, :dimensions], values[:dimensions]
    else:
        left, values = _solve(matrix, dimensions=dimensions)
    largest = np.argmax(np.abs(left), axis=0)
    signs = np.where(left[largest, np.arange(left.shape[1])] < 0, -1.0, 1.0)
    return left * signs, np.maximum(values, 0)


def _solve(matrix: Any, *, dimensions: int) -> tuple[Floats, Floats]:  # noqa: ANN401
    from scipy.sparse.linalg import ArpackError, svds  # noqa: PLC0415 - behind an extra

    start = np.random.Generator(np.random.PCG64(0)).random(matrix.shape[0])
    try:
        left, values, _ = svds(matrix, k=dimensions, v0=start, return_singular_vectors="u")
    except ArpackError as error:
        raise InputError(
            f"{dimensions} dimensions cannot be told apart in these documents: {error}",
            hint=f"--dimensions {max(2, dimensions // 2)}",
        ) from error
    return left[:, ::-1], values[::-1]


def _round(numbers: Floats) -> Vectors:
    """Keep so many significant bits."""
    mantissas, exponents = np.frexp(numbers)
    scale = float(1 << _SIGNIFICANT_BITS)
    rounded: Vectors = np.ldexp(np.rint(mantissas * scale) / scale, exponents).astype(np.float32)
    # A zero has no sign, and what is nothing beside the rest is noise of the arithmetic.
    rounded[np.abs(rounded) < 1e-9] = 0
    return rounded
