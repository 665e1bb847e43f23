import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..factories import hostile_texts, rewrite_with

FORMS = ["NFC", "NFD", "NFKC", "NFKD"]


@pytest.mark.parametrize("form", FORMS)
def test_no_character_is_missed(form):
    every = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]

    assert [unicodedata.normalize(form, char) for char in every] == rewrite_with(
        "unicode_normalize", every, form=form
    )


@given(texts=st.lists(hostile_texts, max_size=4))
@pytest.mark.parametrize("form", FORMS)
def test_every_text_comes_out_in_the_form(form, texts):
    expected = [unicodedata.normalize(form, text) for text in texts]

    assert expected == rewrite_with("unicode_normalize", texts, form=form)


def test_the_form_is_nfc_unless_told():
    assert ["é", "ﬁ²"] == rewrite_with("unicode_normalize", ["e\u0301", "ﬁ²"])


def test_the_conformance_test_of_unicode_holds(shared_data):
    file = shared_data / "unicode" / "NormalizationTest-8.0.0.txt"
    lines = [line.partition("#")[0] for line in file.read_text("utf-8").splitlines()]
    rows = [
        ["".join(chr(int(code, 16)) for code in field.split()) for field in line.split(";")[:5]]
        for line in lines
        if line.count(";") >= 5
    ]
    columns = list(zip(*rows, strict=True))
    expected = {
        "NFC": [1, 1, 1, 3, 3],
        "NFD": [2, 2, 2, 4, 4],
        "NFKC": [3, 3, 3, 3, 3],
        "NFKD": [4, 4, 4, 4, 4],
    }

    assert len(rows) > 18_000
    for form, targets in expected.items():
        for source, target in enumerate(targets):
            after = rewrite_with("unicode_normalize", columns[source], form=form)
            assert list(columns[target]) == after
