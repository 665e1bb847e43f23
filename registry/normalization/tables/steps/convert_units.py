"""Numbers in one unit become numbers in another: miles kilometres, Fahrenheit Celsius.

Factors are exact fractions and rounded once; see `registry.normalization.tables.units`.
"""

from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from registry.normalization.parameters import Parameters
from registry.normalization.tables.base import (
    Columns,
    RowVerdict,
    TableStep,
    as_floats,
    replace,
    replace_fields,
    require_numbers,
)
from registry.normalization.tables.units import UNITS, convert


class ConvertUnitsParameters(Parameters):
    """Which numbers are converted, from what into what."""

    columns: Columns = ()
    """Columns of numbers."""

    source: str = ""
    """The unit they are in, such as mi, lb or degF."""

    target: str = ""
    """The unit they are to be in, of the same kind."""

    @model_validator(mode="after")
    def _check_units(self) -> "ConvertUnitsParameters":
        for unit in (self.source, self.target):
            if unit not in UNITS:
                raise ValueError(f"no unit {unit!r}; units are {', '.join(UNITS)}")
        kinds = UNITS[self.source].kind, UNITS[self.target].kind
        if kinds[0] != kinds[1]:
            raise ValueError(f"{self.source} is of {kinds[0]} and {self.target} of {kinds[1]}")
        return self


class ConvertUnits(TableStep[ConvertUnitsParameters]):
    """Converts numbers from one unit into another."""

    name: ClassVar[str] = "convert_units"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = ConvertUnitsParameters

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableStep`."""
        return self.parameters.columns

    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """See `TableStep`."""
        require_numbers(self.name, schema, self.columns)
        return replace_fields(schema, {column: {column: pa.float64()} for column in self.columns})

    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """See `TableStep`; no row is rejected."""
        return RowVerdict(self._convert(rows, self.parameters.source, self.parameters.target))

    def invert(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """See `TableStep`; to within rounding."""
        return self._convert(rows, self.parameters.target, self.parameters.source)

    def _convert(self, rows: pa.RecordBatch, source: str, target: str) -> pa.RecordBatch:
        factor, shift = convert(source, target)
        return replace(
            rows,
            {
                name: {name: pc.add(pc.multiply(as_floats(rows.column(name)), factor), shift)}
                for name in self.columns
            },
        )
