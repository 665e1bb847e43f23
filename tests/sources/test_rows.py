import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.documents import split_sources
from registry.domain.digest import digest_of_bytes
from registry.domain.reading import Reading
from registry.errors import InputError, UnreadableError
from registry.sources.detecting import detect
from registry.sources.rows import read_rows

from .factories import make_file, read
from .test_arrow_ipc import to_feather

ROWS = [
    {"text": "a", "n": 9007199254740993, "x": 0.1},
    {"text": None, "n": 2, "x": None},
    {"text": "", "n": None, "x": -1e300},
    {"text": "too long" * 9, "n": 4, "x": 4.0},
    {"text": "ü", "n": 5, "x": float("inf")},
]
TABLE = pa.Table.from_pylist(ROWS)
LIMIT = 60


def to_parquet(table):
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def to_lines():
    finite = [{**row, "x": None if row["n"] == 5 else row["x"]} for row in ROWS]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in finite).encode()


FILES = {
    "t.csv": b"text,n,x\na,1,2\nragged\n,,3\n" + b"b" * 70 + b',1,1\n"\xc3\xbc,\n",\xff,\n',
    "t.tsv": b"text\tn\tx\na\t1\t2\nragged\n\t\t\nb\t\t\n",
    "t.jsonl": to_lines() + b"\n{broken\n[1]\n{}\n",
    "t.json": b'[{"text": "a", "n": 1}, 7, {"text": "b", "n": null, "x": true}]',
    "t.parquet": to_parquet(TABLE),
    "t.arrow": to_feather(TABLE),
}


def read_table(data, name, *, columns=("text", "n", "x"), **reading):
    file = make_file(data, name)
    detected = detect(file, Reading(**{"text_columns": ("text",), **reading})).reading
    outcomes = read_rows(file, detected, columns=columns, batch_bytes=50, max_document_bytes=LIMIT)
    kept, rejected = [], []
    for outcome in outcomes:
        sources, rows = split_sources(outcome.kept)
        kept += zip(sources.to_pylist(), rows.to_pylist(), strict=True)
        rejected += outcome.rejected.to_pylist()
    return kept, rejected


@pytest.mark.parametrize("name", FILES)
def test_the_rows_of_a_table_are_those_that_are_documents(name):
    documents = read(FILES[name], name, text_columns=("text",), max_document_bytes=LIMIT)
    kept, rejected = read_table(FILES[name], name)

    assert documents.sources == [source for source, _ in kept]
    assert documents.rejected == rejected
    assert documents.rejected


def test_values_of_text_files_stay_as_they_are_written():
    kept, _ = read_table(FILES["t.csv"], "t.csv")

    assert {"text": b"a", "n": b"1", "x": b"2"} == {k: as_bytes(v) for k, v in kept[0][1].items()}
    assert b"\xff" == as_bytes(kept[-1][1]["n"])
    kept, _ = read_table(to_lines(), "t.jsonl")
    assert {"text": "a", "n": "9007199254740993", "x": "0.1"} == kept[0][1]
    assert {"text": "", "n": None, "x": "-1e+300"} == kept[1][1]


def test_values_of_columns_keep_their_type():
    kept, _ = read_table(FILES["t.parquet"], "t.parquet")

    assert ROWS[0] == kept[0][1]
    assert float("inf") == kept[-1][1]["x"]


def test_a_row_by_a_template_is_one_if_one_of_its_columns_is_there():
    kept, rejected = read_table(
        b"n,x\n1,\n,\n,2\n", "t.csv", columns=("x",), text_columns=(), template="{*}"
    )

    assert [("t.csv#1", {"x": ""}), ("t.csv#3", {"x": "2"})] == kept
    assert ["null-text"] == [row["reason"] for row in rejected]


def test_a_header_that_stands_twice_is_told_apart():
    kept, _ = read_table(b"text,n,n\na,1,2\n", "t.csv", columns=("n", "n_2"))

    assert {"n": "1", "n_2": "2"} == kept[0][1]


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(UnreadableError, match="no column 'y'; it has text, n, x"):
        read_table(FILES["t.csv"], "t.csv", columns=("y",))


def test_a_column_of_lists_is_none_of_a_table():
    data = to_parquet(pa.table({"text": ["a"], "n": [[1]]}))

    with pytest.raises(UnreadableError, match="'n' holds list"):
        read_table(data, "t.parquet", columns=("n",))


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_a_text_that_was_taken_down_takes_its_row_with_it(name):
    data = FILES[name]
    kept, _ = read_table(data, name)
    file = make_file(data, name)
    detected = detect(file, Reading(text_columns=("text",))).reading
    without = detected.model_copy(update={"without": (digest_of_bytes(b"a"),)})
    outcomes = list(
        read_rows(file, without, columns=("n",), batch_bytes=1 << 20, max_document_bytes=LIMIT)
    )
    left = [source for one in outcomes for source in one.kept.column(0).to_pylist()]

    assert [source for source, row in kept if as_bytes(row["text"]) != b"a"] == left
    taken = [
        row for one in outcomes for row in one.rejected.to_pylist() if row["reason"] == "taken-down"
    ]
    assert [b""] == [row["raw"] for row in taken]


def test_a_file_without_columns_is_no_table():
    with pytest.raises(InputError, match="is text, which has no columns"):
        read_table(b"just text\n", "t.txt", text_columns=())


def as_bytes(value):
    return value if isinstance(value, bytes) else value.encode()
