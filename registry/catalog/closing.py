"""Runs and their books as rows: what sealing and `RunStore` both write."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select, update

from registry.catalog.tables import RunInputRow, RunRow
from registry.domain.digest import Digest
from registry.domain.ledger import LedgerEntry
from registry.domain.run import RunDraft, RunState
from registry.errors import ConflictError, UnknownError

_OPEN = select(
    RunRow.id,
    RunRow.public_id,
    RunRow.state,
    exists().where(RunInputRow.run_id == RunRow.id).label("has_inputs"),
)
_CLOSE = (
    update(RunRow)
    .where(RunRow.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        finished_at=bindparam("b_finished_at"),
        error=bindparam("b_error"),
        quarantine=bindparam("b_quarantine"),
    )
)


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that can still be closed."""

    id: int
    public_id: str
    has_inputs: bool


def get_open_run(connection: Connection, public_id: str) -> OpenRun:
    """Return an open run by its full public id.

    Raises:
        UnknownError: There is no such run.
        ConflictError: It is closed already.
    """
    row = connection.execute(_OPEN.where(RunRow.public_id == public_id)).one_or_none()
    if row is None:
        raise UnknownError(what="run", value=public_id, hint="muster run list")
    if row.state is not RunState.OPEN:
        raise ConflictError(f"run {public_id} is closed: {row.state}")
    return OpenRun(id=row.id, public_id=row.public_id, has_inputs=row.has_inputs)


def close_run(
    connection: Connection,
    run: OpenRun,
    *,
    state: RunState,
    at: datetime,
    error: str | None = None,
    quarantine: Digest | None = None,
) -> None:
    """Close an open run."""
    values = {"b_state": state, "b_finished_at": at, "b_error": error, "b_quarantine": quarantine}
    connection.execute(_CLOSE, {"b_id": run.id, **values})


def run_row(
    draft: RunDraft,
    *,
    public_id: str,
    finished_at: datetime | None = None,
    quarantine: Digest | None = None,
) -> dict[str, Any]:
    """Return the row of a run: open, or done when it is given the time of its end."""
    return {
        "public_id": public_id,
        "operation": draft.operation,
        "state": RunState.OPEN if finished_at is None else RunState.DONE,
        "derivation": draft.derivation,
        "parameters": draft.parameters,
        "environment": draft.environment,
        "actor": draft.actor,
        "started_at": draft.started_at,
        "finished_at": finished_at,
        "error": None,
        "quarantine": quarantine,
    }


def entry_rows(run_id: int, entries: Iterable[LedgerEntry]) -> list[dict[str, Any]]:
    """Return the rows of a ledger's entries, without their rejections."""
    rows = [{"run_id": run_id, **vars(entry)} for entry in entries]
    for row in rows:
        del row["rejected"]
    return rows


def rejection_rows(run_id: int, entries: Iterable[LedgerEntry]) -> list[dict[str, Any]]:
    """Return the rows of what a ledger's steps rejected."""
    return [
        {"run_id": run_id, "position": entry.position, **vars(rejected)}
        for entry in entries
        for rejected in entry.rejected
    ]


def input_rows(run_id: int, version_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return the rows of what a run read, in order."""
    return [
        {"run_id": run_id, "position": position, "version_id": version_id}
        for position, version_id in enumerate(version_ids)
    ]
