import gzip
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.embedding.diversity import compression_ratio, distinct_ngrams, vendi_score
from tests.embedding.factories import column


@pytest.mark.parametrize("number", [1, 2, 7, 40])
@pytest.mark.parametrize("dimensions", [1, 8, 64])
def test_equal_documents_are_as_varied_as_one(number, dimensions):
    vectors = np.tile(np.arange(1, dimensions + 1, dtype=np.float32), (number, 1))

    assert pytest.approx(1) == vendi_score(vectors)


@pytest.mark.parametrize("number", [1, 5, 32])
def test_orthogonal_documents_are_as_varied_as_they_are_many(number):
    vectors = np.eye(32, dtype=np.float32)[:number] * np.arange(1, number + 1)[:, None]

    assert pytest.approx(number) == vendi_score(vectors.astype(np.float32))


def test_copies_of_orthogonal_documents_count_once():
    """More rows than dimensions, so that the smaller of the two matrices is taken."""
    vectors = np.repeat(np.eye(3, dtype=np.float32), 50, axis=0)

    assert pytest.approx(3) == vendi_score(vectors)


def test_two_documents_at_an_angle_have_the_entropy_of_two_eigenvalues():
    """K = [[1, c], [c, 1]], so that the eigenvalues of K / 2 are (1 + c) / 2 and (1 - c) / 2."""
    cosine = 0.6
    shares = (1 + cosine) / 2, (1 - cosine) / 2
    expected = math.exp(-sum(share * math.log(share) for share in shares))
    vectors = np.array([[1, 0], [0.6, 0.8]], np.float32)

    assert pytest.approx(expected, abs=1e-5) == vendi_score(vectors)


@given(rows=st.integers(1, 12), columns=st.integers(1, 12), seed=st.integers(0, 99))
def test_the_score_is_that_of_the_whole_matrix_of_cosines(rows, columns, seed):
    vectors = np.random.default_rng(seed).standard_normal((rows, columns)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    shares = np.linalg.eigvalsh((unit @ unit.T).astype(float) / rows)
    shares = shares[shares > 1e-9]
    expected = math.exp(-(shares * np.log(shares)).sum())

    assert pytest.approx(expected, rel=1e-3) == vendi_score(vectors)


def test_repeated_text_compresses_better():
    noise = [os.urandom(100).hex().encode() for _ in range(50)]

    assert compression_ratio([b"the same again"] * 500) > 50
    assert 1 < compression_ratio(noise) < 3
    assert 1 == compression_ratio([])


def test_the_ratio_is_about_that_of_gzip():
    data = b"\n".join(str(number).encode() for number in range(5_000))
    by_gzip = len(data) / len(gzip.compress(data, 6))

    assert pytest.approx(by_gzip, rel=0.01) == compression_ratio(data.split(b"\n"))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a b a b"], (2 / 4, 2 / 3, 2 / 2)),
        (["a b", "a b"], (2 / 4, 1 / 2, 0)),
        (["a b c", "", "A, b. C!"], (3 / 6, 2 / 4, 1 / 2)),
        ([""], (0, 0, 0)),
        ([], (0, 0, 0)),
        (["one"], (1, 0, 0)),
    ],
)
def test_distinct_ngrams_by_hand(texts, expected):
    assert expected == distinct_ngrams(column(texts))


@given(texts=st.lists(st.lists(st.sampled_from("abc"), max_size=6).map(" ".join), max_size=5))
def test_distinct_ngrams_are_those_of_a_set(texts):
    expected = []
    for size in (1, 2, 3):
        ngrams = [
            tuple(words[place : place + size])
            for words in map(str.split, texts)
            for place in range(len(words) - size + 1)
        ]
        expected.append(len(set(ngrams)) / len(ngrams) if ngrams else 0)

    assert tuple(expected) == distinct_ngrams(column(texts))
