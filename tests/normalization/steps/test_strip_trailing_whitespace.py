import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..factories import rewrite_with


def strip(text):
    return rewrite_with("strip_trailing_whitespace", [text])[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a \n\n  b\t\n \n\n", "a\n\n  b\n"),
        ("a", "a"),
        ("a\n", "a\n"),
        ("a\n\n", "a\n"),
        ("a\n \t", "a\n"),
        ("\n\n  a", "\n\n  a"),
        ("\n\n", "\n"),
        (" ", ""),
        ("", ""),
        ("a\xa0\n\u3000\n", "a\xa0\n\u3000\n"),
        ("a\x0b\n", "a\x0b\n"),
    ],
)
def test_ends_of_lines_and_of_the_document_are_stripped(before, after):
    assert after == strip(before)


@given(text=st.text(alphabet=" \t\nab", max_size=20))
def test_lines_keep_their_beginnings_and_their_number_up_to_the_last(text):
    lines, stripped = text.split("\n"), strip(text).split("\n")

    assert [line.rstrip(" \t") for line in lines][: len(stripped)] == stripped
    assert not any(line.strip(" \t") for line in lines[len(stripped) :])


@given(texts=st.lists(st.text(alphabet=" \t\na", max_size=6), max_size=6))
def test_documents_do_not_touch_their_neighbours(texts):
    expected = [strip(text) for text in texts]

    assert expected == rewrite_with("strip_trailing_whitespace", texts)


def test_a_long_run_of_spaces_takes_linear_time():
    run = " " * 2_000_000

    assert run + "a" == strip(run + "a")
