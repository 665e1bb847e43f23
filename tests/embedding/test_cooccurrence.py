import itertools
from collections import Counter
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.embedding import cooccurrence
from registry.embedding.cooccurrence import (
    PairCounter,
    Pairs,
    forget_rare,
    join_pairs,
    no_pairs,
)

NUM_TERMS = 5
DOCUMENTS = st.lists(st.lists(st.integers(-1, NUM_TERMS - 1), max_size=9), max_size=6)


def count(documents, *, window=2, max_pairs=1 << 20, cuts=()):
    counter = PairCounter(num_terms=NUM_TERMS, window=window, max_pairs=max_pairs)
    ends = [0, *sorted(cuts), len(documents)]
    for start, stop in itertools.pairwise(ends):
        some = documents[start:stop]
        flat = np.array([term for document in some for term in document], np.int64)
        counter.add(flat, np.array([len(document) for document in some], np.int64))
    return counter.finish()


def listed(pairs):
    keys = [divmod(key, NUM_TERMS) for key in pairs.keys.tolist()]
    return dict(zip(keys, pairs.counts.tolist(), strict=True))


def count_by_hand(documents, window):
    pairs = Counter()
    for document in documents:
        for place, term in enumerate(document):
            for other in document[place + 1 : place + 1 + window]:
                if term >= 0 and other >= 0:
                    pairs[min(term, other), max(term, other)] += 1
    return dict(pairs)


@given(documents=DOCUMENTS, window=st.integers(1, 4))
def test_pairs_are_those_within_the_window_of_one_document(documents, window):
    assert count_by_hand(documents, window) == listed(count(documents, window=window))


@given(documents=DOCUMENTS, cut=st.integers(0, 6), block=st.integers(4, 12))
def test_batches_make_no_difference(documents, cut, block):
    with mock.patch.object(cooccurrence, "_BLOCK_WORDS", block):
        whole = listed(count(documents, max_pairs=6))
        cut_up = listed(count(documents, max_pairs=6, cuts=[min(cut, len(documents))]))

    assert whole == cut_up


def test_a_word_that_is_no_term_keeps_its_place():
    assert {} == listed(count([[0, -1, 1]], window=1))
    assert {(0, 1): 1} == listed(count([[0, -1, 1]], window=2))


def test_counts_are_added_up():
    joined = join_pairs(count([[0, 1]]), count([[1, 0], [2, 3]]))

    assert {(0, 1): 2, (2, 3): 1} == listed(joined)
    assert joined.keys.tolist() == sorted(joined.keys.tolist())
    assert listed(join_pairs(joined, no_pairs())) == listed(joined)


@pytest.mark.parametrize("counts", [[5, 1, 1, 9, 1, 1], [1, 1, 1, 1, 1, 1]])
def test_half_of_the_pairs_stay_when_there_are_too_many(counts):
    pairs = Pairs(np.arange(6, dtype=np.uint32), np.array(counts, np.int64))
    kept = forget_rare(pairs, most=4)
    expected = [0, 3] if max(counts) > 1 else [0, 1]

    assert expected == kept.keys.tolist()
    assert forget_rare(pairs, most=6) is pairs


def test_the_largest_vocabulary_fits_into_a_key():
    counter = PairCounter(num_terms=65_536, window=1, max_pairs=10)
    counter.add(np.array([65_535, 65_535, 65_534]), np.array([3]))
    pairs = counter.finish()

    assert [65_534 * 65_536 + 65_535, 65_535 * 65_536 + 65_535] == pairs.keys.tolist()
