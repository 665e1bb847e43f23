"""The quick way and the slow way give the same documents."""

import json

from hypothesis import given
from hypothesis import strategies as st

from registry.domain.reading import Format, Reading
from registry.sources.plain_records import make_plain_parser
from registry.sources.reasons import RowError
from registry.sources.records import make_parser

READING = Reading(format=Format.JSONL, text_columns=("text",), id_column="id")

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
ordinary = st.fixed_dictionaries(
    {"text": st.text(max_size=9), "id": st.integers() | st.text(max_size=3)}, optional={"x": values}
)
records = st.one_of(
    ordinary, ordinary, ordinary, st.fixed_dictionaries({}, optional={"text": values, "id": values})
)


def slowly(lines, reading):
    parse = make_parser(reading, skips_blank=True)
    documents = []
    for line in lines:
        try:
            documents.append(parse(line))
        except RowError:
            return None
    return documents


def rows(found):
    return None if found is None else [*zip(found.ids, found.texts, found.metadata, strict=True)]


@given(st.lists(records, max_size=5), st.sampled_from(["id", None]))
def test_documents_are_those_of_the_slow_way(items, id_column):
    reading = READING.model_copy(update={"id_column": id_column})
    lines = [json.dumps(item).encode() for item in items]
    found = rows(make_plain_parser(reading)(lines))

    if found is not None:
        assert slowly(lines, reading) == found


def test_ordinary_records_go_the_quick_way():
    lines = [b'{"text": "a", "id": 1, "x": [1.5, null]}', b'{"text": "", "id": "b"}']

    found = rows(make_plain_parser(READING)(lines))

    assert [("1", "a", b'{"x":[1.5,null]}'), ("b", "", b"{}")] == found


def test_what_is_not_ordinary_goes_the_slow_way():
    parse = make_plain_parser(READING)
    plain = b'{"text": "a", "id": 1}'
    for line in (
        b"",
        b"[1]",
        b'"text"',
        b'{"id": 1}',
        b'{"text": "a"}',
        b'{"text": null, "id": 1}',
        b'{"text": "a", "id": 1.5}',
        b'{"text": "a", "id": true}',
        b'{"text": "a", "id": 1, "n": 18446744073709551616}',
        b'{"text": "\\ud800", "id": 1}',
        b'{"text": "a", "id": 1, "d": ' + b"[" * 300 + b"]" * 300 + b"}",
    ):
        assert parse([plain, line]) is None, line


def test_several_text_columns_have_no_quick_way():
    assert make_plain_parser(READING.model_copy(update={"text_columns": ("a", "b")})) is None
    assert make_plain_parser(READING.model_copy(update={"id_column": "text"})) is None
