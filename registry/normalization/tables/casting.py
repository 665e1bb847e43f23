"""Values of any column into those of a wanted type; a value that is none costs its row alone."""

from collections.abc import Callable
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import is_variable

MOMENT: Final = pa.timestamp("us")
"""A moment without a zone; one with an offset is taken to UTC."""

_SPACED: Final = (pa.int64(), pa.float64(), pa.bool_(), pa.date32(), MOMENT)
"""Types in whose texts blanks at either end mean nothing."""


class Cast(NamedTuple):
    """A column in its type, and where it could not be."""

    values: pa.Array
    """Null where a value is missing or is none of the type."""

    is_wrong: pa.Array
    """Boolean, without nulls: there is a value, and it is none of the type."""


def cast(column: pa.Array, type_: pa.DataType, *, form: str | None = None) -> Cast:
    """Return a column in a type.

    Args:
        column: Texts, bytes, numbers, booleans, dates or moments.
        type_: Of `int64`, `float64`, `bool`, `large_string`, `date32` and `timestamp[us]`.
        form: How dates and moments are written, for `strptime`; None: as ISO 8601 has it.
    """
    if is_variable(column.type) and type_ in _SPACED:
        column = pc.utf8_trim_whitespace(_as_text(column))
    if form is not None and is_variable(column.type):
        values = pc.strptime(column, format=form, unit="us", error_is_null=True)
        values = pc.cast(values, type_, safe=False)
    else:
        values = _cast_by_halves(column, _caster(column.type, type_))
    return Cast(values, pc.and_(pc.is_null(values), pc.is_valid(column)))


def _caster(source: pa.DataType, type_: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    if type_ == pa.float64() and not is_variable(source):
        # An integer beyond 2^53 becomes the nearest double, as everywhere.
        return lambda column: pc.cast(column, type_, safe=False)
    if type_ == MOMENT and (is_variable(source) or pa.types.is_timestamp(source)):
        return _cast_moment
    return lambda column: pc.cast(column, type_)


def _cast_moment(column: pa.Array) -> pa.Array:
    if is_variable(column.type):
        try:
            return pc.cast(column, MOMENT)
        except pa.ArrowInvalid:
            return pc.cast(pc.cast(column, pa.timestamp("us", "UTC")), MOMENT)
    zone = column.type.tz
    if zone is not None:
        column = pc.cast(column, pa.timestamp(column.type.unit, "UTC"))
    return pc.cast(column, MOMENT, safe=False)


def _cast_by_halves(column: pa.Array, caster: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Cast at once what can be; of what cannot, find the values that are in the way.

    Few of n values cost some log n casts each, so a dirty column is cast nearly as fast as a clean
    one.
    """
    try:
        return caster(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        if len(column) == 1:
            return pa.nulls(1, caster(pa.nulls(1, column.type)).type)
    half = len(column) // 2
    return pa.concat_arrays(
        [_cast_by_halves(part, caster) for part in (column[:half], column[half:])]
    )


def _as_text(column: pa.Array) -> pa.Array:
    """Return texts; bytes that are not UTF-8 stand for something that is of no other type."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column
    found = _cast_by_halves(column, lambda part: pc.cast(part, pa.large_string()))
    return pc.if_else(pc.and_(pc.is_null(found), pc.is_valid(column)), "\ufffd", found)
