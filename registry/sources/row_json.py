"""Columns into one JSON object a row, as `orjson` writes it, without a Python object for each.

A string is put in quotes by Arrow unless it holds what JSON escapes; those few, and values of other
types than strings, integers and truth values, are written by `orjson` one by one.
"""

from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from registry.sources.plain_columns import as_json, is_string_type, plain

_ESCAPED: Final = r'[\x00-\x1f"\\]'
"""What does not stand for itself in a string of JSON (RFC 8259, section 7)."""


def to_json(names: list[str], batch: pa.RecordBatch) -> pa.Array:
    """Return each row's values of some columns as a JSON object; null where it is not UTF-8."""
    if not names:
        return pa.repeat(pa.scalar("{}"), batch.num_rows)
    columns = {name: plain(batch.column(name)) for name in sorted(names)}
    try:
        values = {name: _dump_column(column) for name, column in columns.items()}
    except UnicodeDecodeError:
        rows = pa.RecordBatch.from_arrays([*columns.values()], names=[*columns])
        return pa.array([_dump_row(rows.slice(row, 1)) for row in range(len(rows))], pa.string())
    parts: list[pa.Array | str] = []
    for name, column in values.items():
        parts += [f"{',' if parts else '{'}{orjson.dumps(name).decode()}:", column]
    return pc.binary_join_element_wise(*parts, "}", "")


def _dump_column(column: pa.Array) -> pa.Array:
    """Return each value as JSON, null as a word.

    Raises:
        UnicodeDecodeError: A string is not UTF-8.
    """
    if is_string_type(column.type):
        said = _quote(column)
    elif pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        said = column.cast(pa.string())
    else:
        said = _dump_each(column)
    return pc.fill_null(said, "null")


def _quote(column: pa.Array) -> pa.Array:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        # Arrow does not say where; Python does.
        return _dump_each(column)
    texts = column.cast(pa.string())
    is_odd = pc.fill_null(pc.match_substring_regex(texts, _ESCAPED), False)
    quoted = pc.binary_join_element_wise('"', texts, '"', "")
    if not pc.any(is_odd).as_py():
        return quoted
    return pc.replace_with_mask(quoted, is_odd, _dump_each(texts.filter(is_odd)))


def _dump_each(column: pa.Array) -> pa.Array:
    return pa.array([_dump(value) for value in column.to_pylist()], pa.string())


def _dump_row(row: pa.RecordBatch) -> bytes | None:
    try:
        return _dump(row.to_pylist()[0])
    except UnicodeDecodeError:
        return None


def _dump(value: Any) -> bytes:  # noqa: ANN401 - whatever a column holds
    return orjson.dumps(value, default=as_json, option=orjson.OPT_SORT_KEYS)
