"""From hits in the units of a version to what it shares with each version of evaluation data."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from registry.documents import OVERLAPS
from registry.domain.contamination import OverlapFound, OverlappingDocument
from registry.domain.digest import Digest
from registry.embedding.words import Numbers
from registry.operations.measuring.evaluation_data import Items
from registry.storage.objects import ObjectStore, translated_errors

EXAMPLES = 5
_SUMMARY = b"muster"
_NONE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Hits:
    """The documents of a version that may overlap, in order."""

    table: pa.Table
    """`registry.operations.measuring.overlap_units.HITS`."""

    rows: Numbers
    """Rows of the table, rising, each with the place of an n-gram of it in `places`."""

    places: Numbers

    @classmethod
    def of(cls, tables: Sequence[pa.Table], *, common: int | None, num_ngrams: int) -> "Hits":
        """Join what units found, without n-grams that too many documents have."""
        table = pa.concat_tables(tables).combine_chunks()
        lists = table.column("ngrams")
        rows = np.repeat(np.arange(len(table)), pc.list_value_length(lists).to_numpy())
        places = pc.list_flatten(lists).to_numpy().astype(np.int64)
        if common is not None:
            distinct = table.column("key").combine_chunks().dictionary_encode()
            texts = _numbers(distinct.indices)[rows]
            held = np.unique(np.stack([texts, places]), axis=1)[1]
            is_rare = np.bincount(held, minlength=num_ngrams)[places] <= common
            rows, places = rows[is_rare], places[is_rare]
        return cls(table, rows, places)


def find_overlaps(hits: Hits, items: Items, *, place: int) -> pa.Table:
    """Return what a version shares with one of the versions of evaluation data: `OVERLAPS`.

    Args:
        hits: What was found in the version.
        items: What was looked for.
        place: The number of the version of evaluation data.
    """
    size, num_items = len(hits.table), len(items.sets)
    mine = items.sets[items.holders] == place
    places, holders = items.places[mine], items.holders[mine]
    first_item = _least(places, holders, size=len(items.ngrams))
    theirs = first_item[hits.places] < _NONE
    rows, found = hits.rows[theirs], hits.places[theirs]
    counts = np.bincount(rows, minlength=size)
    item_of = _least(rows, first_item[found], size=size)
    equal = _find_equal(hits, items, place=place)
    is_equal = equal < _NONE
    item_of[is_equal] = equal[is_equal]
    documents = np.flatnonzero(item_of < _NONE)
    # Items that no document names yet, each with the first document that shares an n-gram.
    first_row = _least(found, rows, size=len(items.ngrams))
    row_of = _least(holders, first_row[places], size=num_items)
    for number, row in _list_equal(hits, items, place=place):
        row_of[number] = min(row_of[number], row)
    row_of[item_of[documents]] = _NONE
    others = np.flatnonzero(row_of < _NONE)
    all_rows = np.concatenate([documents, row_of[others]])
    all_items = np.concatenate([item_of[documents], others])
    return _to_table(hits, items, rows=all_rows, chosen=all_items, counts=counts, is_equal=equal)


def write_overlaps(store: ObjectStore, overlaps: pa.Table, items: Items, *, place: int) -> Digest:
    """Store what a version shares with one of evaluation data, with a summary of the latter."""
    mine = items.sets == place
    summary = {"num_items": int(mine.sum()), "num_short_items": int(items.is_short[mine].sum())}
    table = overlaps.replace_schema_metadata({_SUMMARY: json.dumps(summary).encode()})
    with store.stage() as path:
        with translated_errors(store.url):
            pq.write_table(table, path, compression="zstd")
        return store.commit(path).digest


def read_overlaps(store: ObjectStore, digest: Digest) -> pa.Table:
    """Return what a version shares with one of evaluation data: `OVERLAPS`."""
    with store.open(digest) as stream:
        return pq.read_table(stream)


def describe_overlaps(
    store: ObjectStore, digest: Digest, *, evaluation: str, run: str
) -> OverlapFound:
    """Return in numbers what a version shares with one of evaluation data."""
    table = read_overlaps(store, digest)
    summary = json.loads(table.schema.metadata[_SUMMARY])
    equal = table.filter(table.column("is_equal"))
    order = pc.sort_indices(
        table, [("is_equal", "descending"), ("num_ngrams", "descending"), ("source", "ascending")]
    )
    return OverlapFound(
        evaluation=evaluation,
        found=digest,
        num_items=summary["num_items"],
        num_short_items=summary["num_short_items"],
        num_found_items=pc.count_distinct(table.column("item_source")).as_py(),
        num_documents=_count_documents(table),
        num_equal_documents=_count_documents(equal),
        num_distinct_documents=pc.count_distinct(table.column("key")).as_py(),
        examples=_documents(table.take(order[:EXAMPLES])),
        run=run,
    )


def list_documents(store: ObjectStore, digest: Digest) -> tuple[OverlappingDocument, ...]:
    """Return the documents and items of what a version shares with one of evaluation data."""
    return _documents(read_overlaps(store, digest))


def _count_documents(overlaps: pa.Table) -> int:
    """Return how many documents there are: one stands in several rows with several items."""
    return len(overlaps.group_by(["id", "source"]).aggregate([]))


def _documents(overlaps: pa.Table) -> tuple[OverlappingDocument, ...]:
    return tuple(
        OverlappingDocument(
            id=row["id"],
            source=row["source"],
            item_id=row["item_id"],
            item=row["item_source"],
            num_ngrams=row["num_ngrams"],
            is_equal=row["is_equal"],
        )
        for row in overlaps.to_pylist()
    )


def _find_equal(hits: Hits, items: Items, *, place: int) -> Numbers:
    """Return for each document the first item that it equals."""
    first: dict[bytes, int] = {}
    for number in np.flatnonzero(items.sets == place).tolist():
        first.setdefault(items.keys[number], number)
    keys = hits.table.column("key").to_pylist()
    return np.array([first.get(key, _NONE) for key in keys], np.int64)


def _list_equal(hits: Hits, items: Items, *, place: int) -> Iterator[tuple[int, int]]:
    """Yield each item that a document equals, with the first such document."""
    keys = hits.table.column("key").to_pylist()
    first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
    for number in np.flatnonzero(items.sets == place).tolist():
        if (row := first.get(items.keys[number])) is not None:
            yield number, row


def _to_table(
    hits: Hits,
    items: Items,
    *,
    rows: Numbers,
    chosen: Numbers,
    counts: Numbers,
    is_equal: Numbers,
) -> pa.Table:
    documents = hits.table.take(pa.array(rows))
    names = items.names.take(pa.array(chosen))
    return pa.Table.from_arrays(
        [
            documents.column("id"),
            documents.column("source"),
            documents.column("key"),
            pa.array(is_equal[rows] < _NONE),
            pa.array(counts[rows], pa.int32()),
            names.column("id"),
            names.column("source"),
        ],
        schema=OVERLAPS,
    )


def _least(groups: Numbers, values: Numbers, *, size: int) -> Numbers:
    """Return the least value of each of so many groups; of an empty one, `_NONE`."""
    found = np.full(size, _NONE, np.int64)
    np.minimum.at(found, groups, values)
    return found


def _numbers(indices: pa.Array) -> Numbers:
    return np.asarray(indices).astype(np.int64)
