"""Dates and moments become numbers, each part a column `NAME_PART` in the place of theirs.

`epoch` is days since 1970-01-01 of a date and seconds since then of a moment; from it alone the
date can be told again. `weekday` counts from Monday, 0.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from registry.errors import InputError
from registry.normalization.parameters import Parameters
from registry.normalization.tables.base import (
    Columns,
    RowVerdict,
    TableStep,
    replace,
    replace_fields,
)
from registry.normalization.tables.casting import MOMENT

_MICROSECONDS: Final = 1e6
_OF_A_DAY: Final = {
    "year": pc.year,
    "month": pc.month,
    "day": pc.day,
    "weekday": pc.day_of_week,
    "day_of_year": pc.day_of_year,
}
_OF_A_MOMENT: Final = {"hour": pc.hour, "minute": pc.minute, "second": pc.second}
_EPOCH: Final = "epoch"

Part = Literal[
    "epoch", "year", "month", "day", "weekday", "day_of_year", "hour", "minute", "second"
]


class DatePartsParameters(Parameters):
    """Which dates become numbers, and which."""

    columns: Columns = ()
    """Columns of dates or moments."""

    parts: Annotated[tuple[Part, ...], Field(strict=False, min_length=1)] = (
        "year",
        "month",
        "day",
        "weekday",
    )
    """Of epoch, year, month, day, weekday, day_of_year, hour, minute, second."""


class DateParts(TableStep[DatePartsParameters]):
    """Makes numbers of dates and moments."""

    name: ClassVar[str] = "date_parts"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = DatePartsParameters

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableStep`."""
        return self.parameters.columns

    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """See `TableStep`."""
        changed: dict[str, Mapping[str, pa.DataType]] = {}
        for name in self.columns:
            type_ = schema.field(name).type
            if not (pa.types.is_date(type_) or pa.types.is_timestamp(type_)):
                raise InputError(
                    f"{self.name}: column {name!r} holds {type_}, not dates",
                    hint=f'dates = ["{name}"] or times = ["{name}"] in read_columns',
                )
            if pa.types.is_date(type_) and (late := set(self.parameters.parts) & {*_OF_A_MOMENT}):
                raise InputError(f"{self.name}: a date has no {', '.join(sorted(late))}")
            changed[name] = {
                f"{name}_{part}": self._type_of(part, type_) for part in self.parameters.parts
            }
        return replace_fields(schema, changed)

    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """See `TableStep`; no row is rejected."""
        changed = {
            name: {
                f"{name}_{part}": self._take(part, rows.column(name))
                for part in self.parameters.parts
            }
            for name in self.columns
        }
        return RowVerdict(replace(rows, changed))

    def invert(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """See `TableStep`."""
        if _EPOCH not in self.parameters.parts:
            raise InputError(
                f"{self.name}: dates cannot be told from {', '.join(self.parameters.parts)}",
                hint='add "epoch" to the parts',
            )
        for name in self.columns:
            made: dict[str, Mapping[str, pa.Array]]
            made = {f"{name}_{part}": {} for part in self.parameters.parts}
            epoch = rows.column(f"{name}_{_EPOCH}")
            made[f"{name}_{_EPOCH}"] = {name: _from_epoch(epoch)}
            rows = replace(rows, made)
        return rows

    def _type_of(self, part: str, type_: pa.DataType) -> pa.DataType:
        is_moment = part == _EPOCH and pa.types.is_timestamp(type_)
        return pa.float64() if is_moment else pa.int32()

    def _take(self, part: str, column: pa.Array) -> pa.Array:
        if part == _EPOCH:
            return _to_epoch(column)
        return pc.cast((_OF_A_DAY | _OF_A_MOMENT)[part](column), pa.int32())


def _to_epoch(column: pa.Array) -> pa.Array:
    if pa.types.is_date(column.type):
        return pc.cast(column, pa.int32())
    # Seconds as a double tell microseconds apart from the year 1700 to 2240.
    return pc.divide(pc.cast(pc.cast(column, pa.int64()), pa.float64(), safe=False), _MICROSECONDS)


def _from_epoch(column: pa.Array) -> pa.Array:
    if pa.types.is_integer(column.type):
        return pc.cast(column, pa.date32())
    microseconds = pc.round(pc.multiply(column, _MICROSECONDS))
    return pc.cast(pc.cast(microseconds, pa.int64()), MOMENT)
