from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.document_index import building
from registry.document_index.building import DocumentIndexBuilder
from registry.document_index.difference import IndexDifference, compare_indexes
from registry.document_index.totals import UniqueShare, tokens_of, unique_totals
from registry.documents import INDEX
from registry.domain.digest import document_key

documents = st.lists(st.sampled_from(["", "a", "b", "é", "long text"]), max_size=8)


def _texts(documents):
    return pa.array(documents, pa.large_string())


def _build(*batches, is_counted=True):
    builder = DocumentIndexBuilder()
    for texts in batches:
        tokens = np.array([10 * len(text) for text in texts], np.int64) if is_counted else None
        builder.add(_texts(texts), tokens)
    return builder.to_batch()


@given(st.lists(documents, max_size=4))
def test_an_index_holds_each_distinct_document_once_in_the_order_of_keys(batches):
    batch = _build(*batches)

    counts = Counter(text for texts in batches for text in texts)
    expected = sorted(
        (document_key(text.encode()), copies, len(text.encode()), 10 * len(text))
        for text, copies in counts.items()
    )
    assert INDEX == batch.schema
    assert expected == [tuple(row.values()) for row in batch.to_pylist()]


@given(st.lists(documents, max_size=5))
def test_when_chunks_are_merged_makes_no_difference(batches):
    expected = _build(*batches)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "_FEWEST_PENDING", 1)
        assert expected == _build(*batches)


def test_uncounted_tokens_are_null():
    assert [None] == _build(["a"], is_counted=False).column("num_tokens").to_pylist()


def test_a_copy_that_was_counted_counts_for_all():
    builder = DocumentIndexBuilder()
    builder.add(_texts(["a"]), None)
    builder.add(_texts(["a"]), np.array([7]))

    assert [7] == builder.to_batch().column("num_tokens").to_pylist()


def test_a_slice_of_texts_is_indexed_by_itself():
    builder = DocumentIndexBuilder()
    builder.add(_texts(["a", "bb", "ccc"])[1:2], None)

    assert [2] == builder.to_batch().column("num_bytes").to_pylist()


def test_a_document_belongs_to_the_first_index_that_holds_it():
    one, two = _build(["a", "a", "bb"]), _build(["bb", "cccc"])

    totals = unique_totals([one, two])

    assert (3, 7, 70) == (totals.num_documents, totals.num_bytes, totals.num_tokens)
    assert (
        UniqueShare(num_documents=2, num_bytes=3, num_tokens=30),
        UniqueShare(num_documents=1, num_bytes=4, num_tokens=40),
    ) == totals.shares


@given(st.lists(documents, max_size=4))
def test_the_union_is_that_of_sets_and_the_shares_add_up(parts):
    totals = unique_totals([_build(texts) for texts in parts])

    distinct = {text for texts in parts for text in texts}
    assert (len(distinct), sum(len(text.encode()) for text in distinct)) == (
        totals.num_documents,
        totals.num_bytes,
    )
    assert totals.num_documents == sum(share.num_documents for share in totals.shares)
    assert totals.num_tokens == sum(share.num_tokens for share in totals.shares)


def test_a_slice_is_read_alike():
    index = _build(["a", "bb", "ccc"])
    expected = unique_totals([index])

    assert expected.shares[0] == unique_totals([index[:0], index]).shares[1]
    assert 2 == unique_totals([index[1:]]).num_documents


def test_an_uncounted_document_leaves_the_tokens_unknown():
    totals = unique_totals([_build(["a"]), _build(["b"], is_counted=False)])

    assert totals.num_tokens is None
    assert [10, None] == [share.num_tokens for share in totals.shares]


def test_no_index_holds_nothing():
    assert 0 == unique_totals([]).num_documents
    assert 0 == unique_totals([_build()]).num_documents


@given(documents, documents)
def test_two_indexes_are_compared_as_sets_of_documents(before, after):
    old, new = set(before), set(after)

    def sizes(texts):
        return sum(len(text.encode()) for text in texts)

    expected = IndexDifference(
        num_added=len(new - old),
        num_removed=len(old - new),
        num_kept=len(old & new),
        bytes_added=sizes(new - old),
        bytes_removed=sizes(old - new),
        bytes_kept=sizes(old & new),
    )
    assert expected == compare_indexes(_build(before), _build(after))


@given(st.lists(documents, max_size=4), st.lists(documents, max_size=3))
def test_removed_keys_leave_with_what_each_index_would_have_added(batches, removed):
    indexes = [_build(texts) for texts in batches]
    keys = [
        pa.array([document_key(text.encode()) for text in set(texts)], pa.binary(16))
        for texts in removed
    ]
    found = unique_totals(indexes, removed=keys)

    seen: set[str] = set()
    kept, taken = [], [[] for _ in removed]
    for texts in batches:
        new = set(texts) - seen
        seen |= new
        kept.append(_share_of(new - {text for gone in removed for text in gone}))
        left = new
        for place, gone in enumerate(removed):
            taken[place].append(_share_of(left & set(gone)))
            left = left - set(gone)
    assert tuple(kept) == found.shares
    assert tuple(map(tuple, taken)) == found.removed
    assert sum(share.num_documents for share in kept) == found.num_documents


def _share_of(texts):
    return UniqueShare(
        num_documents=len(texts),
        num_bytes=sum(len(text.encode()) for text in texts),
        num_tokens=sum(10 * len(text) for text in texts),
    )


@given(documents, documents)
def test_tokens_are_looked_up_by_key(held, asked):
    keys = pa.array([document_key(text.encode()) for text in asked], pa.binary(16))

    expected = [10 * len(text) if text in held else -1 for text in asked]
    assert expected == tokens_of(_build(held), keys).tolist()


def test_keys_that_share_a_word_are_told_apart():
    keys = [bytes(15) + bytes([low]) for low in range(4)]
    columns = [keys[:3], [1, 1, 1], [1, 1, 1], [5, 6, None]]
    index = pa.record_batch(columns, schema=INDEX)

    assert [-1, -1, 6, 5] == tokens_of(index, pa.array(keys[::-1], pa.binary(16))).tolist()
