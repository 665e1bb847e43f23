import re

from hypothesis import given
from hypothesis import strategies as st

from ..factories import hostile_texts, rewrite_with


def test_every_newline_becomes_a_line_feed():
    assert ["a\nb\nc\n\nd"] == rewrite_with("unify_newlines", ["a\r\nb\rc\n\rd"])


@given(texts=st.lists(hostile_texts, max_size=4))
def test_other_separators_stay(texts):
    expected = [re.sub("\r\n?", "\n", text) for text in texts]

    assert expected == rewrite_with("unify_newlines", texts)


@given(texts=st.lists(hostile_texts, max_size=4))
def test_unicode_separators_end_lines_when_asked(texts):
    expected = [re.sub("\r\n?|[\x85\u2028\u2029]", "\n", text) for text in texts]

    assert expected == rewrite_with("unify_newlines", texts, unicode_separators=True)
