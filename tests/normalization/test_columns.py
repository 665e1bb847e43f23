import itertools
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.normalization import columns

from .factories import hostile_texts

column_texts = st.lists(hostile_texts, max_size=6)


@given(texts=column_texts, window=st.integers(1, 9))
@pytest.mark.parametrize(
    ("first", "last"), [("\x80", "\x9f"), ("\u2010", "\u203f"), ("\ufeff", "\ufeff"), ("👍", "👎")]
)
def test_a_character_is_found_wherever_windows_and_documents_begin(texts, window, first, last):
    column = pa.array(["x", *texts], pa.large_string()).slice(1)
    with patch.object(columns, "WINDOW", window):
        found = columns.find_documents(column, lambda data: columns.find_range(data, first, last))

    assert [any(first <= char <= last for char in text) for text in texts] == found.to_pylist()


@given(texts=column_texts, start=st.integers(0, 6), length=st.integers(0, 6))
def test_text_bytes_are_those_of_the_slice(texts, start, length):
    data, offsets = columns.text_bytes(pa.array(texts, pa.large_string()).slice(start, length))
    pieces = [data[a:b].tobytes().decode() for a, b in itertools.pairwise(offsets)]

    assert texts[start : start + length] == pieces


def test_a_rewrite_that_changes_nothing_returns_the_same_column():
    column = pa.array(["a", "b"], pa.large_string())

    assert column is columns.rewrite(column, pa.array([True, True]), lambda text: text)


def test_a_rewrite_touches_suspects_alone():
    column = pa.array(["z", "a", "b", "c"], pa.large_string()).slice(1)
    rewritten = columns.rewrite(column, pa.array([True, False, True]), str.upper)

    assert ["A", "b", "C"] == rewritten.to_pylist()


def test_changes_are_counted_by_bytes():
    before = pa.array([b"a", b"\xff", b"c"], pa.large_binary())
    after = pa.array(["a", "b", "c"], pa.large_string())

    assert 1 == columns.count_changes(before, after)


def test_one_document_of_many_windows_is_marked_once():
    column = pa.array(["", "x" * (3 * columns.WINDOW) + "\r", "y"], pa.large_string())
    found = columns.find_documents(column, lambda data: np.flatnonzero(data == 13))

    assert [False, True, False] == found.to_pylist()
