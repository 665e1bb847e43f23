"""Missing values are filled with one value for each column.

The mean and the median are those of the values that are there; both make numbers of a column of
integers. The most frequent value is, of several, the least. With `indicator`, a column
`NAME_missing` behind the others says where a value was filled in, and inverting takes it out again.

Source: scikit-learn, `sklearn.impute.SimpleImputer` with `add_indicator`.
"""

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import JsonValue

from registry.errors import InputError
from registry.normalization.parameters import Parameters
from registry.normalization.tables.base import (
    Columns,
    Fitted,
    RowVerdict,
    TableStep,
    as_floats,
    replace_fields,
    require_numbers,
)
from registry.normalization.tables.statistics import (
    Frequencies,
    Measured,
    Moments,
    Need,
    Statistic,
)
from registry.normalization.tables.values import Ordered

_MOST_DISTINCT: Final = 100_000
_NEEDS: Final = {
    "mean": Measured.MOMENTS,
    "median": Measured.ORDER,
    "mode": Measured.FREQUENCIES,
}


class ImputeParameters(Parameters):
    """Where values are filled in, and which."""

    columns: Columns = ()
    """Columns whose missing values are filled."""

    method: Literal["mean", "median", "mode", "constant"] = "mean"
    """What they are filled with; mean and median are of numbers."""

    value: str = ""
    """The constant, as a file would have it."""

    indicator: bool = False
    """Whether a column NAME_missing says, by 1 and 0, where a value was filled in."""


class Impute(TableStep[ImputeParameters]):
    """Fills missing values with the mean, the median, the mode or a constant."""

    name: ClassVar[str] = "impute"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = ImputeParameters

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableStep`."""
        return self.parameters.columns

    @property
    def needs(self) -> tuple[Need, ...]:
        """See `TableStep`."""
        measured = _NEEDS.get(self.parameters.method)
        if measured is None:
            return ()
        return tuple(Need(column, measured, most=_MOST_DISTINCT) for column in self.columns)

    def fit(self, found: Sequence[Statistic]) -> Fitted:
        """See `TableStep`."""
        return {
            column: {"fill": _find_fill(self.parameters.method, column, statistic)}
            for column, statistic in zip(self.columns, found, strict=False)
        }

    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """See `TableStep`."""
        if self._makes_floats:
            require_numbers(f"{self.name} {self.parameters.method}", schema, self.columns)
            schema = replace_fields(
                schema, {column: {column: pa.float64()} for column in self.columns}
            )
        if self.parameters.method == "constant":
            for column in self.columns:
                self._read_constant(column, schema.field(column).type)
        flags = [pa.field(_flag(column), pa.int8()) for column in self._flagged]
        return replace_fields(pa.schema([*schema, *flags]), {})

    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """See `TableStep`; no row is rejected."""
        columns = dict(zip(rows.schema.names, rows.columns, strict=True))
        for name in self.columns:
            column = as_floats(columns[name]) if self._makes_floats else columns[name]
            columns[name] = pc.fill_null(column, self._fill(name, column.type))
        for name in self._flagged:
            columns[_flag(name)] = pc.cast(pc.is_null(rows.column(name)), pa.int8())
        return RowVerdict(pa.RecordBatch.from_arrays([*columns.values()], names=[*columns]))

    def invert(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """See `TableStep`; without an indicator what was filled in cannot be told from the rest."""
        columns = dict(zip(rows.schema.names, rows.columns, strict=True))
        for name in self._flagged:
            is_filled = pc.equal(columns.pop(_flag(name)), 1)
            columns[name] = pc.if_else(
                is_filled, pa.scalar(None, columns[name].type), columns[name]
            )
        return pa.RecordBatch.from_arrays([*columns.values()], names=[*columns])

    @property
    def _makes_floats(self) -> bool:
        return self.parameters.method in ("mean", "median")

    @property
    def _flagged(self) -> tuple[str, ...]:
        return self.columns if self.parameters.indicator else ()

    def _fill(self, column: str, type_: pa.DataType) -> pa.Scalar:
        if self.parameters.method == "constant":
            return self._read_constant(column, type_)
        return pa.scalar(self.of(column)["fill"]).cast(type_)

    def _read_constant(self, column: str, type_: pa.DataType) -> pa.Scalar:
        try:
            return pa.scalar(self.parameters.value).cast(type_)
        except pa.ArrowException as error:
            raise InputError(
                f"{self.name}: value {self.parameters.value!r} is no {type_}, "
                f"which column {column!r} holds"
            ) from error


def _find_fill(method: str, column: str, statistic: Statistic) -> JsonValue:
    fill: JsonValue = None
    match statistic:
        case Moments(num_values=number) if number:
            fill = statistic.mean
        case Ordered(num_values=number) if number:
            (fill,) = statistic.quantiles([0.5])
        case Frequencies():
            fill = statistic.mode
    if fill is None:
        raise InputError(
            f"column {column!r} has no value to take the {method} of",
            hint='method = "constant" with a value',
        )
    return fill


def _flag(column: str) -> str:
    return f"{column}_missing"
