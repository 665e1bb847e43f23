import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.reading import Compression
from registry.errors import UnreadableError
from registry.sources.compression import open_decompressed
from registry.sources.json_array import iter_elements

from .factories import make_file, read


def elements(data: bytes, *, block_bytes: int = 4 << 20) -> list[tuple[int, bytes]]:
    with open_decompressed(make_file(data), Compression.NONE) as stream:
        blocks = iter_elements(stream, max_element_bytes=1 << 20, block_bytes=block_bytes)
        return [(block.offset, line) for block in blocks for line in block.lines]


def test_each_object_of_the_array_is_a_document():
    data = b' [ {"text": "a", "n": [1, {"x": "],"}]},\n {"text": "b\\"]"} ] \n'

    result = read(data, "a.json")

    assert [b"a", b'b"]'] == result.texts
    assert ["a.json#1", "a.json#2"] == result.sources
    assert [{"n": [1, {"x": "],"}]}, {}] == result.metadata


def test_an_array_of_strings_is_an_array_of_texts():
    data = b' ["a", "\\ud83d alone", "", 7, [], "c\xff", "d"] '

    result = read(data, "a.json")

    assert result.reading.holds_texts
    assert [b"a", "\ud83d alone".encode("utf-8", "surrogatepass"), b"", b"d"] == result.texts
    assert ["a.json#1", "a.json#2", "a.json#3", "a.json#7"] == result.ids == result.sources
    assert [{}] * 4 == result.metadata
    assert [
        (4, "text-not-a-string"),
        (5, "text-not-a-string"),
        (6, "invalid-utf8"),
    ] == [(row["row"], row["reason"]) for row in result.rejected]


def test_a_string_among_objects_is_no_text():
    result = read(b'["a", {"text": "b"}]', "a.json")

    assert not result.reading.holds_texts
    assert ([b"b"], ["not-an-object"]) == (result.texts, [row["reason"] for row in result.rejected])


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (b'{"text": "\xff"}', "invalid-utf8"),
        (b'{"text": NaN}', "invalid-json"),
        (b"", "invalid-json"),
        (b'{"text" "b"}', "invalid-json"),
        (b"7", "not-an-object"),
        (b'["text", "b"]', "not-an-object"),
        (b'{"text": 7}', "text-not-a-string"),
    ],
)
def test_a_bad_element_costs_that_element_alone(element, reason):
    result = read(b'[{"text": "a"},' + element + b',{"text": "c"}]', "a.json")

    assert [b"a", b"c"] == result.texts
    assert [(2, 15, reason, element)] == [
        (row["row"], row["offset"], row["reason"], row["raw"]) for row in result.rejected
    ]


def test_a_lone_surrogate_is_kept():
    result = read(b'[{"text": "\\ud800"}]', "a.json")

    assert [b"\xed\xa0\x80"] == result.texts


@pytest.mark.parametrize("data", [b"[]", b" [ \n ] ", b"\xef\xbb\xbf[]"])
def test_an_empty_array_has_no_documents(data):
    result = read(data, "a.json")

    assert ([], []) == (result.documents, result.rejected)


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        (b"", "an empty file is no JSON", 0),
        (b'[{"text": "a"}', "the JSON array is cut off", 14),
        (b'[{"text": "a', "the JSON array is cut off", 12),
        (b'[{"text": "a"}] x', "more bytes behind the end of the JSON array", 15),
        (b'[{"text": "a"]}', "brackets that do not match in the JSON array", 14),
    ],
)
def test_an_array_that_is_broken_as_a_whole_is_unreadable(data, reason, offset):
    with pytest.raises(UnreadableError) as caught:
        read(data, "a.json")

    assert ("a.json", reason, offset) == (
        caught.value.path,
        caught.value.reason,
        caught.value.offset,
    )


def test_a_long_element_is_rejected_and_the_next_is_read():
    data = b'[{"text": "' + b"x" * 5_000_000 + b'"}, {"text": "b"}]'

    result = read(data, "a.json", max_document_bytes=1000)

    assert ([b"b"], ["document-too-long"]) == (result.texts, result.reasons)


@given(
    st.lists(st.recursive(st.text() | st.integers(), st.lists, max_leaves=5), min_size=1),
    st.integers(1, 9),
)
def test_elements_do_not_depend_on_where_blocks_end(values, block_bytes):
    data = json.dumps(values).encode()

    found = elements(data, block_bytes=block_bytes)

    assert values == [json.loads(element) for _, element in found]
    assert all(data[offset:].startswith(element) for offset, element in found)
