import hashlib
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.near_duplicates import SignatureMethod
from registry.embedding.signatures import sign
from tests.embedding.factories import column

METHOD = SignatureMethod()
texts = st.lists(
    st.sampled_from(["", " ,.", "!!", "one", "One, two!", "a b c d e", "a b c d e f g h", "猫 犬"])
    | st.text("ab ", max_size=30),
    max_size=8,
)


def signatures_of(documents, method=METHOD):
    return sign(column(documents), method).T.tolist()


@given(texts, st.integers(0, 8), st.randoms())
def test_a_signature_depends_on_its_document_alone(documents, cut, chance):
    signed = signatures_of(documents)
    order = list(range(len(documents)))
    chance.shuffle(order)

    assert signed == signatures_of(documents[:cut]) + signatures_of(documents[cut:])
    assert [signed[place] for place in order] == signatures_of([documents[p] for p in order])


def test_case_and_punctuation_do_not_count_and_a_document_without_words_is_like_its_equals():
    one, same, dots, more, dots_again = signatures_of(["A b. c", "a B: c!", "...", "....", "..."])

    assert one == same
    assert dots == dots_again
    assert 3 == len({tuple(one), tuple(dots), tuple(more)})


def test_many_blocks_of_shingles_give_what_one_gives(monkeypatch):
    documents = [" ".join(f"w{n % 97}" for n in range(row)) for row in range(0, 400, 7)]
    expected = signatures_of(documents)
    monkeypatch.setattr("registry.embedding.signatures._BLOCK", 50)

    assert expected == signatures_of(documents)


def test_signatures_are_those_of_every_earlier_release():
    documents = [
        "",
        "Yes.",
        "the quick brown fox jumps over the lazy dog",
        "吾輩は猫である。名前は",
    ]
    signed = sign(column(documents), METHOD)

    # Others would be compared with what is in stores: raise `SignatureMethod.version`.
    assert hashlib.sha256(signed.tobytes()).hexdigest()[:16] == "3a0ce89cb4e884a9"


@pytest.mark.parametrize("method", [METHOD, SignatureMethod(words=3, bands=5, rows=4)])
@pytest.mark.parametrize("num_edits", [2, 6, 10, 16])
def test_pairs_are_found_as_often_as_their_exact_similarity_says(method, num_edits):
    chance = random.Random(f"{method} {num_edits}")
    pairs = [make_pair(chance, num_edits) for _ in range(400)]
    similarities = np.array([similarity(*pair, num_words=method.words) for pair in pairs])
    one, other = (sign(column([" ".join(pair[side]) for pair in pairs]), method) for side in (0, 1))
    expected = np.array([method.probability(one) for one in similarities])
    in_a_band = similarities**method.rows

    # Within four standard deviations: one run in 16,000 lies outside.
    found = (one == other).any(axis=0)
    assert abs(found.sum() - expected.sum()) <= 4 * np.sqrt((expected * (1 - expected)).sum()) + 1
    agreed = (one == other).sum()
    spread = np.sqrt(method.bands * (in_a_band * (1 - in_a_band)).sum())
    assert abs(agreed - method.bands * in_a_band.sum()) <= 4 * spread + 1


def make_pair(chance, num_edits):
    """Two documents of 200 words, of which some differ."""
    words = [f"w{chance.randrange(10**6)}" for _ in range(200)]
    edited = list(words)
    for place in chance.sample(range(200), num_edits):
        edited[place] = f"x{chance.randrange(10**6)}"
    return words, edited


def similarity(one, other, *, num_words):
    """The exact Jaccard similarity, by all shingles of both."""
    sets = [
        {tuple(words[place : place + num_words]) for place in range(len(words) - num_words + 1)}
        for words in (one, other)
    ]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_the_probabilities_are_those_of_fineweb():
    # datatrove's own note on 14 bands of 8: 0.924 at a similarity of 0.8, half way at about 0.72.
    assert round(METHOD.probability(0.8), 3) == 0.924
    assert METHOD.probability(0.719) == pytest.approx(1 - (1 - 1 / 14) ** 14, abs=0.01)
    assert [0.0, 1.0] == [METHOD.probability(0), METHOD.probability(1)]
