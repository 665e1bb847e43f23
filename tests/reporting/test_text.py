"""Invisible characters shown, terminals not obeyed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from registry.reporting.text import plain, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("a\tb", "a→b"),
        ("end  ", "end··"),
        ("end \r\n", "end·␍⏎\n"),
        ("one\ntwo", "one⏎\ntwo"),
        ("  kept", "  kept"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\ufeffbom", "⟨U+FEFF⟩bom"),
        ("\u202eright to left", "⟨U+202E⟩right to left"),
        ("no\u00a0break", "no⟨U+00A0⟩break"),
        ("line\u2028separator", "line⟨U+2028⟩separator"),
        ("\ud800", "⟨U+D800⟩"),
        ("\ue000", "⟨U+E000⟩"),
        ("\u0378", "⟨U+0378⟩"),
        ("\U000e0041tag", "⟨U+E0041⟩tag"),
        ("\u3164filler", "⟨U+3164⟩filler"),
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("naïve 漢字 🙂", "naïve 漢字 🙂"),
        ("", ""),
    ],
)
def test_everything_can_be_seen(text, shown):
    assert shown == visible(text, width=80)


def test_a_long_line_goes_on_in_the_next_without_a_newline_sign():
    assert visible("abcdefghij\nk", width=4) == "abcd\nefgh\nij⏎\nk"


def test_wide_characters_take_two_cells():
    assert visible("漢字漢", width=4) == "漢字\n漢"


@given(text=st.text(), width=st.integers(2, 40))
def test_nothing_that_a_terminal_obeys_is_left(text, width):
    shown = visible(text, width=width)

    assert {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}.isdisjoint(
        unicodedata.category(char) for char in shown if char != "\n"
    )
    assert all(cell_len(line) <= width for line in shown.split("\n"))


@given(text=st.text(alphabet="ab \t\n", max_size=200))
def test_nothing_is_left_out(text):
    shown = visible(text, width=10_000)

    assert text == shown.replace("⏎\n", "\n").replace("→", "\t").replace("·", " ")


def test_plain_is_one_line_that_is_not_obeyed():
    assert plain("a\nb\x1b[2J\u202e") == "a b␛[2J⟨U+202E⟩"
