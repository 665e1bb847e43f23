import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.documents import MAX_RAW_BYTES
from registry.domain.reading import Reading
from registry.sources.reading import read_documents

from .factories import make_file, read


@pytest.mark.parametrize(
    "data",
    [b"", b"\xef\xbb\xbfa\r\n\tb \n\n", b"caf\xe9"],
)
def test_a_file_is_one_document_with_its_bytes_untouched(data):
    result = read(data, "docs/a.md")

    assert [
        {"id": "docs/a.md", "text": data, "source": "docs/a.md", "metadata": "{}"}
    ] == result.documents


def test_lines_lose_their_end_and_blank_ones_are_none():
    result = read(b"\xef\xbb\xbf a \r\n\r\n \t\nb\n\xff", "a.txt", split="lines")

    assert [b"\xef\xbb\xbf a ", b"b", b"\xff"] == result.texts
    assert ["a.txt#1", "a.txt#4", "a.txt#5"] == result.sources


def test_paragraphs_are_runs_of_lines_between_blank_ones():
    data = b"\n\na\r\n  b\r\n \nc\n\n\nd"

    result = read(data, "a.txt", split="paragraphs")

    assert [b"a\r\n  b", b"c", b"d"] == result.texts
    assert ["a.txt#3", "a.txt#6", "a.txt#9"] == result.sources


@pytest.mark.parametrize("split", ["lines", "paragraphs"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_text_is_split_by_its_characters(split, encoding):
    result = read("a\n\n\u010a\n".encode(encoding), "a.txt", split=split)

    assert ["a", "\u010a"] == [text.decode("utf-8-sig") for text in result.texts]


@pytest.mark.parametrize("split", ["file", "lines", "paragraphs"])
def test_a_document_above_the_limit_is_rejected(split):
    data = b"x" * 3_000_000

    result = read(data, "a.txt", split=split, max_document_bytes=2_000_000)

    assert ([], ["document-too-long"]) == (result.texts, result.reasons)
    assert data[:MAX_RAW_BYTES] == result.rejected[0]["raw"]
    assert 3_000_000 == result.rejected[0]["num_bytes"]


def test_a_paragraph_counts_with_the_bytes_of_its_lines_that_were_cut():
    paragraph = b"x" * 3_000_000 + b"\n" + b"y" * 10

    result = read(b"a\n\n" + paragraph, "a.txt", split="paragraphs", max_document_bytes=2_000_000)

    assert [len(paragraph)] == [row["num_bytes"] for row in result.rejected]


def test_a_paragraph_of_short_lines_above_the_limit_is_rejected_alone():
    data = b"a\n\n" + b"xxxxxxxxx\n" * 1000 + b"\nb\n"

    result = read(data, "a.txt", split="paragraphs", max_document_bytes=5000)

    assert [b"a", b"b"] == result.texts
    assert [("document-too-long", 3, 3)] == [
        (row["reason"], row["row"], row["offset"]) for row in result.rejected
    ]


# No line here begins a UTF-16 file, which is not split at all.
LINES = st.binary(max_size=8).filter(
    lambda line: b"\n" not in line and not line.startswith((b"\xff\xfe", b"\xfe\xff"))
)


@given(st.lists(LINES))
def test_lines_joined_again_are_the_file_without_its_blank_lines(lines):
    data = b"".join(line + b"\n" for line in lines)

    reading = Reading(format="text", split="lines")
    outcomes = list(read_documents(make_file(data, "a.txt"), reading))
    texts = [text for o in outcomes for text in o.kept.column("text").to_pylist()]

    assert [line.removesuffix(b"\r") for line in lines if line.strip()] == texts
