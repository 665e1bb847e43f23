"""Clusters of documents that are linked by equal hashes, without a comparison of all pairs."""

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]


class Clusters:
    """Puts documents together that have a hash in common, directly or through others.

    Documents are known by their places, from 0. What comes out depends on which hashes are equal,
    not on the order in which they are given. Memory is 8 bytes a document, and 40 more while hashes
    are joined.

    Example:
        >>> clusters = Clusters(4)
        >>> clusters.join(np.array([7, 8, 7, 9], np.uint64))
        >>> clusters.join(np.array([1, 2, 3, 3], np.uint64))
        >>> clusters.firsts.tolist()
        [0, 1, 0, 0]
    """

    def __init__(self, num_documents: int) -> None:
        self.firsts: Places = np.arange(num_documents)
        """For each document the first one of its cluster."""

    @property
    def is_later(self) -> npt.NDArray[np.bool_]:
        """Whether each document is another than the first of its cluster."""
        is_later: npt.NDArray[np.bool_] = self.firsts != np.arange(len(self.firsts))
        return is_later

    def join(self, hashes: npt.NDArray[np.uint64]) -> None:
        """Link the documents whose hashes are equal: one hash for each document."""
        order = np.argsort(hashes)
        in_order = hashes[order]
        places = np.flatnonzero(in_order[1:] == in_order[:-1])
        del in_order
        one, other = self.firsts[order[places]], self.firsts[order[places + 1]]
        is_new = one != other
        self._link(one[is_new], other[is_new])

    def _link(self, one: Places, other: Places) -> None:
        """Merge the clusters of each pair, which are named by their first documents."""
        if not len(one):
            return
        # Only the clusters that are linked anew are looked at, numbered among themselves.
        nodes, numbered = np.unique(np.concatenate([one, other]), return_inverse=True)
        left, right = numbered[: len(one)], numbered[len(one) :]
        parents: Places = np.arange(len(nodes))
        while len(left):
            # Each round hangs a cluster beneath the least of those that it is linked to.
            low, high = np.minimum(left, right), np.maximum(left, right)
            np.minimum.at(parents, high, low)
            parents = _flatten(parents)
            left, right = parents[low], parents[high]
            is_apart = left != right
            left, right = left[is_apart], right[is_apart]
        self.firsts[nodes] = nodes[parents]
        self.firsts = self.firsts[self.firsts]


def _flatten(parents: Places) -> Places:
    """Return for each the end of its way upwards."""
    while True:
        above = parents[parents]
        if np.array_equal(above, parents):
            return parents
        parents = above
