"""Values of databases in plainer types: what Parquet, JSON and Python all have."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import orjson
import pyarrow as pa
from pydantic import JsonValue

_SQLSTATE: Final = re.compile(r"\.? *SQLSTATE: \w+$")
_STATUS: Final = re.compile(r"^[A-Z_]+: (?:\[libpq\] )?")
_SERVERS_WORDS: Final = re.compile(r"(?:ERROR|FATAL): +")


def as_json(value: object) -> JsonValue:
    """Return a value as JSON has it: numbers and strings stay, all else is said in words."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def plain_value(value: object) -> object:
    """Return a value of a driver for Arrow: documents as JSON, what has no column type in words."""
    if isinstance(value, dict | list | tuple):
        return orjson.dumps(value, default=str).decode()
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    return value


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema without extension types and intervals, and without a driver's notes."""
    fields = [pa.field(field.name, _plain_type(field.type)) for field in schema]
    return pa.schema(fields)


def plain_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch in the types of `plain_schema`."""
    pairs = zip(batch.columns, schema.types, strict=True)
    return pa.RecordBatch.from_arrays(
        [column if column.type == type_ else _plain(column, type_) for column, type_ in pairs],
        schema=schema,
    )


def explain(error: BaseException) -> str:
    """Return the reason in a driver's words, on one line, without its codes."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    reason = _SQLSTATE.sub("", _STATUS.sub("", lines[0]))
    return _SERVERS_WORDS.split(reason)[-1]


def _plain_type(type_: pa.DataType) -> pa.DataType:
    if isinstance(type_, pa.UuidType) or pa.types.is_interval(type_):
        return pa.string()
    return type_.storage_type if isinstance(type_, pa.BaseExtensionType) else type_


def _plain(column: pa.Array, type_: pa.DataType) -> pa.Array:
    if isinstance(column, pa.ExtensionArray) and column.storage.type == type_:
        return column.storage
    say: Callable[[Any], str] = _say_interval if pa.types.is_interval(column.type) else str
    return pa.array([None if one is None else say(one) for one in column.to_pylist()], type_)


def _say_interval(interval: pa.MonthDayNano) -> str:
    """Return an interval as ISO 8601 has it, such as `P1M2DT3.5S`."""
    seconds = Decimal(interval.nanoseconds) / 1_000_000_000
    return f"P{interval.months}M{interval.days}DT{seconds.normalize():f}S"
