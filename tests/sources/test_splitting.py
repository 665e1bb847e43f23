"""Parts of a file, read by themselves, are the file."""

import json
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.reading import Compression, Format, Reading, Split
from registry.sources import splitting
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents
from registry.sources.splitting import split

from .web import arc, http, record

JSONL = Reading(format=Format.JSONL, text_columns=("text",))
LINES = Reading(format=Format.TEXT, split=Split.LINES)
WARC = Reading(format=Format.WARC)
PARQUET = Reading(format=Format.PARQUET, text_columns=("text",))


def in_memory(data, name="a.jsonl"):
    return SourceFile(name, lambda: pa.BufferReader(data), len(data))


def read(file, reading, spans=(None,)):
    outcomes = [one for span in spans for one in read_documents(file, reading, span=span)]
    kept = [row for one in outcomes for row in one.kept.to_pylist()]
    return kept, [row for one in outcomes for row in one.rejected.to_pylist()]


def write_parquet(path, *, num_rows, row_group_size):
    table = pa.table({"text": [f"row {row}" for row in range(num_rows)]})
    pq.write_table(table, path, row_group_size=row_group_size)
    return SourceFile.from_path(path)


any_line = st.one_of(
    st.builds(lambda text: json.dumps({"text": text}).encode(), st.text(max_size=20)),
    st.sampled_from([b"", b"  ", b"{broken", b"[1]", b'{"text": 1}', b"\xff"]),
)


@given(
    st.lists(any_line, max_size=30),
    st.booleans(),
    st.integers(2, 12),
    st.sampled_from([JSONL, LINES]),
)
def test_the_parts_of_lines_are_the_whole(lines, ends, num_parts, reading):
    data = b"\n".join(lines) + (b"\n" if ends else b"")
    file = in_memory(data)
    spans = split(file, reading, num_parts=num_parts)

    assert read(file, reading) == read(file, reading, spans or (None,))
    assert len(spans) <= num_parts
    if spans:
        assert (0, len(data)) == (spans[0].start, spans[-1].stop)
        assert len(data.splitlines()) >= sum(span.num_rows for span in spans) - 1
        assert all(one.stop == two.start for one, two in pairwise(spans))


@given(
    st.lists(
        st.sampled_from(
            [record(), record(b"x", "metadata"), record(http(b"")), record(content_length=3)]
        ),
        max_size=20,
    ),
    st.integers(2, 12),
)
def test_the_parts_of_a_web_archive_are_the_whole(records, num_parts):
    file = in_memory(b"".join(records) + record(), "a.warc")
    spans = split(file, WARC, num_parts=num_parts)

    assert read(file, WARC) == read(file, WARC, spans or (None,))
    assert len(spans) <= num_parts


def test_the_parts_of_an_arc_file_are_the_whole():
    file = in_memory(arc(*[http()] * 30), "a.arc")
    spans = split(file, WARC, num_parts=4)

    assert 4 == len(spans)
    assert 31 == sum(span.num_rows for span in spans)
    assert read(file, WARC) == read(file, WARC, spans)


def test_blocks_make_no_difference(monkeypatch):
    file = in_memory(b"".join(b'{"text": "%d"}\n' % row for row in range(500)))
    expected = split(file, JSONL, num_parts=7)
    monkeypatch.setattr(splitting, "BLOCK_BYTES", 10)

    assert expected == split(file, JSONL, num_parts=7)
    assert 7 == len(expected)
    assert 500 == sum(span.num_rows for span in expected)


@pytest.mark.parametrize("num_parts", [2, 3, 7, 100])
def test_the_parts_of_parquet_are_the_whole(tmp_path, num_parts):
    file = write_parquet(tmp_path / "a.parquet", num_rows=95, row_group_size=10)
    spans = split(file, PARQUET, num_parts=num_parts)

    assert read(file, PARQUET) == read(file, PARQUET, spans)
    assert min(num_parts, 10) == len(spans)
    assert 95 == sum(span.num_rows for span in spans)


@pytest.mark.parametrize(
    "reading",
    [
        JSONL.model_copy(update={"compression": Compression.GZIP}),
        Reading(format=Format.TEXT),
        Reading(format=Format.TEXT, split=Split.PARAGRAPHS),
        Reading(format=Format.CSV, text_columns=("text",)),
        Reading(format=Format.JSON, text_columns=("text",)),
    ],
)
def test_what_cannot_be_entered_in_the_middle_is_not_cut(reading):
    assert () == split(in_memory(b"a\n" * 100), reading, num_parts=4)


def test_a_file_of_one_row_group_or_one_line_is_not_cut(tmp_path):
    one_group = write_parquet(tmp_path / "a.parquet", num_rows=95, row_group_size=1000)

    assert () == split(one_group, PARQUET, num_parts=4)
    assert () == split(in_memory(b'{"text": "%s"}\n' % (b"x" * 1000)), JSONL, num_parts=4)
    assert () == split(in_memory(b""), JSONL, num_parts=4)
