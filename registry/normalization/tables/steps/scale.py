"""Numbers are brought to a common scale.

    standard   (x - mean) / deviation, of the population
    min_max    x between the least and the greatest value becomes one between `low` and `high`
    robust     (x - median) / (upper quantile - lower quantile)

A column without spread is divided by 1. Missing values stay missing, and count nowhere.

Source: scikit-learn, `StandardScaler`, `MinMaxScaler` and `RobustScaler`, with the same rules for a
column without spread (`_is_constant_feature`, `_handle_zeros_in_scale`).
"""

import math
import sys
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, JsonValue, model_validator

from registry.errors import InputError
from registry.normalization.parameters import Parameters
from registry.normalization.tables.base import (
    Columns,
    Fitted,
    RowVerdict,
    TableStep,
    as_floats,
    replace,
    replace_fields,
    require_numbers,
)
from registry.normalization.tables.statistics import Extent, Measured, Moments, Need, Statistic
from registry.normalization.tables.values import Ordered

_EPSILON: Final = sys.float_info.epsilon
_NEEDS: Final = {
    "standard": Measured.MOMENTS,
    "min_max": Measured.EXTENT,
    "robust": Measured.ORDER,
}


class ScaleParameters(Parameters):
    """Which numbers are scaled, and how."""

    columns: Columns = ()
    """Columns of numbers."""

    method: Literal["standard", "min_max", "robust"] = "standard"
    """By mean and deviation, by least and greatest value, or by median and quantiles."""

    low: float = 0.0
    """What min_max makes of the least value."""

    high: float = 1.0
    """What min_max makes of the greatest value."""

    lower_quantile: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Where the range of robust begins."""

    upper_quantile: Annotated[float, Field(ge=0, le=1)] = 0.75
    """Where the range of robust ends."""

    @model_validator(mode="after")
    def _check_ranges(self) -> "ScaleParameters":
        if not self.low < self.high:
            raise ValueError("low is not below high")
        if not self.lower_quantile < self.upper_quantile:
            raise ValueError("lower_quantile is not below upper_quantile")
        return self


class Scale(TableStep[ScaleParameters]):
    """Scales numbers by statistics of their column."""

    name: ClassVar[str] = "scale"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = ScaleParameters

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableStep`."""
        return self.parameters.columns

    @property
    def needs(self) -> tuple[Need, ...]:
        """See `TableStep`."""
        return tuple(Need(column, _NEEDS[self.parameters.method]) for column in self.columns)

    def fit(self, found: Sequence[Statistic]) -> Fitted:
        """See `TableStep`."""
        fitted: dict[str, JsonValue] = {}
        for column, statistic in zip(self.columns, found, strict=True):
            learned = self._learn(statistic)
            if learned is None:
                raise InputError(
                    f"column {column!r} has no value to scale by", hint="leave it out of the recipe"
                )
            if not all(map(math.isfinite, learned.values())):
                raise InputError(f"the values of column {column!r} are too large to scale")
            fitted[column] = dict(learned)
        return fitted

    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """See `TableStep`."""
        require_numbers(self.name, schema, self.columns)
        return replace_fields(schema, {column: {column: pa.float64()} for column in self.columns})

    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """See `TableStep`; no row is rejected."""
        changed = {}
        for name in self.columns:
            learned, values = self.of(name), as_floats(rows.column(name))
            if self.parameters.method == "min_max":
                scaled = pc.add(pc.multiply(values, learned["factor"]), learned["shift"])
            else:
                scaled = pc.divide(pc.subtract(values, learned["center"]), learned["scale"])
            changed[name] = {name: scaled}
        return RowVerdict(replace(rows, changed))

    def invert(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """See `TableStep`; to within rounding."""
        changed = {}
        for name in self.columns:
            learned, values = self.of(name), rows.column(name)
            if self.parameters.method == "min_max":
                before = pc.divide(pc.subtract(values, learned["shift"]), learned["factor"])
            else:
                before = pc.add(pc.multiply(values, learned["scale"]), learned["center"])
            changed[name] = {name: before}
        return replace(rows, changed)

    def _learn(self, statistic: Statistic) -> dict[str, float] | None:
        match statistic:
            case Moments(num_values=number) if number:
                return _learn_standard(statistic)
            case Extent(least=float(least), greatest=float(greatest)):
                return self._learn_min_max(least, greatest)
            case Ordered(num_values=number) if number:
                shares = (self.parameters.lower_quantile, 0.5, self.parameters.upper_quantile)
                lower, median, upper = statistic.quantiles(shares)
                return {"center": median, "scale": _usable(upper - lower)}
        return None

    def _learn_min_max(self, least: float, greatest: float) -> dict[str, float]:
        low, high = self.parameters.low, self.parameters.high
        factor = (high - low) / _usable(greatest - least)
        return {
            "least": least,
            "greatest": greatest,
            "factor": factor,
            "shift": low - least * factor,
        }


def _learn_standard(moments: Moments) -> dict[str, float]:
    number = moments.num_values
    try:
        mean, variance = moments.mean, moments.variance
        noise = number * _EPSILON * variance + (number * mean * _EPSILON) ** 2
    except OverflowError:
        return {"center": 0.0, "scale": math.inf}
    has_spread = variance > noise
    return {"center": mean, "scale": math.sqrt(variance) if has_spread else 1.0}


def _usable(scale: float) -> float:
    return 1.0 if scale < 10 * _EPSILON else scale
