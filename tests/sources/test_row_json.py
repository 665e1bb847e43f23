"""Metadata of many rows at once is, byte for byte, what `orjson` writes of each row."""

from datetime import UTC, datetime

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.sources.row_json import to_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9) | st.text(
    '"\\\x00\x1f\n\t\x7f\u2028a/', max_size=5
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            'b"\n': st.none() | TEXTS,
            "a": st.none() | st.integers(-(2**63), 2**63 - 1),
            "é": st.none() | st.booleans(),
            "f": st.none() | st.floats(),
            "l": st.none() | st.lists(TEXTS, max_size=2),
        }
    ),
    min_size=1,
    max_size=9,
)
SCHEMA = pa.schema(
    [
        ('b"\n', pa.string()),
        ("a", pa.int64()),
        ("é", pa.bool_()),
        ("f", pa.float64()),
        ("l", pa.list_(pa.string())),
    ]
)


@given(rows=ROWS, is_large=st.booleans(), start=st.integers(0, 3))
def test_every_row_is_as_orjson_writes_it(rows, is_large, start):
    schema = SCHEMA.set(0, SCHEMA.field(0).with_type(pa.large_string())) if is_large else SCHEMA
    batch = pa.RecordBatch.from_pylist(rows, schema=schema).slice(start)
    expected = [orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode() for row in rows[start:]]

    assert expected == to_json(SCHEMA.names, batch).to_pylist()


def test_one_string_that_is_not_utf8_costs_its_row_alone():
    bad = pa.array([b"good", b"\xff", None]).view(pa.string())
    batch = pa.RecordBatch.from_arrays([bad, pa.array([1, 2, 3])], names=["s", "n"])

    said = to_json(["s", "n"], batch).to_pylist()
    assert ['{"n":1,"s":"good"}', None, '{"n":3,"s":null}'] == said


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
        (pa.array([1.5], pa.float32()), "1.5"),
        (pa.array([datetime(2026, 1, 2, tzinfo=UTC)]), '"2026-01-02T00:00:00.000000Z"'),
        (pa.array(["x"]).dictionary_encode(), '"x"'),
        (pa.array([b"\xff"]), '"/w=="'),
        (pa.array([{"b": 1, "a": None}]), '{"a":null,"b":1}'),
        (pa.array([None], pa.null()), "null"),
    ],
)
def test_other_types_are_said_as_ever(column, said):
    batch = pa.RecordBatch.from_arrays([column], names=["c"])

    assert [f'{{"c":{said}}}'] == to_json(["c"], batch).to_pylist()
