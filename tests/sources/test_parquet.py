import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.documents import MAX_RAW_BYTES
from registry.domain.reading import Compression, Format
from registry.errors import InputError, UnreadableError
from registry.sources.file import SourceFile
from registry.sources.parquet import iter_batches, open_parquet

from .factories import read


def to_parquet(columns: dict[str, pa.Array], **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


@pytest.mark.parametrize(
    "type_",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.binary(),
        pa.large_binary(),
    ],
)
def test_text_of_any_string_type_is_read_as_bytes(type_):
    text = pa.array(["a", "é", ""], pa.string()).cast(type_)
    data = to_parquet({"text": text, "id": pa.array([7, 8, None])})

    result = read(data, "a.parquet")

    assert [b"a", "é".encode(), b""] == result.texts
    assert ["7", "8", "a.parquet#3"] == result.ids
    assert ["a.parquet#1", "a.parquet#2", "a.parquet#3"] == result.sources


@pytest.mark.parametrize(
    "type_",
    [
        pa.list_(pa.string()),
        pa.large_list(pa.large_string()),
        pa.list_(pa.field("element", pa.string_view())),
        pa.list_(pa.dictionary(pa.int32(), pa.string())),
    ],
)
def test_a_named_list_of_strings_is_joined_by_newlines(type_):
    lines = pa.array([["a", "é"], [], ["b", None], None, ["c"]], type_)
    data = to_parquet({"lines": lines, "n": range(5)})

    result = read(data, "a.parquet", text_columns=("lines",))

    assert ["a\né".encode(), b"", b"c"] == result.texts
    assert [{"n": 0}, {"n": 1}, {"n": 4}] == result.metadata
    assert [
        (3, "null-text", b'{"lines":["b",null],"n":2}'),
        (4, "null-text", b'{"lines":null,"n":3}'),
    ] == [(row["row"], row["reason"], row["raw"]) for row in result.rejected]


def test_lists_of_one_length_and_plain_text_are_joined_as_columns_are():
    pair = pa.array([["a", "b"], ["c", "d"]], pa.list_(pa.string(), 2))

    result = read(to_parquet({"q": ["x", "y"], "a": pair}), "a.parquet", text_columns=("q", "a"))

    assert [b"x\n\na\nb", b"y\n\nc\nd"] == result.texts


def test_bytes_that_are_no_utf8_reach_the_text_untouched():
    broken = pa.array([b"\xff", b"a"]).view(pa.string())

    result = read(to_parquet({"text": broken}), "a.parquet")

    assert [b"\xff", b"a"] == result.texts


def test_bytes_that_are_no_utf8_elsewhere_cost_their_row():
    broken = pa.array([b"a", b"\xff", b"c"]).view(pa.string())

    result = read(to_parquet({"text": ["x", "y", "z"], "note": broken}), "a.parquet")

    assert [b"x", b"z"] == result.texts
    assert [("invalid-utf8", 2, b"y")] == [
        (row["reason"], row["row"], row["raw"]) for row in result.rejected
    ]


def test_every_type_becomes_valid_json():
    moment = dt.datetime(2024, 2, 3, 4, 5, 6, 789)  # noqa: DTZ001 - columns without a zone exist
    columns = {
        "text": ["a"],
        "b": pa.array([b"\x00\xff"]),
        "d": pa.array([Decimal("1.50")]),
        "e": pa.array([None], pa.string()),
        "f": pa.array([0.5], pa.float16()),
        "l": pa.array([[dt.date(2024, 2, 3)]]),
        "m": pa.array([[("k", Decimal("2.5"))]], pa.map_(pa.string(), pa.decimal128(3, 1))),
        "n": pa.array([float("nan")]),
        "s": pa.array([{"x": 1, "y": {"z": b"\x01"}}]),
        "t": pa.array([moment], pa.timestamp("us")),
        "tn": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")),
        "tz": pa.array([moment], pa.timestamp("ms", "Europe/Berlin")),
        "u": pa.array([2**64 - 1], pa.uint64()),
    }

    result = read(to_parquet(columns), "a.parquet")

    assert [
        {
            "b": "AP8=",
            "d": "1.50",
            "e": None,
            "f": 0.5,
            "l": ["2024-02-03"],
            "m": [["k", "2.5"]],
            "n": None,
            "s": {"x": 1, "y": {"z": "AQ=="}},
            "t": "2024-02-03T04:05:06.000789",
            "tn": "2023-11-14T22:13:20.123456789",
            "tz": "2024-02-03T04:05:06.000Z",
            "u": 2**64 - 1,
        }
    ] == result.metadata


def test_null_and_long_texts_are_rejected_with_their_rows():
    data = to_parquet({"text": ["a", None, "long text", "b"], "n": [1, 2, 3, 4]})

    result = read(data, "a.parquet", max_document_bytes=5)

    assert [b"a", b"b"] == result.texts
    assert [
        (2, "null-text", b'{"n":2,"text":null}', 19),
        (3, "document-too-long", b"long text", 9),
    ] == [(row["row"], row["reason"], row["raw"], row["num_bytes"]) for row in result.rejected]


def test_a_text_cut_for_the_quarantine_counts_with_all_its_bytes():
    data = to_parquet({"text": ["x" * 3_000_000]})

    (row,) = read(data, "a.parquet", max_document_bytes=2_000_000).rejected

    assert (MAX_RAW_BYTES, 3_000_000) == (len(row["raw"]), row["num_bytes"])


def test_several_text_columns_are_joined_and_null_in_one_rejects():
    data = to_parquet({"q": ["a", "b"], "a": pa.array(["c", None])})

    result = read(data, "a.parquet", text_columns=("q", "a"))

    assert ([b"a\n\nc"], ["null-text"]) == (result.texts, result.reasons)
    assert [b'{"a":null,"q":"b"}'] == [row["raw"] for row in result.rejected]


def test_columns_of_the_same_name_are_told_apart():
    table = pa.table([["a"], [1], [2]], names=["text", "n", "n"])
    sink = io.BytesIO()
    pq.write_table(table, sink)

    assert [{"n": 1, "n_2": 2}] == read(sink.getvalue(), "a.parquet").metadata


def test_rows_are_numbered_through_row_groups_and_batches():
    data = to_parquet({"text": ["x" * 100] * 1000}, row_group_size=300)

    result = read(data, "a.parquet", batch_bytes=5000)

    assert [f"a.parquet#{row}" for row in range(1, 1001)] == result.sources
    assert max(result.batch_bytes) <= 5100


@pytest.mark.parametrize("place", [0.02, 0.2, 0.5, 0.8, 0.99])
def test_a_damaged_file_is_unreadable(place):
    texts = [f"{number} {number * 7919}" for number in range(20_000)]
    damaged = bytearray(to_parquet({"text": texts}, write_page_checksum=True, compression="zstd"))
    start = int(len(damaged) * place)
    damaged[start : start + 20] = bytes(20)

    with pytest.raises(UnreadableError) as caught:
        read(bytes(damaged), "a.parquet")

    assert "a.parquet" == caught.value.path


@pytest.mark.parametrize("length", [4, 8, 100, -1, -8])
def test_a_file_cut_off_is_unreadable(length):
    with pytest.raises(UnreadableError):
        read(to_parquet({"text": ["a"] * 100})[:length], "a.parquet")


def test_a_text_that_was_asked_for_and_is_none_is_refused():
    with pytest.raises(InputError, match="column 'n' holds int64, not text"):
        read(to_parquet({"text": ["a"], "n": [1]}), "a.parquet", text_columns=("n",))


# The bit width of 0 in ARROW-GH-43605 is what the format allows: it holds its 21,186 zeros.
GOOD_BAD_DATA = "ARROW-GH-43605.parquet"


def test_every_corrupt_file_of_the_parquet_project_is_unreadable(shared_data):
    paths = sorted((shared_data / "parquet" / "bad_data").glob("*.parquet"))

    assert 8 == len(paths)
    for path in paths:
        file = SourceFile.from_path(path)
        if path.name == GOOD_BAD_DATA:
            with open_parquet(file, Compression.NONE) as parquet:
                batches = list(iter_batches(parquet, file.name, batch_bytes=1 << 20))
            assert 21_186 == sum(batch.num_rows for batch in batches)
            continue
        with pytest.raises(UnreadableError) as caught:
            read(file)
        assert path.name == caught.value.path


def test_no_file_of_the_parquet_project_raises_anything_foreign(shared_data):
    num_documents = 0

    for path in sorted((shared_data / "parquet").iterdir()):
        if not path.is_file() or path.suffix == ".md":
            continue
        file = SourceFile.from_path(path)
        num_documents += _count_documents(file)

    assert num_documents > 5000


def _count_documents(file: SourceFile) -> int:
    """Read a file through each of its columns as the text."""
    count = 0
    try:
        with open_parquet(file, Compression.NONE) as parquet:
            names = parquet.schema_arrow.names
    except UnreadableError:
        return 0
    for name in names:
        try:
            count += len(read(file, text_columns=(name,), format=Format.PARQUET).documents)
        except InputError:
            continue
    return count
