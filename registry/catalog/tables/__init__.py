"""The tables of the catalog. The docstring of a row is the comment of its table.

Facts are written once; the triggers in `registry.catalog.triggers` hold them to it.
"""

from registry.catalog.tables.audit import AuditLogRow
from registry.catalog.tables.base import AS_IS, Row
from registry.catalog.tables.costs import CostEntryRow
from registry.catalog.tables.datasets import DatasetRow, LicenceAssertionRow, OwnerRow, TagRow
from registry.catalog.tables.models import (
    GenerationGroundingRow,
    GenerationRow,
    MixturePartRow,
    ModelRow,
    ModelTrainingRow,
)
from registry.catalog.tables.reports import ReportRow, TargetRow
from registry.catalog.tables.runs import (
    LedgerEntryRow,
    LedgerRejectionRow,
    LineageEdgeRow,
    RecipeRow,
    RunInputRow,
    RunOutputRow,
    RunRow,
)
from registry.catalog.tables.takedowns import (
    ErasedObjectRow,
    TakedownActionRow,
    TakedownDocumentRow,
    TakedownItemRow,
    TakedownRow,
)
from registry.catalog.tables.tokens import EngineCheckRow, TokenCountRow, TokenizerRow
from registry.catalog.tables.versions import (
    MeasurementRow,
    MetricRow,
    SchemaDefinitionRow,
    ShardLocationRow,
    ShardRow,
    SourceRow,
    VersionLanguageRow,
    VersionRow,
    VersionSourceRow,
)

__all__ = [
    "AS_IS",
    "AuditLogRow",
    "CostEntryRow",
    "DatasetRow",
    "EngineCheckRow",
    "ErasedObjectRow",
    "GenerationGroundingRow",
    "GenerationRow",
    "LedgerEntryRow",
    "LedgerRejectionRow",
    "LicenceAssertionRow",
    "LineageEdgeRow",
    "MeasurementRow",
    "MetricRow",
    "MixturePartRow",
    "ModelRow",
    "ModelTrainingRow",
    "OwnerRow",
    "RecipeRow",
    "ReportRow",
    "Row",
    "RunInputRow",
    "RunOutputRow",
    "RunRow",
    "SchemaDefinitionRow",
    "ShardLocationRow",
    "ShardRow",
    "SourceRow",
    "TagRow",
    "TakedownActionRow",
    "TakedownDocumentRow",
    "TakedownItemRow",
    "TakedownRow",
    "TargetRow",
    "TokenCountRow",
    "TokenizerRow",
    "VersionLanguageRow",
    "VersionRow",
    "VersionSourceRow",
]
