"""Rows of Parquet and Arrow: the columns as they are, without encodings."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import NO_REJECTIONS, Outcome, is_variable, locators, with_sources
from registry.domain.reading import Reading
from registry.errors import UnreadableError
from registry.sources.columnar import find_reasons, find_texts, reject_rows
from registry.sources.columns import unique_names
from registry.sources.reasons import NULL_TEXT
from registry.sources.row_batches import (
    MAX_ROWS,
    Columns,
    has_text,
    require_columns,
    take_down,
)
from registry.sources.row_json import to_json


def read_columnar_rows(
    batches: Iterable[pa.RecordBatch],
    path: str,
    reading: Reading,
    columns: Columns,
    max_document_bytes: int,
    *,
    first_row: int = 1,
) -> Iterator[Outcome]:
    """Yield the rows of record batches; see `registry.sources.rows.read_rows`."""
    for whole in batches:
        named = whole.rename_columns(unique_names(whole.schema.names))
        for start in range(0, len(named), MAX_ROWS):
            batch = named.slice(start, MAX_ROWS)
            rows = pa.array(np.arange(first_row, first_row + len(batch), dtype=np.int64))
            first_row += len(batch)
            texts = None
            rejected, is_kept = NO_REJECTIONS, None
            if has_text(reading):
                texts = find_texts(batch, reading, path)
                why = find_reasons(texts, _check_words(batch), NULL_TEXT, max_document_bytes)
                if why.null_count < len(why):
                    rejected = reject_rows(batch, rows, texts, why, path=path)
                    is_kept = pc.is_null(why)
            picked = _pick(batch, columns, path)
            if is_kept is not None:
                picked, rows = picked.filter(is_kept), rows.filter(is_kept)
                texts = None if texts is None else texts.filter(is_kept)
            outcome = Outcome(with_sources(picked, locators(path, rows)), rejected)
            yield take_down(outcome, texts, reading)


def _check_words(batch: pa.RecordBatch) -> pa.Array:
    """Return what says, by null, that a row holds text that is not UTF-8."""
    for column in batch.columns:
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            return to_json(batch.schema.names, batch)
    return pa.repeat(pa.scalar("{}"), len(batch))


def _pick(batch: pa.RecordBatch, columns: Columns, path: str) -> pa.RecordBatch:
    names = batch.schema.names if columns is None else columns
    require_columns(names, batch.schema.names, path)
    return pa.RecordBatch.from_arrays(
        [_flatten(batch.column(name), name, path) for name in names], names=[*names]
    )


def _flatten(column: pa.Array, name: str, path: str) -> pa.Array:
    """Return a column without encodings, in a type that a table's columns are made of."""
    kinds = pa.types
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if kinds.is_dictionary(column.type):
        column = column.dictionary_decode()
    if kinds.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if kinds.is_string_view(column.type) or kinds.is_decimal(column.type):
        return column.cast(pa.large_string())
    if kinds.is_float16(column.type):
        return column.cast(pa.float32())
    is_value = kinds.is_primitive(column.type) or kinds.is_null(column.type)
    if not (is_value or is_variable(column.type)):
        raise UnreadableError(
            path=path, reason=f"column {name!r} holds {column.type}, not single values"
        )
    return column.cast(pa.large_string()) if kinds.is_null(column.type) else column
