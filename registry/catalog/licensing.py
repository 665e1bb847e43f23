"""What is stated of a version's licence: appended, never overwritten; one assertion holds."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import JsonValue
from sqlalchemy import Connection, select, update

from registry.catalog.audit import Change
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.loading import IS_CURRENT
from registry.catalog.resolving import chunked
from registry.catalog.tables import LicenceAssertionRow
from registry.domain.digest import Digest
from registry.domain.licence import UNKNOWN, Basis, Claim, Confidence, choose_holding

_ASSERTION = LicenceAssertionRow
_CURRENT = select(
    _ASSERTION.version_id, _ASSERTION.expression, _ASSERTION.evidence, _ASSERTION.basis
).where(IS_CURRENT)
_CLAIMS = select(
    _ASSERTION.id,
    _ASSERTION.asserted_by,
    _ASSERTION.confidence,
    _ASSERTION.basis,
    _ASSERTION.expression,
    _ASSERTION.evidence,
    _ASSERTION.evidence_digest,
    _ASSERTION.superseded_by,
).order_by(_ASSERTION.id)


CARRIED_OVER = "stated of "
"""How the evidence begins of a licence that was stated of an earlier version."""


class Assertion(NamedTuple):
    """What holds of a version's licence, and where it can be read."""

    expression: str
    evidence: str | None
    basis: Basis

    def restated(self, expression: str | None, evidence: str | None) -> "Assertion":
        """Return what holds after a statement, either part of which may be silent."""
        if expression is None and evidence is None:
            return self
        if expression is None or expression == self.expression:
            inherited = self.basis is not Basis.STATED
            kept = None if inherited else self.evidence
            return Assertion(self.expression, evidence or kept, Basis.STATED)
        return Assertion(expression, evidence, Basis.STATED)

    def carried_over(self, reference: str) -> "Assertion":
        """Return what holds of the next version of a dataset, of which nobody said anything else.

        Args:
            reference: The version of which it was said.
        """
        if self.basis is not Basis.STATED or self.expression == UNKNOWN:
            return Assertion(UNKNOWN, None, Basis.UNSTATED)
        evidence = self.evidence or ""
        if not evidence.startswith(CARRIED_OVER):
            evidence = f"{CARRIED_OVER}{reference}" + (f": {evidence}" if evidence else "")
        return Assertion(self.expression, evidence, Basis.STATED)


def current_licences(connection: Connection, version_ids: Iterable[int]) -> dict[int, Assertion]:
    """Return the assertion that holds for each version."""
    licences: dict[int, Assertion] = {}
    for chunk in chunked(version_ids):
        query = _CURRENT.where(LicenceAssertionRow.version_id.in_(chunk))
        for version_id, expression, evidence, basis in connection.execute(query):
            licences[version_id] = Assertion(expression, evidence, basis)
    return licences


def assertion_row(
    version_id: int,
    assertion: Assertion,
    *,
    by: str,
    at: datetime,
    confidence: Confidence = Confidence.MEDIUM,
    evidence_digest: Digest | None = None,
) -> dict[str, Any]:
    """Return the row of an assertion."""
    return {
        "version_id": version_id,
        "expression": assertion.expression,
        "asserted_by": by,
        "evidence": assertion.evidence,
        "asserted_at": at,
        "basis": assertion.basis,
        "confidence": confidence,
        "evidence_digest": evidence_digest,
    }


def record_statement(connection: Connection, row: dict[str, Any], reference: str) -> list[Change]:
    """Append what somebody states, and let hold what now does; see `choose_holding`.

    The same words of the same speaker again are no new statement: nothing is written.
    """
    of_version = _ASSERTION.version_id == row["version_id"]
    known = connection.execute(_CLAIMS.where(of_version)).all()
    own = [one for one in known if (one.asserted_by, one.basis) == (row["asserted_by"], "stated")]
    said = ("expression", "evidence", "evidence_digest", "confidence")
    if own and all(getattr(own[-1], name) == row[name] for name in said):
        return []
    new_id = next(reserve_ids(connection, LicenceAssertionRow, 1))
    claims = [Claim(one.id, one.asserted_by, one.confidence, one.basis) for one in known]
    claims.append(Claim(new_id, row["asserted_by"], row["confidence"], row["basis"]))
    holding = choose_holding(claims).id
    held = next(one.id for one in known if one.superseded_by is None)
    if holding != held:
        # The one that held is marked first: at no time two hold.
        _mark(connection, held, superseded_by=holding)
    if holding not in {held, new_id}:
        _mark(connection, holding, superseded_by=None)
    superseded_by = None if holding == new_id else holding
    insert_rows(
        connection, LicenceAssertionRow, [{"id": new_id, **row, "superseded_by": superseded_by}]
    )
    detail: dict[str, JsonValue] = {
        "expression": row["expression"],
        "by": row["asserted_by"],
        "confidence": str(row["confidence"]),
        "evidence": row["evidence"],
        "evidence_digest": row["evidence_digest"],
        "holds": holding == new_id,
    }
    return [Change("licence.assert", reference, detail)]


def _mark(connection: Connection, assertion_id: int, *, superseded_by: int | None) -> None:
    connection.execute(
        update(LicenceAssertionRow)
        .where(LicenceAssertionRow.id == assertion_id)
        .values(superseded_by=superseded_by)
    )
