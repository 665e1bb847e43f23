from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from registry.embedding.vocabulary import WORD_COUNTS, WordCounter, choose_terms
from registry.embedding.words import split_words
from tests.embedding.factories import column

TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "dd", "ee"]), max_size=8).map(" ".join))


def count(*batches):
    counter = WordCounter()
    for texts in batches:
        counter.add(split_words(column(texts)))
    return counter


@given(first=TEXTS, second=TEXTS)
def test_words_are_counted_over_batches(first, second):
    expected = Counter(" ".join([*first, *second]).split())
    table = count(first, second).to_table()

    assert sorted(expected.items()) == [(row["word"], row["count"]) for row in table.to_pylist()]
    assert table.schema == WORD_COUNTS


def test_the_rarest_words_are_forgotten():
    counter = count(["a a a b b c d"])
    counter.forget_rare(most=3)

    assert ["a", "b", "c"] == counter.to_table().column("word").to_pylist()


def test_the_most_frequent_words_are_terms_and_equals_sort_by_spelling():
    table = count(["z z b b a rare"]).to_table()
    vocabulary = choose_terms(table, min_count=1, max_terms=3)

    assert ["b", "z", "a"] == vocabulary.terms.to_pylist()
    assert ([2, 2, 1], 6) == (vocabulary.counts.tolist(), vocabulary.num_words)


def test_a_word_below_the_minimum_is_no_term():
    vocabulary = choose_terms(count(["a a b"]).to_table(), min_count=2, max_terms=9)

    assert ["a"] == vocabulary.terms.to_pylist()
    assert [0, -1, 0] == vocabulary.encode(split_words(column(["a b A"]))).tolist()


def test_there_may_be_no_term():
    vocabulary = choose_terms(count([""]).to_table(), min_count=1, max_terms=9)

    assert [-1] == vocabulary.find(pa.array(["a"], pa.large_string())).tolist()
