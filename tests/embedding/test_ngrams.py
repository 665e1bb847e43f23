"""N-grams as numbers say what the words say, and a set of numbers finds what is in it."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from registry.embedding.ngrams import HashSet, hash_ngrams
from registry.embedding.words import split_words

words = st.sampled_from(["a", "b", "ab", "Ab", "exactly", "exactly8", "a-longer_word's", "é", "猫"])
documents = st.lists(st.lists(words, max_size=12).map(" ".join), max_size=6)


def texts_of(batch):
    return pa.array(batch, pa.large_string())


def ngrams_of(batch, size):
    """Return each document's n-grams as words, by the words alone."""
    split = split_words(texts_of(batch))
    spelled = np.array(split.distinct.to_pylist(), object)[split.codes].tolist()
    parts = [spelled[start:end] for start, end in zip(split.ends, split.ends[1:], strict=False)]
    return [
        (place, tuple(part[start : start + size]))
        for place, part in enumerate(parts)
        for start in range(len(part) - size + 1)
    ]


@given(documents, documents, st.integers(1, 13))
def test_two_numbers_are_one_where_the_words_are_the_same(first, second, size):
    found = []
    for batch in (first, second):
        hashes, holders = hash_ngrams(split_words(texts_of(batch)), size=size)
        spelled = ngrams_of(batch, size)
        assert [place for place, _ in spelled] == holders.tolist()
        found += zip(hashes.tolist(), (ngram for _, ngram in spelled), strict=True)

    assert len({number for number, _ in found}) == len({ngram for _, ngram in found})
    assert len(dict(found)) == len(set(found))


@given(
    st.sets(st.integers(0, (1 << 64) - 1), max_size=20),
    st.lists(st.integers(0, (1 << 64) - 1), max_size=20),
)
def test_a_set_finds_what_is_in_it_and_where(held, others):
    rising = sorted(held)
    asked = [*others, *rising]
    at, places = HashSet(np.array(rising, np.uint64)).find(np.array(asked, np.uint64))

    assert [place for place, number in enumerate(asked) if number in held] == at.tolist()
    assert [asked[place] for place in at] == [rising[place] for place in places]
