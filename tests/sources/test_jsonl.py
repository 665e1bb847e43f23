import json
import sys

import pytest

from registry.documents import MAX_RAW_BYTES

from .factories import measure_reading, read, to_jsonl


def test_id_text_source_and_the_other_fields_become_a_document():
    result = read(b'{"text": "hello", "z": [1.5, null], "id": "x7", "a": {"c": 1, "b": true}}\n')

    assert [
        {
            "id": "x7",
            "text": b"hello",
            "source": "a.jsonl#1",
            "metadata": '{"a":{"b":true,"c":1},"z":[1.5,null]}',
        }
    ] == result.documents


def test_a_record_without_an_id_is_known_by_its_locator():
    result = read(b'{"text": "a"}\n\n{"text": "b", "id": null}\n{"text": "c", "id": 12}\n')

    assert ["a.jsonl#1", "a.jsonl#3", "12"] == result.ids
    assert ["a.jsonl#1", "a.jsonl#3", "a.jsonl#4"] == result.sources


def test_an_id_that_is_no_id_stays_in_the_metadata():
    result = read(
        b'{"text": "a", "id": "x"}\n{"text": "b", "id": 1.5}\n{"text": "c", "id": true}\n'
    )

    assert ["x", "a.jsonl#2", "a.jsonl#3"] == result.ids
    assert [{}, {"id": 1.5}, {"id": True}] == result.metadata


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "invalid-json"),
        (b'{"text": NaN}', "invalid-json"),
        (b'{"text": "a", "n": Infinity}', "invalid-json"),
        (b'{"text": "a", "n": 1e400}', "invalid-json"),
        (b'{"text": "a\x00"}', "invalid-json"),
        (b'{"text": "\xff"}', "invalid-utf8"),
        (b'{"text": "\xed\xa0\x80"}', "invalid-utf8"),
        (b"[1, 2]", "not-an-object"),
        (b"7", "not-an-object"),
        (b"null", "not-an-object"),
        (b'{"body": "a"}', "missing-text"),
        (b'{"text": null}', "null-text"),
        (b'{"text": 5}', "text-not-a-string"),
        (b'{"text": ["a", 1]}', "text-not-a-string"),
        (b"[" * 200_000, "nested-too-deep"),
        (b'{"a":' * 200_000, "nested-too-deep"),
        (b'{"text":"a","n":' + b"[" * 254 + b"]" * 254 + b"}", "nested-too-deep"),
        (b'{"text":"a","s":"\\ud800","n":' + b"[" * 254 + b"]" * 254 + b"}", "nested-too-deep"),
        (b'{"text":"a","n":' + b"9" * 5000 + b"}", "invalid-json"),
    ],
)
def test_a_bad_line_costs_that_line_alone(line, reason):
    before = b'{"text": "before"}\r\n'

    result = read(before + line + b'\n{"text": "after"}')

    assert [b"before", b"after"] == result.texts
    assert [
        {
            "file": "a.jsonl",
            "row": 2,
            "offset": len(before),
            "step": "read",
            "reason": reason,
            "raw": line,
            "num_bytes": len(line),
        }
    ] == result.rejected


@pytest.mark.parametrize("other", [b"", b'"s":"\\ud800",'])
def test_nesting_up_to_the_limit_is_kept_by_either_parser(other):
    line = b'{"text":"a",' + other + b'"n":' + b"[" * 253 + b"]" * 253 + b"}"

    result = read(line)

    assert [b"a"] == result.texts


def test_a_lone_surrogate_is_kept_in_text_and_metadata():
    result = read(b'{"text": "a\\ud800b\\u00e9", "m": "\\udfff", "id": "\\ud800"}\n{"text": "b"}\n')

    assert [b"a\xed\xa0\x80b\xc3\xa9", b"b"] == result.texts
    assert '{"id":"\\ud800","m":"\\udfff"}' == result.documents[0]["metadata"]
    assert "a.jsonl#1" == result.ids[0]


@pytest.mark.parametrize(
    "number", [2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30 + 1]
)
def test_an_integer_of_any_size_is_kept_exactly(number):
    result = read(to_jsonl([{"text": "a", "id": number, "deep": [{"n": number}]}]))

    assert [str(number)] == result.ids
    assert [{"deep": [{"n": number}]}] == result.metadata


def test_a_byte_order_mark_and_blank_lines_are_no_data():
    result = read(b'\xef\xbb\xbf{"text": "a"}\r\n\r\n  \n{"text": "b"}\r\n\n')

    assert [b"a", b"b"] == result.texts
    assert ["a.jsonl#1", "a.jsonl#4"] == result.sources
    assert [] == result.rejected


def test_offsets_count_the_byte_order_mark():
    result = read(b'\xef\xbb\xbf{"text": "a"}\n\nx\n')

    assert [(3, 18)] == [(row["row"], row["offset"]) for row in result.rejected]


def test_an_empty_text_is_a_document():
    result = read(b'{"text": ""}\n')

    assert [b""] == result.texts


def test_several_text_columns_are_joined_by_a_blank_line():
    data = to_jsonl([{"q": "a", "a": "b", "n": 1}, {"q": "a"}, {"q": "a", "a": None}])

    result = read(data, text_columns=("q", "a"))

    assert [b"a\n\nb"] == result.texts
    assert [{"n": 1}] == result.metadata
    assert ["missing-text", "null-text"] == result.reasons


def test_a_list_of_strings_is_joined_by_newlines():
    lists = [["a", "é"], [], ["\ud800"], "plain", ["a", None], ["a", 1], [None, 1], [["a"]], None]

    result = read("".join(json.dumps({"text": value}) + "\n" for value in lists).encode())

    assert ["a\né".encode(), b"", b"\xed\xa0\x80", b"plain"] == result.texts
    assert ["null-text", *["text-not-a-string"] * 3, "null-text"] == result.reasons


def test_a_text_column_may_also_be_the_id():
    result = read(b'{"word": "a", "n": 1}\n', text_columns=("word",), id_column="word")

    assert ([b"a"], ["a"]) == (result.texts, result.ids)


def test_a_line_above_the_limit_is_rejected_and_the_next_is_read():
    long = b'{"text": "' + b"x" * 3_000_000 + b'"}'
    data = b'{"text": "a"}\n' + long + b'\n{"text": "b"}\n' + long

    result = read(data, max_document_bytes=2_000_000)

    assert [b"a", b"b"] == result.texts
    assert [(2, 14), (4, 14 + len(long) + 1 + 14)] == [
        (row["row"], row["offset"]) for row in result.rejected
    ]
    assert ["document-too-long"] * 2 == result.reasons
    assert [long[:MAX_RAW_BYTES]] * 2 == [row["raw"] for row in result.rejected]
    assert [len(long)] * 2 == [row["num_bytes"] for row in result.rejected]


def test_a_file_of_bad_lines_alone_is_all_in_the_quarantine():
    result = read(b"x\ny\n" * 1000)

    assert (0, 2000) == (len(result.documents), len(result.rejected))


def test_no_batch_is_above_the_limit_and_one_document():
    data = to_jsonl([{"text": "x" * size} for size in (10, 900, 5000, 20, 30_000, 1, 1) * 20])

    result = read(data, batch_bytes=4000)

    assert max(result.batch_bytes) <= 4000 + 30_000
    assert len(result.batch_bytes) > 20


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_a_line_of_100_mb_takes_little_more_than_four_times_its_size(tmp_path):
    path = tmp_path / "long.jsonl"
    with path.open("wb") as stream:
        stream.write(b'{"text": "')
        for _ in range(100):
            stream.write(b"abcdefg " * 125_000)
        stream.write(b'"}\n')

    measured = measure_reading(path)

    assert measured["num_text_bytes"] >= 100_000_000
    assert measured["added_bytes"] < 4.5 * path.stat().st_size
