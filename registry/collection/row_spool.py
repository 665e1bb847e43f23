"""Rows of drivers whose types are known only when the last row was seen, as Arrow batches.

SQLite lets any value stand in any column. So each batch is written with the types that it has, and
read again in types that hold for all: integers among fractions become fractions where that loses
nothing, what stands beside bytes becomes bytes, and what goes together in no other way strings.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from registry.collection.values import plain_value

_LARGE = pa.decimal128(19, 0)
"""Stands for integers that a fraction of double precision cannot say."""

_EXACT = 1 << 53


def read_spooled(
    names: Sequence[str], rows: Iterable[Sequence[tuple[Any, ...]]], folder: Path
) -> pa.RecordBatchReader:
    """Return rows, given in batches, under one schema.

    Args:
        names: The columns.
        rows: The batches; read to the end before this returns.
        folder: Where the batches wait.
    """
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the reader closes it
    types: list[set[pa.DataType]] = [set() for _ in names]
    num_batches = 0
    for part in rows:
        columns = [_make_array(values) for values in zip(*part, strict=True)]
        for seen, column in zip(types, columns, strict=True):
            seen.add(_LARGE if _has_large_integers(column) else column.type)
        batch = pa.RecordBatch.from_arrays(columns, names=list(names))
        with pa.ipc.new_stream(file, batch.schema) as writer:
            writer.write_batch(batch)
        num_batches += 1
    file.seek(0)
    schema = pa.schema([(name, _join(seen)) for name, seen in zip(names, types, strict=True)])
    return pa.RecordBatchReader.from_batches(schema, _read(file, num_batches, schema))


def _read(file: Any, num_batches: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - a file
    with file:
        for _ in range(num_batches):
            with pa.ipc.open_stream(file) as stream:
                batch = stream.read_next_batch()
                for _ in stream:
                    pass
            columns = [
                _cast(column, type_)
                for column, type_ in zip(batch.columns, schema.types, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _make_array(values: Sequence[object]) -> pa.Array:
    plain = [plain_value(value) for value in values]
    try:
        return pa.array(plain)
    except (pa.ArrowException, OverflowError):
        has_bytes = any(isinstance(value, bytes) for value in plain)
        return _say_all(plain, pa.binary() if has_bytes else pa.string())


def _join(types: set[pa.DataType]) -> pa.DataType:
    """Return the type in which all values can be said."""
    known = types - {pa.null()}
    if known and known <= {pa.int64(), _LARGE}:
        return pa.int64()
    if len(known) <= 1:
        return next(iter(known), pa.string())
    if known == {pa.int64(), pa.float64()}:
        return pa.float64()
    if pa.binary() in known:
        return pa.binary()
    if all(pa.types.is_decimal(type_) or pa.types.is_integer(type_) for type_ in known):
        return _join_decimals(known)
    return pa.string()


def _has_large_integers(column: pa.Array) -> bool:
    if not pa.types.is_integer(column.type):
        return False
    least, most = pc.min_max(column).values()
    return bool(column.null_count < len(column) and max(-least.as_py(), most.as_py()) > _EXACT)


def _join_decimals(types: set[pa.DataType]) -> pa.DataType:
    pairs = [(one.precision, one.scale) if pa.types.is_decimal(one) else (19, 0) for one in types]
    scale = max(scale for _, scale in pairs)
    whole = max(precision - scale for precision, scale in pairs)
    return pa.decimal128(whole + scale, scale) if whole + scale <= 38 else pa.string()


def _cast(column: pa.Array, type_: pa.DataType) -> pa.Array:
    if column.type == type_:
        return column
    if type_ in (pa.string(), pa.binary()) and not pa.types.is_null(column.type):
        return _say_all(column.to_pylist(), type_)
    return column.cast(type_)


def _say_all(values: Sequence[object], type_: pa.DataType) -> pa.Array:
    """Return values in words, as strings or as their bytes."""
    said = [one if one is None or isinstance(one, bytes) else str(one) for one in values]
    return pa.array(said, type_)
