"""Bulk documents: the Arrow schemas that the rooms hand to each other.

This is the one place that knows both the names of the columns and Arrow; the rooms above agree on
it and so need not know each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

KEY = pa.binary(16)
"""The type of the key of a document (`registry.domain.digest.document_key`)."""

RAW_DOCUMENTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.large_binary(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("metadata", pa.string(), nullable=False),
    ]
)
"""What a source yields. `text` is bytes that claim to be text and have not been decoded: usually
UTF-8, in plain-text files whatever the file holds, and UTF-8 with encoded surrogates (the bytes of
`str.encode("utf-8", "surrogatepass")`) where JSON escapes named a lone surrogate. `source` is the
locator (`locator`). `metadata` is a JSON object with the record's other fields, `{}` if none."""

DOCUMENTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("metadata", pa.string(), nullable=False),
    ]
)
"""Decoded documents: the same columns with `text` as valid UTF-8. The columns of every normalized
shard."""

REJECTIONS = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64()),
        pa.field("offset", pa.int64()),
        pa.field("step", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.large_binary(), nullable=False),
        pa.field("num_bytes", pa.int64(), nullable=False),
    ]
)
"""Rows that a reader (`step` = `read`) or a recipe's step rejected. `row` is the 1-based line or
row in the file, `offset` the byte offset of the row in the decompressed file; either may be null
where the format has none. `raw` is the row as found, cut to `MAX_RAW_BYTES`; `num_bytes` is how
long it was uncut."""

INDEX = pa.schema(
    [
        pa.field("key", KEY, nullable=False),
        pa.field("num_copies", pa.uint32(), nullable=False),
        pa.field("num_bytes", pa.uint64(), nullable=False),
        pa.field("num_tokens", pa.uint64()),
    ]
)
"""The distinct documents of a version, sorted by key (`registry.domain.digest.document_key`).
`num_bytes` and `num_tokens` are of one copy; `num_tokens` is null where nothing was counted."""

EXCERPT_CHARACTERS = 160
"""How much of a document's text stands beside its embedding."""

TERMS = pa.schema(
    [
        pa.field("term", pa.large_string(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
        pa.field("weight", pa.float32(), nullable=False),
    ]
)
"""The terms of a static model, most frequent first; behind these columns comes `embedding`.
`weight` is a term's weight in the mean of a document."""


def with_embedding(schema: pa.Schema, dimensions: int) -> pa.Schema:
    """Return a schema with the column `embedding` behind its own: so many float32 a row."""
    type_ = pa.list_(pa.field("element", pa.float32(), nullable=False), dimensions)
    return schema.append(pa.field("embedding", type_, nullable=False))


EMBEDDED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("key", KEY, nullable=False),
        pa.field("excerpt", pa.string(), nullable=False),
    ]
)
"""What is said of a document beside its embedding, in the column behind: its id and locator, its
key (`registry.domain.digest.document_key`), and how its text begins."""

OVERLAPS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("key", KEY, nullable=False),
        pa.field("is_equal", pa.bool_(), nullable=False),
        pa.field("num_ngrams", pa.int32(), nullable=False),
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("item_source", pa.string(), nullable=False),
    ]
)
"""What a version shares with one of evaluation data: documents by id, locator and key, each with an
item. Each document that overlaps stands here at least once, with the first of the items that it
overlaps with; and so does each item, with the first of its documents. `is_equal`: the document is
an item as a whole. `num_ngrams`: the distinct n-grams of the document that stand in the evaluation
data."""


def signature_schema(num_bands: int) -> pa.Schema:
    """Return the columns of signatures: the key of each document, then its hash of each band.

    The documents stand in the order of the version.
    """
    bands = [pa.field(band_name(band), pa.uint64(), nullable=False) for band in range(num_bands)]
    return pa.schema([pa.field("key", KEY, nullable=False), *bands])


def band_name(band: int) -> str:
    """Return the column of a band, from 0."""
    return f"band_{band:03}"


MAX_RAW_BYTES = 1 << 20
"""How much of a rejected row the quarantine keeps."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reader or a step makes of a batch: the documents it keeps and those it rejects."""

    kept: pa.RecordBatch
    """`RAW_DOCUMENTS` or `DOCUMENTS`; of a table, its rows as `with_sources` has them."""

    rejected: pa.RecordBatch
    """`REJECTIONS`."""


def with_sources(rows: pa.RecordBatch, sources: pa.Array) -> pa.RecordBatch:
    """Return rows of a table behind the locator of each.

    The locator is the first column, whatever it and the others are called.
    """
    columns = [sources, *rows.columns]
    return pa.RecordBatch.from_arrays(columns, names=["source", *rows.schema.names])


def split_sources(batch: pa.RecordBatch) -> tuple[pa.Array, pa.RecordBatch]:
    """Return the locators and the rows of what `with_sources` joined."""
    rows = pa.RecordBatch.from_arrays(batch.columns[1:], names=batch.schema.names[1:])
    return batch.column(0), rows


_ROW_BYTES = 256
"""About what a document takes beside its text."""

NO_DOCUMENTS: pa.RecordBatch = pa.RecordBatch.from_pylist([], schema=RAW_DOCUMENTS)
"""The empty batch of documents."""

NO_REJECTIONS: pa.RecordBatch = pa.RecordBatch.from_pylist([], schema=REJECTIONS)
"""The empty batch of rejections."""


def join_outcomes(outcomes: Iterable[Outcome], *, num_bytes: int) -> Iterator[Outcome]:
    """Yield the same documents and rejections in fewer batches, where many files are small.

    Args:
        outcomes: What readers yield, in order.
        num_bytes: Bytes of text and of rejected rows after which a batch is closed.
    """
    held: list[Outcome] = []
    size = 0
    for outcome in outcomes:
        held.append(outcome)
        size += (
            num_text_bytes(outcome.kept) + outcome.rejected.nbytes + _ROW_BYTES * len(outcome.kept)
        )
        if size >= num_bytes:
            yield _join(held)
            held, size = [], 0
    if held:
        yield _join(held)


def _join(held: Sequence[Outcome]) -> Outcome:
    if len(held) == 1:
        return held[0]
    return Outcome(
        kept=pa.concat_batches([outcome.kept for outcome in held]),
        rejected=pa.concat_batches([outcome.rejected for outcome in held]),
    )


def locator(path: str, row: int) -> str:
    """Return where a document stands: `path#row`, the row counted from 1."""
    return f"{path}#{row}"


def locators(path: str, rows: Sequence[int] | pa.Array) -> pa.Array:
    """Return the locators of many rows of one file, as an Arrow string array."""
    numbers = rows if isinstance(rows, pa.Array) else pa.array(rows, pa.int64())
    return pc.binary_join_element_wise(path, numbers.cast(pa.string()), "#")


def split_locator(text: str) -> tuple[str, int | None]:
    """Return path and row of a locator; the row is None where the document is the whole file."""
    path, hash_mark, row = text.rpartition("#")
    if hash_mark and row.isdigit():
        return path, int(row)
    return text, None


def reject(
    batch: pa.RecordBatch, mask: pa.Array, *, step: str, reasons: Iterable[str]
) -> pa.RecordBatch:
    """Return the rejections for the rows of a batch of documents where the mask is true.

    Args:
        batch: `RAW_DOCUMENTS` or `DOCUMENTS`.
        mask: Boolean, as long as the batch, without nulls.
        step: The name of the step that rejects.
        reasons: One reason for each rejected row, in order.
    """
    rows = batch.filter(mask)
    raws = rows.column("text").cast(pa.large_binary()).to_pylist()
    places = [split_locator(text) for text in rows.column("source").to_pylist()]
    return pa.RecordBatch.from_pydict(
        {
            "file": [path for path, _ in places],
            "row": [row for _, row in places],
            "offset": [None] * len(places),
            "step": [step] * len(places),
            "reason": list(reasons),
            "raw": [raw[:MAX_RAW_BYTES] for raw in raws],
            "num_bytes": [len(raw) for raw in raws],
        },
        schema=REJECTIONS,
    )


def erase(rejected: pa.RecordBatch) -> pa.RecordBatch:
    """Return `REJECTIONS` without what was rejected: place, reason and size are left."""
    erased = pa.array([b""] * len(rejected), pa.large_binary())
    columns = [erased if name == "raw" else rejected.column(name) for name in rejected.schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=rejected.schema)


def row_bytes(rows: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return how many bytes each row of a table has.

    Texts and bytes have their own, every other value those of its type, a missing one none.
    """
    sizes = np.zeros(len(rows), np.int64)
    for column in rows.columns:
        if is_variable(column.type):
            lengths = pc.fill_null(pc.binary_length(column), 0)
            sizes += lengths.to_numpy(zero_copy_only=False)
        else:
            num_bytes = max(1, column.type.bit_width // 8)
            sizes += num_bytes * pc.is_valid(column).to_numpy(zero_copy_only=False)
    return sizes


def is_variable(type_: pa.DataType) -> bool:
    """Say whether the values of a type are texts or bytes, each of its own length."""
    kinds = pa.types
    return bool(
        kinds.is_string(type_)
        or kinds.is_large_string(type_)
        or kinds.is_binary(type_)
        or kinds.is_large_binary(type_)
    )


def num_text_bytes(batch: pa.RecordBatch) -> int:
    """Return the bytes of text in a batch of documents, from the offsets alone."""
    return int(pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0)
