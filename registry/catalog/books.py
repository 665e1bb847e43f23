"""Runs with their inputs, outputs and books, many at once."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select

from registry.catalog.resolving import chunked
from registry.catalog.tables import (
    DatasetRow,
    LedgerEntryRow,
    LedgerRejectionRow,
    RunInputRow,
    RunOutputRow,
    RunRow,
    VersionRow,
)
from registry.domain.answers import RunDescription
from registry.domain.ledger import Ledger, LedgerEntry, Rejected
from registry.domain.names import reference_to
from registry.domain.run import Run

_ENTRY_FIELDS = tuple(name for name in LedgerEntry.model_fields if name != "rejected")
_RUNS = select(
    RunRow.id.label("key"),
    RunRow.public_id.label("id"),
    *(getattr(RunRow, name) for name in Run.model_fields if name != "id"),
)
_INPUTS = (
    select(RunInputRow.run_id, DatasetRow.name, VersionRow.number)
    .join_from(RunInputRow, VersionRow, VersionRow.id == RunInputRow.version_id)
    .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    .order_by(RunInputRow.run_id, RunInputRow.position)
)
_OUTPUTS = (
    select(RunOutputRow.run_id, DatasetRow.name, VersionRow.number)
    .join_from(RunOutputRow, VersionRow, VersionRow.id == RunOutputRow.version_id)
    .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    .order_by(RunOutputRow.run_id, VersionRow.id)
)
_ENTRIES = select(
    LedgerEntryRow.run_id, *(getattr(LedgerEntryRow, name) for name in _ENTRY_FIELDS)
).order_by(LedgerEntryRow.run_id, LedgerEntryRow.position)
_REJECTIONS = select(
    LedgerRejectionRow.run_id,
    LedgerRejectionRow.position,
    *(getattr(LedgerRejectionRow, name) for name in Rejected.model_fields),
).order_by(LedgerRejectionRow.run_id, LedgerRejectionRow.position, LedgerRejectionRow.reason)


def load_descriptions(connection: Connection, run_ids: Iterable[str]) -> dict[str, RunDescription]:
    """Return runs with all that is written of them, by public id: five queries for every 500."""
    descriptions: dict[str, RunDescription] = {}
    for chunk in chunked(run_ids):
        rows = connection.execute(_RUNS.where(RunRow.public_id.in_(chunk))).mappings().all()
        keys = {row["key"]: row for row in rows}
        inputs: defaultdict[int, list[str]] = defaultdict(list)
        for run_id, name, number in connection.execute(_INPUTS.where(RunInputRow.run_id.in_(keys))):
            inputs[run_id].append(reference_to(name, number))
        outputs: defaultdict[int, list[str]] = defaultdict(list)
        for run_id, name, number in connection.execute(
            _OUTPUTS.where(RunOutputRow.run_id.in_(keys))
        ):
            outputs[run_id].append(reference_to(name, number))
        ledgers = _load_ledgers(connection, list(keys))
        for key, row in keys.items():
            run = Run.model_validate({name: row[name] for name in Run.model_fields})
            descriptions[run.id] = RunDescription(
                run=run,
                inputs=tuple(inputs[key]),
                outputs=tuple(outputs[key]),
                ledger=ledgers[key],
            )
    return descriptions


def _load_ledgers(connection: Connection, keys: list[int]) -> dict[int, Ledger]:
    rejected: defaultdict[tuple[int, int], list[Rejected]] = defaultdict(list)
    for row in connection.execute(
        _REJECTIONS.where(LedgerRejectionRow.run_id.in_(keys))
    ).mappings():
        fields = {name: row[name] for name in Rejected.model_fields}
        rejected[row["run_id"], row["position"]].append(Rejected(**fields))
    entries: defaultdict[int, list[LedgerEntry]] = defaultdict(list)
    for row in connection.execute(_ENTRIES.where(LedgerEntryRow.run_id.in_(keys))).mappings():
        key = row["run_id"]
        entry = {name: row[name] for name in _ENTRY_FIELDS}
        of_step = tuple(rejected[key, row["position"]])
        entries[key].append(LedgerEntry(**entry, rejected=of_step))
    return {key: Ledger(entries=tuple(entries[key])) for key in keys}
