import itertools
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.embedding.words import split_words
from tests.embedding.factories import column


def words_of(texts):
    """The words of each document, as a reader would list them."""
    words = split_words(column(texts))
    spelled = [words.distinct[code].as_py() for code in words.codes.tolist()]
    ends = words.ends.tolist()
    return [spelled[a:b] for a, b in itertools.pairwise(ends)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat, the CAT.", ["the", "cat", "the", "cat"]),
        ("", []),
        (" ,.! ", []),
        ("Größe ÉTÉ", ["größe", "été"]),
        ("a1b2 3.5", ["a1b2", "3", "5"]),
        ("吾輩は猫", ["吾", "輩", "は", "猫"]),
        ("GPT模型v2", ["gpt", "模", "型", "v2"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ก้า", ["ก้", "า"]),
        ("\x00\ufffd word", ["word"]),
    ],
)
def test_a_word_is_a_run_of_letters_marks_and_digits(text, expected):
    assert [expected] == words_of([text])


def test_each_document_keeps_its_own_words():
    assert [["b"], [], ["a", "b"], []] == words_of(["b", "", "a b", "..."])


def test_no_documents_have_no_words():
    words = split_words(column([]))

    assert (0, [0]) == (len(words.codes), words.ends.tolist())


def test_a_slice_is_split_as_its_copy_is():
    texts = column(["left out", "猫 one", "two"])

    assert split_words(texts.slice(1)).lengths.tolist() == [2, 1]


@given(texts=st.lists(st.text(alphabet="aB ,é\n\t9", max_size=12), max_size=6))
def test_words_are_those_of_python(texts):
    expected = [re.findall(r"[^\W_]+", text.lower()) for text in texts]

    assert expected == words_of(texts)


@given(texts=st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_documents_do_not_see_each_other(texts):
    alone = [words_of([text])[0] for text in texts]

    assert alone == words_of(texts)


def test_what_comes_out_is_large_strings():
    assert pa.large_string() == split_words(column(["a"])).distinct.type
