"""Rows that lack a value are rejected, as `missing:COLUMN`."""

from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from registry.normalization.parameters import Parameters
from registry.normalization.tables.base import Columns, RowVerdict, TableStep

MISSING: Final = "missing"


class DropMissingParameters(Parameters):
    """Which values must be there."""

    columns: Columns = ()
    """Columns that must have a value."""


class DropMissing(TableStep[DropMissingParameters]):
    """Rejects rows in which one of the columns has no value."""

    name: ClassVar[str] = "drop_missing"
    version: ClassVar[int] = 1
    parameters_model: ClassVar[type[Parameters]] = DropMissingParameters
    rejects: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableStep`."""
        return self.parameters.columns

    def schema_after(self, schema: pa.Schema) -> pa.Schema:
        """See `TableStep`."""
        return schema

    def transform(self, rows: pa.RecordBatch) -> RowVerdict:
        """See `TableStep`; no value is changed."""
        reasons = pa.nulls(len(rows), pa.string())
        nothing = pa.scalar(None, pa.string())
        for name in self.columns:
            missing = pc.if_else(pc.is_null(rows.column(name)), f"{MISSING}:{name}", nothing)
            reasons = pc.coalesce(reasons, missing)
        return RowVerdict(rows, reasons)
