import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.embedding.cooccurrence import PairCounter, Pairs
from registry.embedding.term_vectors import (
    CONTEXT_SMOOTHING,
    mean_vectors,
    normalize,
    train_term_vectors,
)
from registry.embedding.vocabulary import WordCounter, choose_terms
from registry.embedding.words import split_words
from registry.errors import MissingExtraError
from tests.embedding.factories import TOPICS, column, topical_texts


def train(texts, *, dimensions=16, window=5, min_count=1):
    words = split_words(column(texts))
    counter = WordCounter()
    counter.add(words)
    vocabulary = choose_terms(counter.to_table(), min_count=min_count, max_terms=1_000)
    pairs = PairCounter(num_terms=len(vocabulary), window=window, max_pairs=1 << 20)
    pairs.add(vocabulary.encode(words), words.lengths)
    return train_term_vectors(vocabulary, pairs.finish(), dimensions=dimensions)


def embed(model, texts):
    words = split_words(column(texts))
    return mean_vectors(model, model.vocabulary.encode(words), words.lengths)


@pytest.fixture(scope="module")
def model():
    return train(topical_texts())


def test_terms_of_one_topic_are_nearer_than_those_of_another(model):
    rows = normalize(model.vectors.astype(np.float64))
    animals, money = (rows[model.vocabulary.find(column(words))] for words, _ in TOPICS)

    assert (animals @ animals.T).min() > (animals @ money.T).max()


def test_documents_of_one_topic_are_nearest(model):
    vectors = embed(model, topical_texts(40, seed=1))
    scores = vectors @ vectors.T - 2 * np.eye(len(vectors))
    nearest = scores.argmax(axis=1)

    assert np.array_equal(nearest % 2, np.arange(40) % 2)


def test_a_document_without_a_term_is_zero_and_every_other_has_length_one(model):
    vectors = embed(model, ["cat dog", "", "unheard", "loan"])

    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0, 1])


def test_a_document_is_the_weighted_mean_of_its_terms(model):
    numbers = model.vocabulary.find(column(["cat", "cat", "the"]))
    share = model.vocabulary.counts[numbers] / model.vocabulary.num_words
    by_hand = ((1e-3 / (1e-3 + share))[:, None] * model.vectors[numbers]).sum(axis=0)
    (vector,) = embed(model, ["The cat, cat!"])

    assert by_hand / np.linalg.norm(by_hand) == pytest.approx(vector, abs=1e-3)


def test_what_all_words_share_is_taken_away(model):
    mass = model.weights.astype(float) * model.vocabulary.counts

    assert mass @ model.vectors / mass.sum() == pytest.approx(0, abs=1e-3)


def test_inner_products_are_those_of_the_smoothed_information():
    """Against the matrix written out: with all dimensions, X X' is the root of M M'."""
    pairs = Pairs(np.array([0, 1, 2, 4, 5], np.uint32), np.array([2, 9, 1, 4, 3]))
    counts = np.array([[4, 9, 1], [9, 8, 3], [1, 3, 0]], float)
    totals = counts.sum(axis=1)
    smoothed = totals**CONTEXT_SMOOTHING
    with np.errstate(divide="ignore"):
        information = np.log(counts * smoothed.sum() / np.outer(totals, smoothed))
    matrix = np.maximum(information, 0)
    values, basis = np.linalg.eigh(matrix @ matrix.T)
    root = basis * np.sqrt(np.sqrt(np.maximum(values, 0)))
    words = WordCounter()
    words.add(split_words(column(["a a a b b c"])))
    vocabulary = choose_terms(words.to_table(), min_count=1, max_terms=9)
    weights = 1e-3 / (1e-3 + vocabulary.counts / 6) * vocabulary.counts
    centred = root - weights @ root / weights.sum()
    vectors = train_term_vectors(vocabulary, pairs, dimensions=3).vectors

    assert vectors @ vectors.T == pytest.approx(centred @ centred.T, abs=2e-3)


def test_the_iterative_solver_agrees_with_the_dense_one():
    """With fewer than half of the terms as dimensions the sparse solver works."""
    texts = topical_texts()
    few, all_ = train(texts, dimensions=6), train(texts, dimensions=30)

    assert len(few.vocabulary) > 12
    assert np.abs(few.vectors) == pytest.approx(np.abs(all_.vectors[:, :6]), abs=2e-3)


@pytest.mark.parametrize(
    "texts", [["a b a b"] * 3, ["word " * 50], [f"l{i} r{i}" for i in range(99)]]
)
def test_odd_corpora_give_finite_vectors(texts):
    vectors = train(texts, dimensions=4).vectors

    assert np.isfinite(vectors).all()


def test_training_again_gives_the_same_bits(model):
    again = train(topical_texts())

    assert again.vectors.tobytes() == model.vectors.tobytes()


@given(cuts=st.lists(st.integers(0, 30), max_size=4))
@settings(max_examples=20)
def test_no_vector_depends_on_other_documents(model, cuts):
    texts = [*topical_texts(28), "", "unheard"]
    ends = sorted({0, *cuts, len(texts)})
    pieces = [embed(model, texts[a:b]) for a, b in pairwise(ends)]

    assert np.concatenate(pieces).tobytes() == embed(model, texts).tobytes()


def test_without_scipy_the_extra_is_named(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)

    with pytest.raises(MissingExtraError, match="needs an extra") as error:
        embed(model, ["cat"])
    assert 'pip install "muster-catalog[embed]"' == error.value.hint
