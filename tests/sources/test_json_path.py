"""An array within an object: its elements, and nothing else, whatever is around it."""

import json

import pytest

from registry.domain.reading import Format, Reading
from registry.errors import UnreadableError
from registry.sources.detecting import detect
from registry.sources.file import SourceFile
from registry.sources.json_path import find_array, require_end
from registry.sources.reading import read_documents


def read(tmp_path, data, records):
    path = tmp_path / "page.json"
    path.write_bytes(data)
    file = SourceFile.from_path(path, name="page.json")
    reading = detect(file, Reading(records=records)).reading
    outcomes = list(read_documents(file, reading))
    texts = [text for one in outcomes for text in one.kept.column("text").to_pylist()]
    rejected = [row for one in outcomes for row in one.rejected.to_pylist()]
    return reading, texts, rejected


def test_the_records_at_a_path_are_documents_and_bad_ones_are_rejected_as_they_are(tmp_path):
    data = (
        b'\xef\xbb\xbf {"note": "{[\\"", "other": {"items": [{"text": "no"}]}, "data": {"deep": '
        b'[[1], {"items": []}], "items": [{"text": "one"}, {"text": "caf\xe9"}, 7, {"text": "t]wo"}'
        b'] , "more": {"items": [1]}}, "end": [2]} \n'
    )
    reading, texts, rejected = read(tmp_path, data, "data.items")

    assert (Format.JSON, "data.items") == (reading.format, reading.records)
    assert [b"one", b"t]wo"] == texts
    assert [("not-an-object", b"7"), ("invalid-utf8", b'{"text": "caf\xe9"}')] == sorted(
        ((row["reason"], row["raw"]) for row in rejected), reverse=True
    )


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"items": [1, "a"]}, "items"),
        ({"a": {"b": {"c": [{"d": []}], "c2": 1}}, "z": [[]]}, "a.b.c"),
        ({"é\n": {'"q"': []}, "x": {"y": {}}}, 'é\n."q"'),
        ([{"a": []}, {"a": {"b": [1]}}][1], "a.b"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_found_where_the_keys_lead(data, path, indent):
    raw = json.dumps(data, indent=indent, ensure_ascii=indent is None).encode()
    found = data
    for key in path.split("."):
        found = found[key]
    start = find_array(raw, path, name="x")
    decoded, length = json.JSONDecoder().raw_decode(raw[start:].decode())

    assert found == decoded
    require_end(raw, start + len(raw[start:].decode()[:length].encode()), path, name="x")


def test_an_object_cut_off_anywhere_is_noticed(tmp_path):
    whole = json.dumps({"n": {"a": "["}, "data": {"items": [{"text": "x"}]}, "z": [1]}).encode()
    for length in range(len(whole)):
        with pytest.raises(UnreadableError):
            read(tmp_path, whole[:length], "data.items")
    assert [b"x"] == read(tmp_path, whole, "data.items")[1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"data": {"rows": []}}', "no array at 'data.items'"),
        (b'{"data": [{"items": []}]}', "no array at 'data.items'"),
        (b'{"data": {"items": {}}}', "no array at 'data.items'"),
        (b'[{"data": {"items": []}}]', "not a JSON object"),
        (b'{"data": {"items": []}} {}', "more bytes behind"),
        (b"{" * 100_000, "cut off"),
        (b"{:}", "no array"),
    ],
)
def test_what_holds_no_such_array_is_named(tmp_path, data, words):
    with pytest.raises(UnreadableError, match=words) as error:
        read(tmp_path, data, "data.items")
    if "rows" in str(data):
        assert error.value.hint.endswith("there is rows")
