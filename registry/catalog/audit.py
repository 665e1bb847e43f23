"""The audit log: one entry a change, each hash over the entry and the hash before."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from pydantic import JsonValue
from sqlalchemy import Connection, Row, select

from registry.catalog.columns import to_utc
from registry.catalog.engine import Database
from registry.catalog.inserting import insert_rows
from registry.catalog.resolving import CHUNK, chunked
from registry.catalog.tables import AuditLogRow
from registry.domain.audit import AuditEntry, Withdrawal
from registry.domain.digest import Digest, canonical_json, digest_of_bytes, fingerprint
from registry.domain.generation import Retraction

AuditEntries: TypeAlias = list[AuditEntry]

WITHDRAW = "version.withdraw"
"""The action that marks a version as withdrawn."""

RETRACT = "generation.retract"
"""The action that takes back who wrote a version."""

GENESIS = digest_of_bytes(b"")
"""The hash before the first entry."""

_LAST = select(AuditLogRow.id, AuditLogRow.hash).order_by(AuditLogRow.id.desc()).limit(1)
_ALL = select(
    AuditLogRow.id,
    AuditLogRow.at,
    AuditLogRow.actor,
    AuditLogRow.action,
    AuditLogRow.entity,
    AuditLogRow.detail,
    AuditLogRow.previous_hash,
    AuditLogRow.hash,
)
_WITHDRAWALS = (
    select(AuditLogRow.entity, AuditLogRow.detail, AuditLogRow.actor, AuditLogRow.at)
    .where(AuditLogRow.action == WITHDRAW)
    .order_by(AuditLogRow.id)
)
_RETRACTIONS = (
    select(AuditLogRow.entity, AuditLogRow.detail, AuditLogRow.actor, AuditLogRow.at)
    .where(AuditLogRow.action == RETRACT)
    .order_by(AuditLogRow.id)
)
_PAGE = 1_000
"""Entries held in memory at once while the chain is verified."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one audit entry says, beside who and when."""

    action: str
    """Noun and verb, such as `version.seal`."""

    entity: str
    detail: Mapping[str, JsonValue]


class AuditStore:
    """Reads and verifies the audit log; writing it is part of each change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, limit: int = 50) -> AuditEntries:
        """Return the newest entries, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_ALL.order_by(AuditLogRow.id.desc()).limit(limit))
            return [_entry(row) for row in rows]

    def record(
        self,
        action: str,
        entity: str,
        detail: Mapping[str, JsonValue],
        *,
        actor: str,
        at: datetime,
    ) -> None:
        """Write an entry about what was done outside of the catalog, in one transaction."""
        with self._database.writing() as connection:
            append(connection, [Change(action, entity, detail)], actor=actor, at=at)

    def follow(self) -> tuple[int, Digest, int | None]:
        """Return the id and the hash of the newest entry, and the first that does not follow."""
        with self._database.reading() as connection:
            last = connection.execute(_LAST).one_or_none()
            number, digest = (0, GENESIS) if last is None else last
            return number, digest, find_broken_entry(connection)

    def verify(self) -> int | None:
        """Return the id of the first entry that does not follow from the one before, if any."""
        with self._database.reading() as connection:
            return find_broken_entry(connection)


def append(connection: Connection, changes: Sequence[Change], *, actor: str, at: datetime) -> None:
    """Write an entry for each change, in the transaction that makes the changes."""
    if not changes:
        return
    last = connection.execute(_LAST).one_or_none()
    number, previous = (0, GENESIS) if last is None else last
    moment = to_utc(at)
    rows = []
    for change in changes:
        number += 1
        detail = canonical_json(dict(change.detail)).decode()
        entry = {
            "id": number,
            "at": moment,
            "actor": actor,
            "action": change.action,
            "entity": change.entity,
            "detail": detail,
            "previous_hash": previous,
        }
        previous = _hash(entry)
        rows.append({**entry, "hash": previous})
    insert_rows(connection, AuditLogRow, rows)


def find_withdrawals(connection: Connection, references: Collection[str]) -> dict[str, Withdrawal]:
    """Return the withdrawal of each version that was withdrawn, in one statement."""
    query = _WITHDRAWALS
    if len(references) <= CHUNK:
        query = query.where(AuditLogRow.entity.in_(references))
    wanted = frozenset(references)
    return {
        row.entity: Withdrawal(
            reason=str(json.loads(row.detail)["reason"]), actor=row.actor, at=row.at
        )
        for row in connection.execute(query)
        if row.entity in wanted
    }


def list_retractions(
    connection: Connection, references: Collection[str]
) -> dict[str, list[Retraction]]:
    """Return what was taken back of versions, oldest first; of which nothing was, are left out."""
    found: dict[str, list[Retraction]] = {}
    for names in chunked(references):
        for row in connection.execute(_RETRACTIONS.where(AuditLogRow.entity.in_(names))):
            said = json.loads(row.detail)
            taken = Retraction(what=said["what"], reason=said["reason"], actor=row.actor, at=row.at)
            found.setdefault(row.entity, []).append(taken)
    return found


def find_broken_entry(connection: Connection) -> int | None:
    """Return the id of the first entry that does not follow from the one before, if any."""
    number, previous = 0, GENESIS
    while True:
        page = (
            connection.execute(
                _ALL.where(AuditLogRow.id > number).order_by(AuditLogRow.id).limit(_PAGE)
            )
            .mappings()
            .all()
        )
        for row in page:
            follows = row["id"] == number + 1 and row["previous_hash"] == previous
            if not follows or row["hash"] != _hash({**row}):
                return int(row["id"])
            number, previous = row["id"], row["hash"]
        if len(page) < _PAGE:
            return None


def _hash(entry: Mapping[str, object]) -> Digest:
    at = entry["at"]
    moment = at.isoformat(timespec="microseconds") if isinstance(at, datetime) else ""
    # A list of texts, none of which can run into the next.
    return fingerprint([str(entry["id"]), moment, *(str(entry[name]) for name in _HASHED_TEXTS)])


_HASHED_TEXTS = ("actor", "action", "entity", "detail", "previous_hash")


def _entry(row: Row[int, datetime, str, str, str, str, str, str]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        entity=row.entity,
        detail=json.loads(row.detail),
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
