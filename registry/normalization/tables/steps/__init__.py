"""Every step that a recipe for tables can name; one a module, called as its step."""

from typing import Any, Final

from registry.normalization.tables.base import TableStep
from registry.normalization.tables.steps.convert_units import ConvertUnits
from registry.normalization.tables.steps.date_parts import DateParts
from registry.normalization.tables.steps.drop_missing import DropMissing
from registry.normalization.tables.steps.encode import Encode
from registry.normalization.tables.steps.impute import Impute
from registry.normalization.tables.steps.read_columns import ReadColumns
from registry.normalization.tables.steps.scale import Scale
from registry.normalization.tables.steps.to_text import ToText

TABLE_STEPS: Final[dict[str, type[TableStep[Any]]]] = {
    step.name: step
    for step in (ConvertUnits, DateParts, DropMissing, Encode, Impute, ReadColumns, Scale, ToText)
}
"""By name, sorted."""
