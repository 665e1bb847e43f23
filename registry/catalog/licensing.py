"""What is stated of a version's licence: appended, never overwritten."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from registry.catalog.identifiers import reserve_ids
from registry.catalog.loading import IS_CURRENT
from registry.catalog.resolving import chunked
from registry.catalog.tables import LicenceAssertionRow

_CURRENT = select(LicenceAssertionRow.version_id, LicenceAssertionRow.expression).where(IS_CURRENT)
_INSERT = insert(LicenceAssertionRow)


def current_licences(connection: Connection, version_ids: Iterable[int]) -> dict[int, str]:
    """Return the current expression for each version."""
    licences: dict[int, str] = {}
    for chunk in chunked(version_ids):
        query = _CURRENT.where(LicenceAssertionRow.version_id.in_(chunk))
        licences |= {row.version_id: row.expression for row in connection.execute(query)}
    return licences


def assertion_row(
    version_id: int, expression: str, *, evidence: str | None, actor: str, at: datetime
) -> dict[str, Any]:
    """Return the row of an assertion."""
    return {
        "version_id": version_id,
        "expression": expression,
        "asserted_by": actor,
        "evidence": evidence,
        "asserted_at": at,
    }


def supersede_licence(connection: Connection, row: dict[str, Any]) -> None:
    """Write an assertion in place of the current one of its version."""
    new_id = next(reserve_ids(connection, LicenceAssertionRow, 1))
    of_version = LicenceAssertionRow.version_id == row["version_id"]
    connection.execute(
        update(LicenceAssertionRow).where(of_version, IS_CURRENT).values(superseded_by=new_id)
    )
    connection.execute(_INSERT, {"id": new_id, **row})
