"""The text of each row of a batch: one column, several joined, or a template filled."""

from collections.abc import Iterable
from functools import reduce

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.template import columns_of, parse_template
from registry.errors import UnreadableError
from registry.sources.plain_columns import (
    as_json,
    is_binary_type,
    is_list_of_strings,
    is_string_type,
    plain,
    to_large_binary,
)
from registry.sources.records import SEPARATOR, in_words


def text_column(batch: pa.RecordBatch, columns: Iterable[str], path: str) -> pa.Array:
    """Return the text of each row as `large_binary`; null where a column, or an item of one, is.

    The items of a list of strings are joined by `ITEM_SEPARATOR`, columns by `SEPARATOR`.

    Raises:
        UnreadableError: A column does not exist or holds no text.
    """
    parts = []
    for column in columns:
        array = _column(batch, column, path)
        if not _can_be_text(array.type):
            raise UnreadableError(
                path=path, reason=f"column {column!r} holds {array.type}, not text"
            )
        parts.append(to_large_binary(array))
    if not parts:
        raise UnreadableError(path=path, reason="it is not decided which column holds the text")
    if len(parts) == 1:
        return parts[0]
    separator = pa.scalar(SEPARATOR.encode(), pa.large_binary())
    return pc.binary_join_element_wise(*parts, separator, null_handling="emit_null")


def fill_template(batch: pa.RecordBatch, template: str, path: str) -> pa.Array:
    """Return the text that a template makes of each row, as `large_binary`.

    Strings stand as they are, null is nothing, and all else is as metadata has it, in JSON. A row
    whose columns are all null has no text.

    Raises:
        UnreadableError: A column does not exist.
    """
    columns = {name: _column(batch, name, path) for name in columns_of(template)}
    words = {name: _in_words(column) for name, column in columns.items()}
    parts: list[pa.Array | pa.Scalar] = []
    for piece in parse_template(template):
        parts.append(pa.scalar(piece.words.encode(), pa.large_binary()))
        if piece.column is not None:
            parts.append(words[piece.column])
    nothing = pa.scalar(b"", pa.large_binary())
    filled = pc.binary_join_element_wise(
        *parts, nothing, null_handling="replace", null_replacement=""
    )
    has_text = reduce(pc.or_, [pc.is_valid(column) for column in columns.values()])
    return pc.if_else(has_text, filled, pa.scalar(None, pa.large_binary()))


def _can_be_text(type_: pa.DataType) -> bool:
    return is_string_type(type_) or is_binary_type(type_) or is_list_of_strings(type_)


def _in_words(column: pa.Array) -> pa.Array:
    if is_string_type(column.type) or is_binary_type(column.type):
        return to_large_binary(column)
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return to_large_binary(column.cast(pa.string()))
    said = [None if value is None else _say(value) for value in column.to_pylist()]
    return pa.array(said, pa.large_binary())


def _say(value: object) -> bytes:
    # By way of what metadata would hold, so that moments and bytes are said as there.
    return in_words(orjson.loads(orjson.dumps(value, default=as_json))).encode()


def _column(batch: pa.RecordBatch, name: str, path: str) -> pa.Array:
    place = batch.schema.get_field_index(name)
    if place < 0:
        raise UnreadableError(path=path, reason=f"no column {name!r}")
    return plain(batch.column(place))
