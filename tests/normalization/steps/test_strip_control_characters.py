import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ..factories import hostile_texts, rewrite_with

ALL_CHARACTERS = [
    char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) != "Cs"
]
CONTROLS = {char for char in ALL_CHARACTERS if unicodedata.category(char) == "Cc"} - {"\t", "\n"}
C1 = {char for char in CONTROLS if char >= "\x80"}


def removed(**parameters):
    after = rewrite_with("strip_control_characters", ALL_CHARACTERS, **parameters)
    changed = [
        (char, text) for char, text in zip(ALL_CHARACTERS, after, strict=True) if char != text
    ]
    assert {""} == {text for _, text in changed}

    return {char for char, _ in changed}


def test_control_characters_and_the_mark_are_removed_and_no_other_character():
    assert CONTROLS | {"\ufeff"} == removed()


def test_c1_stays_when_asked():
    assert (CONTROLS - C1) | {"\ufeff"} == removed(c1=False)


def test_zero_width_characters_go_when_asked():
    zero_width = {"\u200b", "\u200c", "\u200d", "\u2060"}

    assert CONTROLS | {"\ufeff"} | zero_width == removed(also_zero_width=True)


@given(texts=st.lists(hostile_texts, max_size=4))
def test_everything_else_keeps_its_place(texts):
    expected = ["".join(c for c in text if c not in CONTROLS | {"\ufeff"}) for text in texts]

    assert expected == rewrite_with("strip_control_characters", texts)
