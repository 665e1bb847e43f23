import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.document_index.building import DocumentIndexBuilder
from registry.document_index.difference import compare_indexes
from registry.document_index.totals import unique_totals
from registry.domain.digest import document_key
from registry.operations.passes import indexes
from registry.operations.passes.indexes import (
    add_up_indexes,
    compare_stored_indexes,
    holds_any,
    join_indexes,
    look_up_tokens,
    read_index_keys,
    read_ranges,
    write_index,
)
from registry.storage.objects import ObjectStore

parts = st.lists(st.lists(st.integers(0, 40), max_size=30), min_size=1, max_size=4)

few_rows = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@pytest.fixture
def store(tmp_path):
    return ObjectStore(str(tmp_path))


@pytest.fixture(params=[3, 1 << 20], ids=["range by range", "at once"])
def some_at_a_time(request, monkeypatch):
    """Indexes of a few rows are cut as those of millions are."""
    monkeypatch.setattr(indexes, "RANGE_ROWS", request.param)
    monkeypatch.setattr(indexes, "_GROUP_BYTES", 2 * 40)


def _build(numbers, *, is_counted=True):
    builder = DocumentIndexBuilder()
    texts = pa.array([str(number) for number in numbers], pa.large_string())
    builder.add(texts, np.array(numbers, np.int64) if is_counted else None)
    return builder.to_batch()


def _read(store, digest):
    with store.open(digest) as stream:
        return pq.read_table(stream).to_pylist()


@few_rows
@given(parts)
def test_parts_are_joined_to_the_index_of_the_whole(store, some_at_a_time, parts):
    digests = [write_index(store, [_build(part)]) for part in parts]

    joined, num_documents = join_indexes(store, digests)

    whole = [number for part in parts for number in part]
    assert write_index(store, [_build(whole)]) == joined
    assert len(set(whole)) == num_documents


@few_rows
@given(parts)
def test_totals_are_those_of_indexes_in_memory(store, some_at_a_time, parts):
    built = [_build(part, is_counted=len(part) % 2 == 0) for part in parts]

    totals = add_up_indexes(store, [write_index(store, [index]) for index in built])

    assert unique_totals(built) == totals


@few_rows
@given(st.lists(st.integers(0, 40)), st.lists(st.integers(0, 40)))
def test_differences_are_those_of_indexes_in_memory(store, some_at_a_time, before, after):
    built = [_build(before), _build(after)]

    difference = compare_stored_indexes(store, *(write_index(store, [one]) for one in built))

    assert compare_indexes(*built) == difference


def test_of_no_index_the_totals_are_nothing(store):
    assert unique_totals([]) == add_up_indexes(store, [])


def test_a_document_is_found_by_its_key(store, some_at_a_time):
    digest = write_index(store, [_build(range(20))])

    assert holds_any(store, digest, [document_key(b"20"), document_key(b"7")])
    assert not holds_any(store, digest, [document_key(b"20")])


def test_no_more_rows_are_held_than_fit(store, monkeypatch):
    monkeypatch.setattr(indexes, "_GROUP_BYTES", 64 * 40)
    digests = [write_index(store, [_build(range(start, 3_000))]) for start in (0, 1_000, 2_000)]
    monkeypatch.setattr(indexes, "RANGE_ROWS", 600)

    held = [sum(map(len, parts)) for parts in read_ranges(store, digests)]

    assert 6_000 == sum(held)
    # Keys are digests: equal ranges of them hold about equally many.
    assert max(held) < 2 * 600


def test_an_index_is_the_same_bytes_however_its_rows_came(store, monkeypatch):
    monkeypatch.setattr(indexes, "_GROUP_BYTES", 8 * 40)
    index = _build(range(50))

    cut = [index.slice(start, 7) for start in range(0, 50, 7)]

    assert write_index(store, [index]) == write_index(store, cut)
    assert [] == _read(store, write_index(store, []))


def _keys(numbers):
    return pa.array([document_key(str(number).encode()) for number in numbers], pa.binary(16))


def test_what_is_removed_leaves_every_range(store, some_at_a_time):
    digests = [write_index(store, [_build(range(*ends))]) for ends in ((0, 40), (20, 60))]
    totals = add_up_indexes(store, digests, removed=[_keys(range(10, 30)), _keys(range(25, 50))])

    assert [[20, 0], [10, 10]] == [
        [share.num_documents for share in shares] for shares in totals.removed
    ]
    assert ([10, 10], 20) == (
        [share.num_documents for share in totals.shares],
        totals.num_documents,
    )


def test_tokens_are_looked_up_in_every_range(store, some_at_a_time):
    digest = write_index(store, [_build(range(40))])
    asked = [*range(59, -1, -1)]

    assert [number if number < 40 else -1 for number in asked] == look_up_tokens(
        store, digest, _keys(asked)
    ).tolist()
    assert {*_keys(range(40)).to_pylist()} == {*read_index_keys(store, digest).to_pylist()}
