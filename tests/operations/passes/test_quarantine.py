import gc
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.documents import MAX_RAW_BYTES, NO_REJECTIONS, REJECTIONS
from registry.errors import StorageError
from registry.operations.passes.quarantine import (
    QuarantineWriter,
    join_quarantines,
    read_quarantine,
)
from registry.storage.objects import ObjectStore


@pytest.fixture
def store(tmp_path):
    return ObjectStore(str(tmp_path / "objects"))


def batch_of(num_rows, *, raw=b"{", first=1, step="read"):
    facts = {"file": "a.jsonl", "step": step, "reason": "bad", "raw": raw, "num_bytes": len(raw)}
    return pa.RecordBatch.from_pylist(
        [facts | {"row": first + row} for row in range(num_rows)], schema=REJECTIONS
    )


def write(store, *batches):
    writer = QuarantineWriter(store)
    for batch in batches:
        writer.write([batch])
    return writer.finish()


def list_files(tmp_path):
    """Return what lies there, but the lock that the store makes with its first object."""
    paths = tmp_path.rglob("*")
    return [path for path in paths if path.is_file() and path.suffix != ".lock"]


def rows_of(store, digest):
    return [row for batch in read_quarantine(store, digest) for row in batch.to_pylist()]


def test_rejections_are_written_as_they_come_and_not_held(store):
    allocated = pa.total_allocated_bytes()
    writer = QuarantineWriter(store)
    for row in range(64):
        writer.write([batch_of(1, raw=bytes(MAX_RAW_BYTES), first=row)])
    held = pa.total_allocated_bytes() - allocated
    digest = writer.finish()

    assert held < 16 * MAX_RAW_BYTES
    assert 64 == len(rows_of(store, digest))


def test_a_row_group_holds_a_few_megabytes(store):
    digest = write(store, batch_of(20, raw=bytes(MAX_RAW_BYTES)))
    facts = pq.read_metadata(store.path_of(digest))

    assert [4] * 5 == [facts.row_group(group).num_rows for group in range(facts.num_row_groups)]


def test_the_same_rejections_are_one_object_however_they_come(store):
    whole = batch_of(100)

    assert write(store, whole) == write(store, whole.slice(0, 7), NO_REJECTIONS, whole.slice(7))


@pytest.mark.parametrize("raw", [b"{", bytes(MAX_RAW_BYTES)])
def test_the_readers_come_first_then_each_steps_whatever_the_batches(store, tmp_path, raw):
    parts = [batch_of(20, raw=raw, step=step) for step in ("read", "decode", "drop_empty")]
    wholes = QuarantineWriter(store)
    wholes.write(parts)
    slices = QuarantineWriter(store)
    for start in range(0, 20, 3):
        slices.write([part.slice(start, 3) for part in parts])
    digest = slices.finish()

    assert wholes.finish() == digest
    assert [row for part in parts for row in part.to_pylist()] == rows_of(store, digest)
    assert [store.local_path_of(digest)] == list_files(tmp_path)


def test_rejections_of_a_step_are_not_held_either(store):
    writer = QuarantineWriter(store)
    allocated = pa.total_allocated_bytes()
    for row in range(64):
        writer.write([NO_REJECTIONS, batch_of(1, raw=bytes(MAX_RAW_BYTES), first=row)])
    held = pa.total_allocated_bytes() - allocated
    digest = writer.finish()

    assert held < 16 * MAX_RAW_BYTES
    assert list(range(64)) == [row["row"] for row in rows_of(store, digest)]


def test_no_rejection_makes_no_object(store, tmp_path):
    assert write(store, NO_REJECTIONS) is None
    assert join_quarantines(store, [None, None]) is None
    assert [] == list_files(tmp_path)


def test_parts_are_joined_in_order(store):
    first, second = write(store, batch_of(2)), write(store, batch_of(3, first=3))
    joined = join_quarantines(store, [first, None, second])

    assert [1, 2, 3, 4, 5] == [row["row"] for row in rows_of(store, joined)]
    assert write(store, batch_of(5)) == joined


def test_what_is_read_at_a_time_is_few_rows(store):
    digest = write(store, batch_of(1000))

    assert 64 == max(len(batch) for batch in read_quarantine(store, digest))
    assert 1000 == sum(len(batch) for batch in read_quarantine(store, digest))


def test_reading_holds_a_part_of_the_rejections_at_a_time(store):
    digest = write(store, *(batch_of(1, raw=os.urandom(MAX_RAW_BYTES)) for _ in range(64)))
    allocated = pa.total_allocated_bytes()
    held = max(pa.total_allocated_bytes() - allocated for _ in read_quarantine(store, digest))

    assert held < 24 * MAX_RAW_BYTES


def test_rejections_written_before_sizes_were_kept_have_the_size_of_their_raw(store, tmp_path):
    old = pa.Table.from_batches([batch_of(2, raw=b"{!")]).drop_columns("num_bytes")
    pq.write_table(old, tmp_path / "old.parquet")
    digest = store.put_bytes((tmp_path / "old.parquet").read_bytes()).digest

    assert [2, 2] == [row["num_bytes"] for row in rows_of(store, digest)]


def test_a_writer_that_is_given_up_leaves_no_file(store, tmp_path):
    writer = QuarantineWriter(store)
    writer.write([batch_of(5, raw=bytes(MAX_RAW_BYTES))] * 2)
    staged = list_files(tmp_path)
    del writer
    gc.collect()

    assert 2 == len(staged)
    assert [] == list_files(tmp_path)


def test_a_store_that_cannot_be_written_is_a_storage_error(tmp_path):
    (tmp_path / "objects").write_bytes(b"a file where the folder should be")

    with pytest.raises(StorageError):
        write(ObjectStore(str(tmp_path / "objects")), batch_of(1))
