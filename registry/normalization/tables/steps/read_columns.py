"""A table's schema: which columns are taken, and of which type.

The first step of every recipe for tables. A row with a value that is none of its column's type is
rejected, as `wrong-type:COLUMN`, and one with an infinite number as `not-finite:COLUMN`. Not a
number (NaN) is a missing value, as it is for scikit-learn and pandas. Columns that are not named
are left out.
"""

from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from registry.domain.recipe import READ_COLUMNS
from registry.normalization.parameters import Parameters
from registry.normalization.tables.base import Columns, RowVerdict, TableStep
from registry.normalization.tables.casting import MOMENT, cast

WRONG_TYPE: Final = "wrong-type"
NOT_FINITE: Final = "not-finite"

_TYPES: Final = {
    "numbers": pa.float64(),
    "integers": pa.int64(),
    "texts": pa.large_string(),
    "booleans": pa.bool_(),
    "dates": pa.date32(),
    "times": MOMENT,
}


class ReadColumnsParameters(Parameters):
    """The columns by their types."""

    numbers: Columns = ()
    """Columns of numbers (float64)."""

    integers: Columns = ()
    """Columns of whole numbers (int64)."""

    texts: Columns = ()
    """Columns of texts, categories among them."""

    booleans: Columns = ()
    """Columns of true and false, or 1 and 0."""

    dates: Columns = ()
    """Columns of dates."""

    times: Columns = ()
    """Columns of moments, to the microsecond; one with an offset is taken to UTC."""

    missing: Columns = ("",)
    """Texts that stand for a missing value."""

    date_format: str = ""
    """How dates are written, such as %d.%m.%Y; empty: as ISO 8601 has it."""

    time_format: str = ""
    """How moments are written; empty: as ISO 8601 has it."""

    @model_validator(mode="after")
    def _check_columns(self) -> "ReadColumnsParameters":
        names = [name for kind in _TYPES for name in getattr(self, kind)]
        if not names:
            raise ValueError("no column is named")
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"column {twice!r} is named twice")
        return self


class ReadColumns(TableStep[ReadColumnsParameters]):
    """Takes the named columns, each in its type; rejects rows with a value of another type."""

    name: ClassVar[str] = READ_COLUMNS
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = ReadColumnsParameters
    rejects: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableStep`; grouped by type, in the order of the parameters."""
        return tuple(name for kind in _TYPES for name in getattr(self.parameters, kind))

    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """See `TableStep`; columns stand in the order of the parameters."""
        del schema
        return pa.schema(
            [
                (name, type_)
                for kind, type_ in _TYPES.items()
                for name in getattr(self.parameters, kind)
            ]
        )

    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """See `TableStep`."""
        schema = self.schema_after(rows.schema)
        columns, reasons = [], pa.nulls(len(rows), pa.string())
        for field in schema:
            column = self._blank_missing(rows.column(field.name))
            values, is_wrong = cast(column, field.type, form=self._form(field.type))
            if field.type == pa.float64():
                is_nan = pc.fill_null(pc.is_nan(values), False)
                values = pc.if_else(is_nan, pa.scalar(None, pa.float64()), values)
                reasons = _reject(reasons, pc.is_inf(values), f"{NOT_FINITE}:{field.name}")
            reasons = _reject(reasons, is_wrong, f"{WRONG_TYPE}:{field.name}")
            columns.append(values)
        return RowVerdict(pa.RecordBatch.from_arrays(columns, schema=schema), reasons)

    def _blank_missing(self, column: pa.Array) -> pa.Array:
        missing = self.parameters.missing
        kinds = pa.types
        if kinds.is_floating(column.type):
            return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        if not (kinds.is_string(column.type) or kinds.is_large_string(column.type)):
            return column
        marks = pa.array(missing, column.type)
        is_missing = pc.is_in(column, value_set=marks)
        return pc.if_else(is_missing, pa.scalar(None, column.type), column)

    def _form(self, type_: pa.DataType) -> str | None:
        if type_ == pa.date32():
            return self.parameters.date_format or None
        if type_ == MOMENT:
            return self.parameters.time_format or None
        return None


def _reject(reasons: pa.Array, mask: pa.Array, reason: str) -> pa.Array:
    if not pc.any(mask).as_py():
        return reasons
    found = pc.if_else(pc.fill_null(mask, False), reason, pa.scalar(None, pa.string()))
    return pc.coalesce(reasons, found)
