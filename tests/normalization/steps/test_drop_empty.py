import sys

import pytest
from hypothesis import given

from ..factories import hostile_texts, kept_texts, process, recipe_of, rejected_rows


@given(text=hostile_texts)
def test_documents_of_white_space_alone_are_rejected(text):
    processed = process(recipe_of("decode", "drop_empty"), ["a", text])

    assert 1 + bool(text.lstrip("\ufeff").strip()) == len(processed.kept)


def test_white_space_is_what_python_says_it_is():
    every = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    every.remove("\ufeff")
    processed = process(recipe_of("decode", "drop_empty"), every)

    assert [char for char in every if not char.isspace()] == kept_texts(processed)
    assert {"empty"} == {row["reason"] for row in rejected_rows(processed)}


@pytest.mark.parametrize(
    ("text", "kept"), [("日本", 0), (" 日本 \n", 0), ("日 本", 1), ("日本語", 1)]
)
def test_characters_are_counted_without_the_white_space_around(text, kept):
    processed = process(recipe_of("decode", "drop_empty", min_characters=3), [text])

    assert kept == len(processed.kept)
