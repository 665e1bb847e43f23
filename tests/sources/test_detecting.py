import gzip
import json
import sys
from importlib.metadata import version

import pytest
import zstandard

import registry.sources
from registry.domain.reading import Compression, Container, Field, Format, Reading, Split
from registry.errors import InputError, MissingExtraError, UnreadableError
from registry.sources.detecting import UNKNOWN_FORMAT, detect

from .factories import make_file, to_jsonl
from .test_archive import to_tar, to_zip
from .test_arrow_ipc import to_feather, to_stream
from .test_parquet import to_parquet
from .web import PAGE, arc, record

RECORD = b'{"text": "a", "n": 1}\n'


def detected(data: bytes, name: str, **wanted: object):
    return detect(make_file(data, name), Reading(**wanted))


@pytest.mark.parametrize(
    ("data", "name", "format_"),
    [
        (RECORD, "a.jsonl", Format.JSONL),
        (RECORD, "A.NDJSON", Format.JSONL),
        (RECORD, "a.json", Format.JSONL),
        (RECORD, "-", Format.JSONL),
        (b'{"text": "' + b"x" * 100_000 + b'"}\n', "a.json", Format.JSONL),
        (b' \n[{"text": "a"}]', "a.json", Format.JSON),
        (b"text,n\n", "a.csv", Format.CSV),
        (b"text\tn\n", "a.tsv", Format.TSV),
        (to_parquet({"text": ["a"]}), "a", Format.PARQUET),
        (to_parquet({"text": ["a"]}), "a.txt", Format.PARQUET),
        (to_stream(), "a", Format.ARROW),
        (to_feather(), "a.feather", Format.ARROW),
        (record(), "a", Format.WARC),
        (record(), "a.jsonl", Format.WARC),
        (record(b"x", "conversion"), "a.warc.wet", Format.WARC),
        (arc(PAGE), "a.arc", Format.WARC),
        (PAGE, "a.htm", Format.HTML),
        (b"no tag at all", "a.XHTML", Format.HTML),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>\n", "page", Format.HTML),
        (PAGE, "a.txt", Format.TEXT),
        (b"# Title\n", "a.md", Format.TEXT),
        (b"[link] and text", "a.md", Format.TEXT),
        (RECORD, "a.py", Format.TEXT),
        (b"plain", "-", Format.TEXT),
        (b"", "empty", Format.TEXT),
        (b"a\x00b" * 1 + b"text " * 20, "a.txt", Format.TEXT),
        ("wide".encode("utf-16"), "a.txt", Format.TEXT),
        (b"caf\xe9", "a.txt", Format.TEXT),
    ],
)
def test_the_format_is_found_by_content_and_name(data, name, format_):
    assert format_ == detected(data, name).reading.format


@pytest.mark.parametrize(
    ("data", "name", "compression", "container"),
    [
        (gzip.compress(RECORD, mtime=0), "a.jsonl.gz", Compression.GZIP, Container.NONE),
        (gzip.compress(RECORD, mtime=0), "a.jsonl", Compression.GZIP, Container.NONE),
        (zstandard.compress(RECORD), "a.jsonl.zst", Compression.ZSTD, Container.NONE),
        (to_zip({"a.jsonl": RECORD}), "a", Compression.NONE, Container.ZIP),
        (to_tar({"a.jsonl": RECORD}), "a", Compression.NONE, Container.TAR),
        (
            gzip.compress(to_tar({"a.jsonl": RECORD}), mtime=0),
            "a.tgz",
            Compression.GZIP,
            Container.TAR,
        ),
        (zstandard.compress(to_tar({"a": RECORD})), "a.tar.zst", Compression.ZSTD, Container.TAR),
    ],
)
def test_compression_and_container_are_found_by_content(data, name, compression, container):
    found = detected(data, name)

    assert (compression, container) == (found.reading.compression, found.reading.container)
    assert (Field(name="text", type="string"), Field(name="n", type="int64")) == found.fields


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"no gzip", "a.jsonl.gz", "not a gzip stream"),
        (b"", "a.jsonl.zst", "not a zstd stream"),
        (gzip.compress(RECORD, mtime=0)[:12], "a.jsonl.gz", "the gzip stream is cut off"),
        (b"text", "a.zip", "not a zip archive"),
        (b"text", "a.tar.gz", "not a gzip stream"),
        (gzip.compress(b"text", mtime=0), "a.tar.gz", "not a tar archive"),
        (b"text", "a.parquet", "not a file of format parquet"),
        (b"", "a.parquet", "not a file of format parquet"),
        (b"text", "a.arrow", "not a file of format arrow"),
        (b"PARE" + bytes(100), "a", "an encrypted Parquet file"),
        (b"\xfd7zXZ\x00" + bytes(9), "a.txt.xz", "xz compression is not read"),
        (b"BZh9" + bytes(9), "a.txt.bz2", "bzip2 compression is not read"),
        (
            b'{\n  "text": "a"\n}',
            "a.json",
            "neither JSON Lines nor a JSON array: its first line is no JSON object",
        ),
        (b'"a"', "a.json", "neither a JSON array nor JSON Lines"),
        (b"", "a.json", "an empty file is no JSON"),
        ("a".encode("utf-16"), "a.jsonl", "UTF-16 or UTF-32, but jsonl is read as UTF-8"),
        (b"\x89PNG\r\n\x1a\n", "a.png", UNKNOWN_FORMAT),
        (b"%PDF-1.7 text", "a.pdf", UNKNOWN_FORMAT),
        (bytes(range(256)), "a.bin", UNKNOWN_FORMAT),
        (bytes(1000), "a.bin", UNKNOWN_FORMAT),
        (to_zip({"a.xml": b"a"}), "a.docx", UNKNOWN_FORMAT),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data, name, reason):
    with pytest.raises(UnreadableError) as caught:
        detected(data, name)

    assert (name, reason) == (caught.value.path, caught.value.reason)


def test_what_the_user_says_is_kept():
    found = detected(b'{"a": "x"}\n', "a.jsonl", format="text", split="lines")

    assert (Format.TEXT, Split.LINES, ()) == (
        found.reading.format,
        found.reading.split,
        found.fields,
    )


def columns(records: list[object] | bytes, **wanted: object):
    data = records if isinstance(records, bytes) else to_jsonl(records)
    reading = detected(data, "a.jsonl", **wanted).reading
    return reading.text_columns, reading.id_column


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"title": "t", "text": "a", "content": "b"}, (("text",), None)),
        ({"title": "t", "content": "b"}, (("content",), None)),
        ({"body": "b", "n": 1}, (("body",), None)),
        ({"body": "b", "id": "7"}, (("body",), "id")),
        ({"body": "b", "id": 7}, (("body",), "id")),
        ({"body": "b", "id": 2**70}, (("body",), "id")),
        ({"body": "b", "id": 7.5}, (("body",), None)),
        ({"text": None}, (("text",), None)),
    ],
)
def test_text_and_id_columns_are_chosen(record, expected):
    assert expected == columns([record])


def test_columns_are_as_given():
    record = {"text": "t", "q": "a", "a": "b", "key": "k"}

    assert (("q", "a"), "key") == columns([record], text_columns=("q", "a"), id_column="key")


def test_several_candidates_are_listed():
    with pytest.raises(InputError, match="several columns could hold the text: q, a") as caught:
        columns([{"q": "x", "a": "y", "n": 1}])

    assert "--text-column q" in caught.value.hint


LONGEST = {"title": "t", "story": "once upon a time", "url": "u"}


@pytest.mark.parametrize(
    ("record", "likeliest"),
    [
        (LONGEST, "story"),
        (LONGEST | {"Body": "b"}, "Body"),
        (LONGEST | {"body": "b", "document": "d"}, "document"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet"])
def test_of_several_candidates_a_usual_name_is_offered_or_the_longest(name, record, likeliest):
    data = {
        "a.jsonl": to_jsonl([record] * 2),
        "a.json": json.dumps([record]).encode(),
        "a.parquet": to_parquet({column: [value] for column, value in record.items()}),
    }[name]

    with pytest.raises(InputError, match="several columns could hold the text: title") as caught:
        detected(data, name)

    assert caught.value.hint.startswith(f"--text-column {likeliest};")


def test_without_a_sample_a_usual_name_is_offered_or_the_first():
    with pytest.raises(InputError) as usual:
        detected(b"title,body\nt,b\n", "a.csv")
    with pytest.raises(InputError) as other:
        detected(b"title,story\nt,once\n", "a.csv")

    assert usual.value.hint.startswith("--text-column body;")
    assert other.value.hint.startswith("--text-column title;")


def test_a_comment_is_no_header_but_a_name_may_begin_like_one():
    with pytest.raises(InputError, match="is a comment: # from the lab") as caught:
        detected(b"# from the lab\n# in May\nn,text\n1,t\n", "a.csv")

    assert "grep -v '^#' a.csv" in caught.value.hint
    assert ("text",) == detected(b"#n,text\n1,t\n", "a.csv").reading.text_columns


def test_no_candidate_lists_what_there_is():
    with pytest.raises(InputError, match=r"no column holds text; found n \(int64\)") as caught:
        columns([{"n": 1}])

    assert caught.value.hint.startswith("--text-column NAME; ")


@pytest.mark.parametrize(
    ("record", "lists"),
    [
        ({"text": ["a", "b"], "title": "t"}, "list<item: string>"),
        ({"text": [], "title": "t"}, "list<item: null>"),
    ],
)
def test_a_list_of_strings_is_the_text_where_it_is_named_and_not_by_itself(record, lists):
    fields = detected(to_jsonl([record]), "a.jsonl").fields

    assert Field(name="text", type=lists) == fields[0]
    assert (("title",), None) == columns([record])
    assert (("text",), None) == columns([record], text_columns=("text",))


def test_a_list_of_strings_is_offered_where_nothing_else_is_text():
    with pytest.raises(InputError, match="no column holds text") as caught:
        columns([{"n": 1, "lines": ["a"]}])

    assert caught.value.hint == "--text-column lines; its items are joined by newlines"


@pytest.mark.parametrize("value", [[1, 2], [["a"]], {"a": "b"}])
def test_a_list_of_other_things_is_no_text(value):
    with pytest.raises(InputError, match=r"column 'text' holds .*, not text"):
        columns([{"text": value}], text_columns=("text",))


@pytest.mark.parametrize("wanted", [{"text_columns": ("body",)}, {"id_column": "body"}])
def test_a_column_that_does_not_exist_is_named_beside_those_that_do(wanted):
    with pytest.raises(InputError, match=r"a\.jsonl: no column 'body'") as caught:
        columns([{"text": "a", "n": 1}], **wanted)

    assert "the file has text (string), n (int64)" == caught.value.hint


def test_fields_are_those_of_the_first_100_valid_records():
    records = [{"text": "a", "n": n} for n in range(60)] + [{"text": "a", "n": "x"}] * 40
    data = b"broken\n[1]\n" + to_jsonl([*records, {"text": "a", "late": 1}])

    assert (Field(name="text", type="string"), Field(name="n", type="mixed")) == (
        detected(data, "a.jsonl").fields
    )


def test_a_field_with_a_lone_surrogate_in_its_name_is_escaped():
    data = json.dumps({"text": "a", "\ud800": 1}).encode()

    assert ["text", "\\ud800"] == [field.name for field in detected(data, "a.jsonl").fields]


@pytest.mark.parametrize("data", [b"", b"broken\n", b"[1]\n7\n"])
def test_without_one_record_nothing_is_decided_and_nothing_wrong(data):
    assert ((), None) == columns(data)


@pytest.mark.parametrize("name", ["a.warc", "a.arc", "a.wet"])
def test_a_name_that_claims_a_web_archive_is_held_to_it(name):
    with pytest.raises(UnreadableError, match="not a file of format warc at byte 0"):
        detected(b"text", name)


def test_pages_are_decided_with_what_makes_their_text():
    found = detected(PAGE, "a.html").reading

    assert f"resiliparse {version('resiliparse')}" == found.extractor
    assert found.extractor == detected(to_zip({"a.html": PAGE}), "a.zip").reading.extractor
    assert detected(RECORD, "a.jsonl").reading.extractor is None


@pytest.mark.parametrize(("data", "name"), [(PAGE, "a.html"), (record(), "a.warc")])
def test_without_the_extra_pages_are_read_as_plain_text_alone(monkeypatch, data, name):
    for module in ("html", "page_text", "warc", "web_body", "web_stream"):
        monkeypatch.delitem(sys.modules, f"registry.sources.{module}", raising=False)
        monkeypatch.delattr(registry.sources, module, raising=False)
    monkeypatch.setitem(sys.modules, "resiliparse.extract.html2text", None)

    with pytest.raises(MissingExtraError) as caught:
        detected(data, name)
    assert 'pip install "muster-catalog[web]"' == caught.value.hint
    assert Format.TEXT is detected(data, name, format=Format.TEXT).reading.format
