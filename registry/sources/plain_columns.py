"""Arrow columns in plainer types: what JSON lacks is a string, encodings are undone."""

import base64

import pyarrow as pa
import pyarrow.compute as pc

from registry.sources.records import ITEM_SEPARATOR

_PLAIN_TYPES = (
    (pa.types.is_duration, pa.int64()),
    (pa.types.is_timestamp, pa.string()),
    (pa.types.is_date, pa.string()),
    (pa.types.is_time, pa.string()),
    (pa.types.is_decimal, pa.string()),
    (pa.types.is_string_view, pa.string()),
    (pa.types.is_binary_view, pa.binary()),
    (pa.types.is_float16, pa.float32()),
)
"""What JSON, or Arrow's own conversion to it, lacks."""


def plain(array: pa.Array) -> pa.Array:
    """Return an array of plainer type: what JSON lacks is a string, encodings are undone."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    if pa.types.is_timestamp(array.type) and array.type.tz is not None:
        # In UTC the words of a moment do not depend on the machine's table of time zones; and
        # Arrow says it ten times as fast without a zone.
        words = plain(array.cast(pa.timestamp(array.type.unit)))
        if pa.types.is_string(words.type):
            return pc.binary_join_element_wise(words, "Z", "")
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    plain_type = _plain_type(array.type)
    if plain_type == array.type:
        return array
    try:
        words = array.cast(plain_type)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        # Python's own values can say it as well, in all but nanoseconds.
        return array
    if pa.types.is_timestamp(array.type):
        return pc.replace_substring(words, " ", "T", max_replacements=1)
    return words


def _plain_type(type_: pa.DataType) -> pa.DataType:
    kinds = pa.types
    for is_kind, plain_type in _PLAIN_TYPES:
        if is_kind(type_):
            return plain_type
    if kinds.is_dictionary(type_):
        plain = _plain_type(type_.value_type)
    elif kinds.is_struct(type_):
        plain = pa.struct([field.with_type(_plain_type(field.type)) for field in type_])
    elif kinds.is_map(type_):
        plain = pa.map_(_plain_type(type_.key_type), _plain_type(type_.item_type))
    elif kinds.is_large_list(type_):
        plain = pa.large_list(_plain_type(type_.value_type))
    elif kinds.is_list(type_) or kinds.is_fixed_size_list(type_):
        plain = pa.list_(_plain_type(type_.value_type))
    else:
        plain = type_
    return plain


def is_string_type(type_: pa.DataType) -> bool:
    """Say whether a type is one of strings."""
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def is_binary_type(type_: pa.DataType) -> bool:
    """Say whether a type is one of bytes."""
    return bool(pa.types.is_binary(type_) or pa.types.is_large_binary(type_))


def is_list_of_strings(type_: pa.DataType) -> bool:
    """Say whether a type is one of lists of strings."""
    is_list = pa.types.is_list(type_) or pa.types.is_large_list(type_)
    return bool(is_list and is_string_type(type_.value_type))


def to_large_binary(array: pa.Array) -> pa.Array:
    """Return strings, bytes or lists of strings as `large_binary`; items joined by newlines."""
    if is_list_of_strings(array.type):
        items = array.cast(pa.large_list(pa.large_binary()))
        return pc.binary_join(items, pa.scalar(ITEM_SEPARATOR.encode(), pa.large_binary()))
    if pa.types.is_large_string(array.type):
        return array.view(pa.large_binary())
    if pa.types.is_string(array.type):
        array = array.view(pa.binary())
    return array.cast(pa.large_binary())


def as_json(value: object) -> object:
    """Return a value of Python that JSON lacks as one that it has; for `orjson.dumps`."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, tuple):
        return list(value)
    return str(value)
