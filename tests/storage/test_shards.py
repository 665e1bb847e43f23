import errno
from itertools import pairwise
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.documents import DOCUMENTS
from registry.errors import StorageError
from registry.storage import row_groups
from registry.storage.objects import ObjectStore
from registry.storage.shards import ShardWriter


def batch_of(texts, *, first=0, metadata="{}"):
    return pa.RecordBatch.from_pydict(
        {
            "id": [str(first + row) for row in range(len(texts))],
            "text": texts,
            "source": ["a.jsonl"] * len(texts),
            "metadata": [metadata] * len(texts),
        },
        schema=DOCUMENTS,
    )


def write(store, batches, *, shard_bytes):
    with ShardWriter(store, shard_bytes=shard_bytes) as writer:
        for batch in batches:
            writer.write(batch)
        return writer.finish()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return ObjectStore(str(tmp_path_factory.mktemp("objects")))


@given(
    texts=st.lists(st.text(max_size=30), min_size=1, max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    shard_bytes=st.integers(1, 200),
    max_rows=st.integers(1, 50),
    metadata=st.sampled_from(["{}", '{"a": "' + "b" * 50 + '"}']),
)
@settings(max_examples=50)
def test_shards_do_not_depend_on_the_cuts_between_batches(
    store, texts, cuts, shard_bytes, max_rows, metadata
):
    batch = batch_of(texts, metadata=metadata)
    ends = sorted({min(cut, len(texts)) for cut in cuts} | {0, len(texts)})
    pieces = [batch.slice(a, b - a) for a, b in pairwise(ends)]
    with mock.patch.object(row_groups, "MAX_ROWS", max_rows):
        whole = write(store, [batch], shard_bytes=shard_bytes)
        cut = write(store, pieces, shard_bytes=shard_bytes)

    assert whole == cut


def row_groups_of(store, shards):
    files = [pq.read_metadata(store.path_of(shard.stored.digest)) for shard in shards]
    return [
        file.row_group(group).num_rows for file in files for group in range(file.num_row_groups)
    ]


def test_row_groups_are_closed_by_large_metadata_too(store):
    batch = batch_of(["a"] * 20, metadata="m" * (4 << 20))

    assert [4, 4, 4, 4, 4] == row_groups_of(store, write(store, [batch], shard_bytes=1 << 30))


def test_row_groups_are_closed_by_rows_where_there_is_no_text(store):
    batches = [batch_of([""] * 50_000) for _ in range(3)]

    assert [65_536, 65_536, 18_928] == row_groups_of(
        store, write(store, batches, shard_bytes=1 << 30)
    )


def test_a_shard_is_closed_by_its_text_alone(store):
    batch = batch_of(["a" * 10] * 20, metadata="m" * 100)

    assert [10, 10] == [shard.num_documents for shard in write(store, [batch], shard_bytes=100)]


def test_a_full_disk_while_writing_is_a_storage_error_and_leaves_nothing(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    store = ObjectStore(str(tmp_path))
    monkeypatch.setattr(pq.ParquetWriter, "write_table", refuse)
    with pytest.raises(StorageError, match="no space left"):
        write(store, [batch_of(["a"])], shard_bytes=1)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@given(texts=st.lists(st.text(max_size=30), min_size=1, max_size=40))
@settings(max_examples=25)
def test_reading_the_shards_gives_the_documents_in_order(store, texts):
    shards = write(store, [batch_of(texts)], shard_bytes=64)
    read = [
        text
        for shard in shards
        for text in pq.read_table(store.path_of(shard.stored.digest))["text"].to_pylist()
    ]

    assert texts == read
    assert len(texts) == sum(shard.num_documents for shard in shards)
    assert sum(len(text.encode()) for text in texts) == sum(
        shard.num_text_bytes for shard in shards
    )


def test_no_document_makes_no_shard(store):
    assert write(store, [batch_of([])], shard_bytes=10) == []


def test_leaving_early_leaves_no_file_behind(tmp_path):
    store = ObjectStore(str(tmp_path))
    with pytest.raises(RuntimeError), ShardWriter(store, shard_bytes=1 << 30) as writer:
        writer.write(batch_of(["a" * (17 << 20)]))
        raise RuntimeError

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_lists_of_a_fixed_size_fill_a_row_group():
    numbers = pa.array(range(40), pa.float32())
    column = pa.FixedSizeListArray.from_arrays(numbers, 4)
    batch = pa.RecordBatch.from_arrays([column], names=["embedding"])
    groups = row_groups.RowGroups(batch.schema, group_bytes=48)

    assert [3, 3, 3, 1] == [len(g) for g in (*groups.add(batch), *groups.drain())]
