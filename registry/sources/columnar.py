"""Arrow record batches of any schema into documents."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import MAX_RAW_BYTES, NO_REJECTIONS, RAW_DOCUMENTS, Outcome, locators
from registry.domain.reading import Field, Reading
from registry.sources import reasons
from registry.sources.columns import is_string, unique_names
from registry.sources.file import foreign_errors
from registry.sources.outcomes import READ_STEP, rejections
from registry.sources.plain_columns import is_binary_type, is_string_type, plain
from registry.sources.row_json import to_json
from registry.sources.row_text import fill_template, text_column

Sizes: TypeAlias = npt.NDArray[np.float64]
"""Bytes of each row; exact, as no sum of them reaches 2^53."""

_VALUE_BYTES = 64
"""What a value costs in Python beside its bytes; it keeps pieces of many small values small."""


def fields_of(schema: pa.Schema) -> tuple[Field, ...]:
    """Return the columns of a schema under unique names."""
    names = unique_names(schema.names)
    return tuple(
        Field(name=name, type=str(field.type)) for name, field in zip(names, schema, strict=True)
    )


def read_batches(
    batches: Iterable[pa.RecordBatch],
    reading: Reading,
    *,
    path: str,
    batch_bytes: int,
    max_document_bytes: int,
    first_row: int = 1,
) -> Iterator[Outcome]:
    """Make documents of record batches; a row is a row, counted on over all batches.

    The other columns become metadata: moments in ISO 8601 (UTC where they had a zone;
    inside lists and structs with a blank for the T), decimals as strings, binary in base64, maps
    as lists of pairs, durations in their own unit, NaN and infinities null.

    Raises:
        UnreadableError: A text column does not exist or holds no text.
    """
    for batch in batches:
        named = batch.rename_columns(unique_names(batch.schema.names))
        # A file may be one batch; what is made of it in Python is made of a piece at a time.
        for start, stop in _cuts(_row_bytes(batch), batch_bytes):
            rows = pa.array(np.arange(first_row, first_row + stop - start, dtype=np.int64))
            first_row += stop - start
            piece = named.slice(start, stop - start)
            outcome = _read_batch(piece, rows, reading, path, max_document_bytes)
            yield from cut(outcome, batch_bytes)


def cut(outcome: Outcome, batch_bytes: int) -> Iterator[Outcome]:
    """Cut the documents into batches closed once they hold that much text, without copying."""
    kept, rejected = outcome.kept, outcome.rejected
    for start, stop in _cuts(_lengths(kept.column("text")), batch_bytes):
        yield Outcome(kept=kept.slice(start, stop - start), rejected=rejected)
        rejected = NO_REJECTIONS
    if rejected.num_rows:
        yield Outcome(kept=kept.slice(0, 0), rejected=rejected)


def mean_lengths(batch: pa.RecordBatch) -> dict[str, float]:
    """Return how many bytes the strings of each column of them have in the mean."""
    columns = zip(unique_names(batch.schema.names), batch.columns, strict=True)
    return {
        name: float(pc.mean(pc.binary_length(plain(column))).as_py() or 0.0)
        for name, column in columns
        if is_string(str(column.type))
    }


def _cuts(sizes: Sizes, limit: float) -> Iterator[tuple[int, int]]:
    """Yield start and stop of runs of rows, each closed by the first row that fills it."""
    ends = np.cumsum(sizes)
    start, taken = 0, 0.0
    while start < len(ends):
        stop = min(int(np.searchsorted(ends, taken + limit)) + 1, len(ends))
        yield start, stop
        start, taken = stop, float(ends[stop - 1])


def _row_bytes(batch: pa.RecordBatch) -> Sizes:
    """Return about what each row costs once it is Python's; values of uneven size are measured."""
    sizes = np.full(batch.num_rows, float(_VALUE_BYTES * batch.num_columns))
    if batch.num_rows:
        for column in batch.columns:
            sizes += _value_bytes(
                column.storage if isinstance(column, pa.ExtensionArray) else column
            )
    return sizes


def _value_bytes(array: pa.Array) -> Sizes | float:
    kinds, type_ = pa.types, array.type
    if is_string_type(type_) or is_binary_type(type_):
        return _lengths(array)
    if kinds.is_dictionary(type_) and (
        is_string_type(type_.value_type) or is_binary_type(type_.value_type)
    ):
        # A long value that stands there once may be meant by every row.
        return _as_sizes(pc.binary_length(array.dictionary).take(array.indices))
    if kinds.is_string_view(type_) or kinds.is_binary_view(type_):
        return float(array.get_total_buffer_size() / len(array))
    return float(array.nbytes / len(array))


def _lengths(array: pa.Array) -> Sizes:
    return _as_sizes(pc.binary_length(array))


def _as_sizes(lengths: pa.Array) -> Sizes:
    sizes: Sizes = pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype(np.float64)
    return sizes


def _read_batch(
    batch: pa.RecordBatch, rows: pa.Array, reading: Reading, path: str, max_document_bytes: int
) -> Outcome:
    texts = find_texts(batch, reading, path)
    sources = locators(path, rows)
    ids = _find_ids(batch, reading.id_column)
    taken = {*reading.text_columns, *((reading.id_column,) if ids is not None else ())}
    with foreign_errors(path, ValueError):
        # What has no words in Python either, such as a struct with two fields of one name.
        metadata = to_json([name for name in batch.schema.names if name not in taken], batch)
    kept = pa.RecordBatch.from_arrays(
        [
            sources if ids is None else pc.coalesce(ids, sources),
            _fill(texts, b""),
            sources,
            _fill(metadata, "{}"),
        ],
        schema=RAW_DOCUMENTS,
    )
    without_text = find_stated_reasons(batch, reading.reason_column)
    why = find_reasons(texts, metadata, without_text, max_document_bytes)
    if why.null_count == len(why):
        return Outcome(kept=kept, rejected=NO_REJECTIONS)
    rejected = reject_rows(batch, rows, texts, why, path=path)
    return Outcome(kept=kept.filter(pc.is_null(why)), rejected=rejected)


def _fill(array: pa.Array, value: bytes | str) -> pa.Array:
    """Return an array without nulls; Arrow copies one that has none."""
    return pc.fill_null(array, value) if array.null_count else array


def find_texts(batch: pa.RecordBatch, reading: Reading, path: str) -> pa.Array:
    """Return the text of each row as `large_binary`; null where it has none.

    Raises:
        UnreadableError: A text column does not exist or holds no text.
    """
    if reading.template is None:
        return text_column(batch, reading.text_columns, path)
    return fill_template(batch, reading.template, path)


def reject_rows(
    batch: pa.RecordBatch, rows: pa.Array, texts: pa.Array, why: pa.Array, *, path: str
) -> pa.RecordBatch:
    """Return the rejections (`REJECTIONS`) of the rows for which there is a reason.

    Args:
        batch: The rows, under unique names.
        rows: The number of each in its file.
        texts: As `find_texts` found them.
        why: As `find_reasons` found them.
        path: The file.
    """
    is_rejected = pc.is_valid(why)
    raws = _find_raws(batch, texts, is_rejected)
    found = zip(rows.filter(is_rejected).to_pylist(), why.drop_null().to_pylist(), strict=True)
    return rejections(
        [
            (path, row, None, READ_STEP, reason, raw[:MAX_RAW_BYTES], len(raw))
            for (row, reason), raw in zip(found, raws, strict=True)
        ]
    )


def _find_raws(batch: pa.RecordBatch, texts: pa.Array, is_rejected: pa.Array) -> list[bytes]:
    """Return the text of each rejected row, or the whole row as JSON where that is null.

    Such a row may hold text all the same: in another column, or in another item of a list.
    """
    names = batch.schema.names
    rows = pa.RecordBatch.from_arrays([plain(column) for column in batch.columns], names=names)
    wholes = iter(to_json(names, rows.filter(pc.is_null(texts))).to_pylist())
    rejected = texts.filter(is_rejected).to_pylist()
    return [(next(wholes) or "{}").encode() if text is None else text for text in rejected]


def find_stated_reasons(batch: pa.RecordBatch, column: str | None) -> pa.Array | str:
    """Return why each row has no text, if it has none: what a column says, or that it is null."""
    place = -1 if column is None else batch.schema.get_field_index(column)
    if place < 0:
        return reasons.NULL_TEXT
    return pc.coalesce(plain(batch.column(place)).cast(pa.string()), reasons.NULL_TEXT)


def find_reasons(
    texts: pa.Array, metadata: pa.Array, without_text: pa.Array | str, max_document_bytes: int
) -> pa.Array:
    """Return why each row is no document, null where it is one."""
    is_long = pc.fill_null(pc.greater(pc.binary_length(texts), max_document_bytes), False)
    return pc.case_when(
        pc.make_struct(pc.is_null(texts), is_long, pc.is_null(metadata)),
        without_text,
        reasons.DOCUMENT_TOO_LONG,
        reasons.INVALID_UTF8,
        pa.nulls(len(texts), pa.string()),
    )


def _find_ids(batch: pa.RecordBatch, column: str | None) -> pa.Array | None:
    place = -1 if column is None else batch.schema.get_field_index(column)
    if place < 0:
        return None
    array = plain(batch.column(place))
    if not (is_string_type(array.type) or pa.types.is_integer(array.type)):
        return None
    ids = array.cast(pa.string())
    try:
        ids.validate(full=True)
    except pa.ArrowInvalid:
        # One bad id costs its own row the id, whatever rows happen to stand in the batch.
        return pa.array([_decode(id_) for id_ in ids.cast(pa.binary()).to_pylist()], pa.string())
    return ids


def _decode(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None
