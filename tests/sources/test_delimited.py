import csv
import io
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from registry.domain.reading import Compression, Format, Reading
from registry.errors import InputError, UnreadableError
from registry.sources.compression import open_decompressed
from registry.sources.delimited import Assembler, iter_records, read_delimited, read_names
from registry.sources.delimited_blocks import iter_pieces
from registry.sources.outcomes import Batcher
from registry.sources.reasons import RowError

from .factories import make_file, read


def test_values_stay_the_bytes_they_are():
    data = b'id,text,n\r\n007,"a ""b""\r\n,c",1.50\r\n8, x \xe9\x00,NA\r\n'

    result = read(data, "a.csv")

    assert [b'a "b"\r\n,c', b" x \xe9\x00"] == result.texts
    assert ["007", "8"] == result.ids
    assert ["a.csv#1", "a.csv#2"] == result.sources
    assert [{"n": "1.50"}, {"n": "NA"}] == result.metadata


def test_bytes_that_are_not_utf8_stay_in_the_metadata_as_escapes():
    result = read(b"text,n\na,\xe9\n", "a.csv")

    assert '{"n":"\\udce9"}' == result.documents[0]["metadata"]


def test_an_id_that_is_not_utf8_gives_way_to_the_locator():
    result = read(b"text,id\na,\xe9\n", "a.csv")

    assert (["a.csv#1"], [{"id": "\udce9"}]) == (result.ids, result.metadata)


@pytest.mark.parametrize(
    "row", [b"only one", b"a,b,c", b"\xff,\xff,\xff", b'"a\nb",c,d', b"a\rb,c"]
)
def test_a_ragged_row_costs_that_row_alone(row):
    result = read(b"text,n\na,1\n" + row + b"\nb,2\n", "a.csv")

    assert [b"a", b"b"] == result.texts
    assert [("ragged-row", 2, 11, row, len(row))] == [
        (r["reason"], r["row"], r["offset"], r["raw"], r["num_bytes"]) for r in result.rejected
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"text,n\n", b"\xef\xbb\xbftext\n"])
def test_a_file_without_rows_has_no_documents(data):
    result = read(data, "a.csv")

    assert ([], []) == (result.documents, result.rejected)


def test_blank_lines_are_no_rows():
    result = read(b"\ntext,n\n\na,1\n\n\nb,2\n\n", "a.csv")

    assert [b"a", b"b"] == result.texts


def test_a_last_row_without_a_newline_is_read():
    result = read(b'text,n\na,"1"', "a.csv")

    assert [{"n": "1"}] == result.metadata


def test_a_quote_that_never_ends_is_unreadable_with_its_place():
    with pytest.raises(UnreadableError, match="a quoted value never ends at byte 11"):
        read(b'text,n\na,1\n"b,2\nc,3\n', "a.csv")


def test_tabs_separate_in_a_tsv_and_in_a_csv_that_has_them_for_commas():
    data = b"text\tn\na, b\t1\n"

    assert [b"a, b"] == read(data, "a.tsv").texts
    assert [b"a, b"] == read(data, "a.csv").texts


def test_semicolons_for_commas_are_pointed_out():
    with pytest.raises(InputError, match="separated by ';'"):
        read(b"text;n\na;1\n", "a.csv")


def test_columns_of_the_same_name_are_told_apart():
    result = read(b"text,n,n\na,1,2\n", "a.csv")

    assert [{"n": "1", "n_2": "2"}] == result.metadata


def test_several_text_columns_are_joined_by_a_blank_line():
    result = read("q,a\nwho,é\n".encode(), "a.csv", text_columns=("q", "a"))

    assert ["who\n\né".encode()] == result.texts


def test_a_long_value_is_rejected_and_the_next_row_is_read():
    data = b"text,n\n" + b"x" * 3_000_000 + b",1\nb,2\n"

    result = read(data, "a.csv", max_document_bytes=1000)

    assert ([b"b"], ["document-too-long"]) == (result.texts, result.reasons)


def test_a_row_of_which_lines_were_cut_counts_with_all_its_bytes():
    row = b'"' + b"x" * 3_000_000 + b'\ny",1'

    result = read(b"text,n\n" + row + b"\nb,2\n", "a.csv", max_document_bytes=2_000_000)

    assert ["document-too-long"] == result.reasons[:1]
    assert len(b"text,n\n") == result.rejected[0]["offset"]
    assert 3_000_001 == result.rejected[0]["num_bytes"]


def test_a_long_value_within_the_limit_is_kept_whole():
    text = 'line, with "quotes"\n' * 500_000
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["text", "n"], [text, 1]])

    result = read(stream.getvalue().encode(), "a.csv")

    assert [text.encode()] == result.texts


def test_a_header_that_is_not_utf8_is_unreadable():
    with pytest.raises(UnreadableError, match="the header is not UTF-8"):
        read(b"text,\xff\na,1\n", "a.csv")


pieces = st.sampled_from(
    ["a", "é", ",", ",", "\n", "\n", '"', '""', '","', '"a\nb"', "\r", "\r\n", " ", "\0", "\ufeff"]
)


def read_slowly(data, reading, name="a.csv"):
    """The documents and rejections of the parser that reads record by record."""
    file, batcher = make_file(data, name), Batcher(name, 1 << 20)
    with open_decompressed(file, reading.compression) as stream:
        records = iter_records(stream, reading.format, max_document_bytes=1 << 20)
        header = next(records, None)
        if header is None:
            return [], []
        assemble = Assembler(read_names(name, header), reading, 1 << 20)
        for row, record in enumerate(records, 1):
            try:
                batcher.keep(row, assemble.make(record), record.num_bytes)
            except RowError as error:
                batcher.reject(
                    row,
                    record.offset,
                    reason=error.reason,
                    raw=record.raw,
                    num_bytes=record.num_bytes,
                )
    outcome = batcher.take()
    return outcome.kept.to_pylist(), outcome.rejected.to_pylist()


def read_quickly(data, reading, block_bytes, name="a.csv"):
    outcomes = list(
        read_delimited(
            make_file(data, name),
            reading,
            batch_bytes=64,
            max_document_bytes=1 << 20,
            block_bytes=block_bytes,
        )
    )
    kept = [row for outcome in outcomes for row in outcome.kept.to_pylist()]
    return kept, [row for outcome in outcomes for row in outcome.rejected.to_pylist()]


@settings(max_examples=400)
@given(st.lists(pieces, max_size=40).map("".join), st.integers(1, 30), st.booleans())
def test_both_ways_give_the_same_whatever_the_blocks(body, block_bytes, has_id):
    data = ("text,id\n" + body).encode()
    reading = Reading(format=Format.CSV, text_columns=("text",), id_column="id" if has_id else None)
    try:
        expected = read_slowly(data, reading)
    except UnreadableError as error:
        with pytest.raises(UnreadableError, match=re.escape(error.reason)):
            read_quickly(data, reading, block_bytes)
        return

    assert expected == read_quickly(data, reading, block_bytes)


@given(
    st.lists(st.tuples(*[st.text(max_size=9)] * 3), min_size=1, max_size=9),
    st.sampled_from([",", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 50),
)
def test_what_is_written_well_is_parsed_at_once(rows, delimiter, end, block_bytes):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "id", "x"), *rows])
    assume("\0" not in file.getvalue())
    data = file.getvalue().encode()
    found = list(
        iter_pieces(
            open_decompressed(make_file(data), Compression.NONE),
            delimiter,
            most_bytes=1 << 20,
            block_bytes=block_bytes,
        )
    )

    assert all(piece.rest is None for piece in found)
    assert data == b"".join(piece.data for piece in found)
    format_ = Format.CSV if delimiter == "," else Format.TSV
    reading = Reading(format=format_, text_columns=("text",), id_column="id")
    kept, rejected = read_quickly(data, reading, block_bytes)
    assert [(text.encode(), id_) for text, id_, _ in rows] == [
        (one["text"], one["id"]) for one in kept
    ]
    assert not rejected
