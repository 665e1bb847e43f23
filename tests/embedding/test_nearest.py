from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.embedding.nearest import NearestRows


def search(vectors, query, *, number, cuts=(), excluded=None):
    nearest = NearestRows(query, num_wanted=number)
    for start, stop in pairwise(sorted({0, *cuts, len(vectors)})):
        nearest.add(vectors[start:stop], excluded=excluded)
    return nearest.found


def test_the_nearest_rows_come_first_whatever_their_length():
    vectors = np.array([[1, 0], [0, 9], [5, 5], [-1, 0]], np.float32)
    found = search(vectors, np.array([2.0, 0.0]), number=3)

    assert [0, 2, 1] == found.rows.tolist()
    assert [1, 0.5**0.5, 0] == pytest.approx(found.scores.tolist())


def test_rows_of_zero_and_excluded_ones_are_passed_over():
    vectors = np.array([[1, 0], [0, 0], [1, 1]], np.float32)
    found = search(vectors, np.array([1.0, 0.0]), number=5, excluded=np.array([0]))

    assert [2] == found.rows.tolist()


@given(
    rows=st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=20),
    cuts=st.lists(st.integers(1, 19), max_size=3),
    number=st.integers(1, 5),
)
def test_blocks_make_no_difference_and_equals_stay_in_order(rows, cuts, number):
    vectors = np.array(rows, np.float32)
    query = np.array([1.0, 0.0])
    norms = np.linalg.norm(vectors, axis=1)
    filled = np.flatnonzero(norms)
    scores = vectors[filled, 0].astype(float) / np.sqrt((vectors[filled].astype(float) ** 2).sum(1))
    expected = filled[np.argsort(-scores, kind="stable")][:number]
    cut = search(vectors, query, number=number, cuts=[c for c in cuts if c < len(rows)])

    assert search(vectors, query, number=number).rows.tolist() == cut.rows.tolist()
    assert expected.tolist() == cut.rows.tolist()
