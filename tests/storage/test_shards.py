from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.documents import DOCUMENTS
from registry.storage.objects import ObjectStore
from registry.storage.shards import DocumentShardWriter


def batch_of(texts, *, first=0):
    return pa.RecordBatch.from_pydict(
        {
            "id": [str(first + row) for row in range(len(texts))],
            "text": texts,
            "source": ["a.jsonl"] * len(texts),
            "metadata": ["{}"] * len(texts),
        },
        schema=DOCUMENTS,
    )


def write(store, batches, *, shard_bytes):
    with DocumentShardWriter(store, shard_bytes=shard_bytes) as writer:
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
)
@settings(deadline=None, max_examples=50)
def test_shards_do_not_depend_on_the_cuts_between_batches(store, texts, cuts, shard_bytes):
    whole = write(store, [batch_of(texts)], shard_bytes=shard_bytes)
    ends = sorted({min(cut, len(texts)) for cut in cuts} | {0, len(texts)})
    pieces = [batch_of(texts).slice(a, b - a) for a, b in pairwise(ends)]

    assert whole == write(store, pieces, shard_bytes=shard_bytes)


@given(texts=st.lists(st.text(max_size=30), min_size=1, max_size=40))
@settings(deadline=None, max_examples=25)
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
    with pytest.raises(RuntimeError), DocumentShardWriter(store, shard_bytes=1 << 30) as writer:
        writer.write(batch_of(["a" * (17 << 20)]))
        raise RuntimeError

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
