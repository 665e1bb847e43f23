import gzip
import io

import pyarrow as pa
import pytest

from registry.errors import UnreadableError
from registry.sources import columnar
from registry.sources.finding import find_files

from .factories import read

TABLE = pa.table({"text": [f"text {n}" for n in range(50)], "n": list(range(50))})


def to_stream(table: pa.Table = TABLE) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=10)
    return sink.getvalue()


def to_feather(table: pa.Table = TABLE) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=10)
    return sink.getvalue()


@pytest.mark.parametrize("write", [to_stream, to_feather])
@pytest.mark.parametrize("name", ["a.arrow", "data"])
def test_streams_and_files_are_read_row_by_row(write, name):
    result = read(write(), name)

    assert [f"text {n}".encode() for n in range(50)] == result.texts
    assert [f"{name}#{n}" for n in range(1, 51)] == result.sources
    assert [{"n": n} for n in range(50)] == result.metadata


@pytest.mark.parametrize("write", [to_stream, to_feather])
def test_a_file_cut_off_anywhere_is_unreadable(write):
    data = write()

    for length in range(8, len(data), 13):
        with pytest.raises(UnreadableError):
            read(data[:length], "a.arrow")


def test_a_stream_cut_off_between_two_batches_is_unreadable():
    with pytest.raises(UnreadableError, match="cut off before its end marker"):
        read(to_stream()[:-8], "a.arrow")


def test_offsets_that_lead_outside_the_memory_are_unreadable():
    array = pa.array(["abc", "def"])
    offsets = pa.array([0, 1_000_000, 6], pa.int32()).buffers()[1]
    bad = pa.Array.from_buffers(pa.string(), 2, [None, offsets, array.buffers()[2]])

    with pytest.raises(UnreadableError):
        read(to_stream(pa.table({"text": bad})), "a.arrow")


def test_nanoseconds_in_a_list_of_fixed_size_are_kept():
    moments = pa.array([[1_700_000_000_123_456_789]], pa.list_(pa.timestamp("ns"), 1))

    result = read(to_stream(pa.table({"text": ["a"], "m": moments})), "a.arrow")

    assert [{"m": ["2023-11-14 22:13:20.123456789"]}] == result.metadata


def test_a_struct_with_two_fields_of_one_name_is_unreadable_not_lost():
    twice = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])

    with pytest.raises(UnreadableError):
        read(to_stream(pa.table({"text": ["a"], "s": twice})), "a.arrow")


def test_feather_of_the_first_version_is_refused():
    with pytest.raises(UnreadableError, match="not a file of format arrow"):
        read(b"FEA1" + bytes(100), "a.feather")


def test_a_compressed_arrow_file_is_read():
    assert 50 == len(read(gzip.compress(to_feather(), mtime=0), "a.arrow.gz").documents)


def test_a_data_set_saved_by_hugging_face_is_read(shared_data):
    (file,) = find_files([str(shared_data / "arrow" / "boolq-validation")])

    result = read(file, text_columns=("question", "passage"))

    assert 3270 == len(result.documents)
    assert all(text.count(b"\n\n") >= 1 for text in result.texts)
    assert all(fields.keys().isdisjoint({"question", "passage"}) for fields in result.metadata)


def to_one_batch(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_batch(table.combine_chunks().to_batches()[0])
    return sink.getvalue()


@pytest.fixture
def rows_at_once(monkeypatch):
    """How many rows were made into Python values at a time."""
    seen = []
    to_json = columnar.to_json

    def spy(names, batch):
        seen.append(batch.num_rows)
        return to_json(names, batch)

    monkeypatch.setattr(columnar, "to_json", spy)
    return seen


LONG = ["m" * 1000] * 1000


@pytest.mark.parametrize(
    "column",
    [
        pa.array(LONG),
        pa.array(LONG).dictionary_encode(),
        pa.array(LONG, pa.string_view()),
        pa.array([["m" * 1000]] * 1000),
        pa.array([b"m" * 1000] * 1000, pa.large_binary()),
    ],
    ids=lambda column: str(column.type)[:10],
)
def test_one_large_batch_is_made_into_python_a_piece_at_a_time(column, rows_at_once):
    table = pa.table({"text": ["a"] * 1000, "m": column})

    result = read(to_one_batch(table), "a.feather", batch_bytes=50_000)

    assert [f"a.feather#{n}" for n in range(1, 1001)] == result.sources
    assert 40 <= max(rows_at_once) <= 50


def test_many_small_values_are_made_into_python_a_piece_at_a_time(rows_at_once):
    table = pa.table({"text": [""] * 10_000, "n": pa.nulls(10_000)})

    result = read(to_one_batch(table), "a.feather", batch_bytes=64_000)

    assert 10_000 == len(result.documents)
    assert 500 == max(rows_at_once)


def test_an_id_that_is_not_utf8_costs_its_own_row_the_id():
    ids = pa.array([b"x", b"\xff", b"z"], pa.binary()).view(pa.string())

    result = read(to_one_batch(pa.table({"text": ["a", "b", "c"], "id": ids})), "a.feather")

    assert ["x", "a.feather#2", "z"] == result.ids
