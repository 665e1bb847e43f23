import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.normalization.steps.decode import DecodeParameters, decode_document

from ..factories import kept_texts, process, recipe_of, rejected_rows

surrogate_texts = st.lists(
    st.sampled_from(["a", "é", "👍", "\ud83d", "\udc4d", "\ud800", "\udfff"]), max_size=8
).map("".join)


def reasons(processed):
    return [row["reason"] for row in rejected_rows(processed)]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_says_the_encoding_and_is_removed(mark, encoding):
    processed = process(recipe_of("decode"), [mark + "naïve 👍".encode(encoding), "other"])

    assert ["naïve 👍", "other"] == kept_texts(processed)


def test_a_document_of_a_mark_alone_is_empty():
    marks = [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_LE]

    assert ["", "", ""] == kept_texts(process(recipe_of("decode"), marks))


def test_utf_16_may_begin_with_a_null_behind_its_mark():
    data = codecs.BOM_UTF16_LE + "\0a".encode("utf-16-le")

    assert ["\0a"] == kept_texts(process(recipe_of("decode"), [data]))


def test_one_invalid_document_costs_one_document():
    processed = process(recipe_of("decode"), ["a", b"caf\xe9", "b"])

    assert ["a", "b"] == kept_texts(processed)
    assert ["invalid-utf8"] == reasons(processed)


@pytest.mark.parametrize("data", [b"\xff\xfea", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
def test_bytes_in_no_encoding_are_rejected(data):
    assert ["invalid-utf8"] == reasons(process(recipe_of("decode"), [data]))


def test_fallback_encodings_are_tried_in_order():
    recipe = recipe_of("decode", fallback=["ascii", "cp1252", "cp1251"])

    assert ["café"] == kept_texts(process(recipe, [b"caf\xe9"]))


def test_a_fallback_is_not_tried_on_valid_utf_8():
    assert ["é"] == kept_texts(process(recipe_of("decode", fallback=["cp1252"]), ["é"]))


def test_surrogates_from_a_fallback_obey_the_same_rule():
    recipe = recipe_of("decode", fallback=["raw_unicode_escape"])

    assert ["ÿ"] == kept_texts(process(recipe, [b"\xff\\ud800"]))


@given(text=surrogate_texts)
@pytest.mark.parametrize("choice", ["remove", "replace", "reject"])
def test_surrogate_pairs_join_and_lone_ones_obey_the_parameter(choice, text):
    joined = re.sub(
        "([\ud800-\udbff])([\udc00-\udfff])",
        lambda pair: chr(0x10000 + ((ord(pair[1]) & 0x3FF) << 10) + (ord(pair[2]) & 0x3FF)),
        text,
    )
    lone = re.compile("[\ud800-\udfff]")
    expected = {
        "remove": (lone.sub("", joined), None),
        "replace": (lone.sub("\ufffd", joined), None),
        "reject": ("", "lone-surrogate") if lone.search(joined) else (joined, None),
    }

    assert expected[choice] == decode_document(
        text.encode("utf-8", "surrogatepass"), DecodeParameters(lone_surrogates=choice)
    )


@given(documents=st.lists(st.text(), max_size=4), bad=st.binary(max_size=4))
def test_valid_documents_read_the_same_beside_an_invalid_one(documents, bad):
    processed = process(recipe_of("decode"), [*documents, bad + b"\xff"])

    assert [text.lstrip("\ufeff") for text in documents] == kept_texts(processed)[: len(documents)]
