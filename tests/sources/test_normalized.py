import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.documents import DOCUMENTS
from registry.domain.reading import Format, Reading
from registry.errors import UnreadableError
from registry.sources.reading import read_documents

from .factories import make_file, read
from .test_parquet import to_parquet

ROWS = [
    {"id": f"i{n}", "text": "é" * n, "source": f"raw.jsonl#{n}", "metadata": '{"a":1}'}
    for n in range(100)
]


def to_shard(rows: list[dict[str, str]] = ROWS) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=DOCUMENTS), sink)
    return sink.getvalue()


def test_documents_pass_through_as_they_stand():
    result = read(to_shard(), "shard.parquet", batch_bytes=500)

    assert Format.DOCUMENTS == result.reading.format
    assert [row | {"text": row["text"].encode()} for row in ROWS] == result.documents
    assert max(result.batch_bytes) <= 500 + 198


def test_parquet_of_other_columns_is_no_shard():
    file = make_file(to_parquet({"text": ["a"]}), "a.parquet")

    with pytest.raises(UnreadableError, match="not a shard of normalized documents"):
        list(read_documents(file, Reading(format="documents")))


def test_a_column_asked_for_makes_a_shard_plain_parquet():
    result = read(to_shard(), "shard.parquet", text_columns=("metadata",))

    assert Format.PARQUET == result.reading.format
    assert b'{"a":1}' == result.texts[0]
