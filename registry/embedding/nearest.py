"""Exact search: the rows of largest cosine, block by block, in memory that does not grow."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from registry.embedding.term_vectors import Floats, Vectors
from registry.embedding.words import Numbers


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest rows so far, nearest first; of equally near ones, as they came."""

    rows: Numbers
    scores: Floats


class NearestRows:
    """Keeps the nearest of the rows that pass by.

    Args:
        query: The vector that rows are compared with; not zero.
        num_wanted: How many are kept.
    """

    def __init__(self, query: npt.NDArray[np.floating], *, num_wanted: int) -> None:
        wide = query.astype(np.float64)
        self._query = wide / np.sqrt(np.dot(wide, wide))
        self._num_wanted = num_wanted
        self._found = Nearest(np.empty(0, np.int64), np.empty(0, np.float64))
        self._num_seen = 0

    def add(self, vectors: Vectors, *, excluded: Numbers | None = None) -> None:
        """Look at further rows; those of zero have no angle and are passed over.

        Args:
            vectors: The rows.
            excluded: Rows of all that pass by, by number from 0, that are not wanted.
        """
        scores = cosines(vectors, self._query)
        numbers = np.arange(self._num_seen, self._num_seen + len(vectors))
        self._num_seen += len(vectors)
        is_wanted = np.isfinite(scores)
        if excluded is not None:
            is_wanted &= ~np.isin(numbers, excluded)
        rows = np.concatenate([self._found.rows, numbers[is_wanted]])
        joined = np.concatenate([self._found.scores, scores[is_wanted]])
        best = np.lexsort((rows, -joined))[: self._num_wanted]
        self._found = Nearest(rows[best], joined[best])

    @property
    def found(self) -> Nearest:
        """The nearest rows."""
        return self._found


def cosines(vectors: Vectors, query: Floats) -> Floats:
    """Return the cosine of each row with a query of length 1; NaN for a row of zero."""
    wide = vectors.astype(np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    with np.errstate(divide="ignore", invalid="ignore"):
        scores: Floats = wide @ query / norms
    return scores
