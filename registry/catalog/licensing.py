"""What is stated of a version's licence: appended, never overwritten."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.loading import IS_CURRENT
from registry.catalog.resolving import chunked
from registry.catalog.tables import LicenceAssertionRow

_CURRENT = select(
    LicenceAssertionRow.version_id, LicenceAssertionRow.expression, LicenceAssertionRow.evidence
).where(IS_CURRENT)


class Assertion(NamedTuple):
    """What is stated of a version's licence, and where it can be read."""

    expression: str
    evidence: str | None

    def restated(self, expression: str | None, evidence: str | None) -> "Assertion":
        """Return what holds after a statement, either part of which may be silent."""
        if expression is None or expression == self.expression:
            return Assertion(self.expression, evidence or self.evidence)
        return Assertion(expression, evidence)


def current_licences(connection: Connection, version_ids: Iterable[int]) -> dict[int, Assertion]:
    """Return the current assertion for each version."""
    licences: dict[int, Assertion] = {}
    for chunk in chunked(version_ids):
        query = _CURRENT.where(LicenceAssertionRow.version_id.in_(chunk))
        for version_id, expression, evidence in connection.execute(query):
            licences[version_id] = Assertion(expression, evidence)
    return licences


def assertion_row(
    version_id: int, expression: str, evidence: str | None, *, actor: str, at: datetime
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
    insert_rows(connection, LicenceAssertionRow, [{"id": new_id, **row}])
