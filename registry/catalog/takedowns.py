"""Takedowns: opened with what was found, worked off entry by entry, closed with evidence."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from pydantic import JsonValue
from sqlalchemy import Connection, select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.resolving import resolve
from registry.catalog.tables import (
    TakedownActionRow,
    TakedownDocumentRow,
    TakedownItemRow,
    TakedownRow,
)
from registry.catalog.takedown_candidates import Candidate, load_candidates
from registry.catalog.takedown_rows import load_takedowns, make_item_rows
from registry.domain.digest import Digest
from registry.domain.names import Reference
from registry.domain.quantities import format_number
from registry.domain.takedown import (
    ActionKind,
    ItemDraft,
    Selector,
    Takedown,
    TakedownDraft,
    TakenDocument,
)
from registry.errors import ConflictError, UnknownError

Takedowns: TypeAlias = list[Takedown]
Digests: TypeAlias = list[Digest]
Deadlines: TypeAlias = list[tuple[int, datetime]]
Selectors: TypeAlias = list[Selector]


class TakedownStore:
    """Opens, reads and works off takedowns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_candidates(self) -> list[Candidate]:
        """Return every version, parents before children, in five queries."""
        with self._database.reading() as connection:
            return load_candidates(connection)

    def open(self, draft: TakedownDraft, *, actor: str, at: datetime) -> Takedown:
        """Record a takedown with its frozen work list, in one transaction.

        Raises:
            UnknownError: A version or model of the list is not there.
        """
        with self._database.writing() as connection:
            takedown_id = next(reserve_ids(connection, TakedownRow, 1))
            row = {
                "id": takedown_id,
                "selector": draft.selector.kind,
                "value": draft.selector.value,
                "reason": draft.reason,
                "deadline": draft.deadline,
                "unread": list(draft.unread),
                "actor": actor,
                "opened_at": at,
            }
            insert_rows(connection, TakedownRow, [row])
            _insert_documents(connection, takedown_id, draft.documents)
            insert_rows(
                connection, TakedownItemRow, make_item_rows(connection, takedown_id, draft.items)
            )
            detail: dict[str, JsonValue] = {
                "selector": draft.selector.model_dump(mode="json"),
                "reason": draft.reason,
                "num_texts": len(draft.documents),
                "num_items": len(draft.items),
            }
            change = Change("takedown.open", str(takedown_id), detail)
            audit.append(connection, [change], actor=actor, at=at)
            return load_takedowns(connection, [takedown_id])[0]

    def get(self, takedown_id: int) -> Takedown:
        """Return a takedown.

        Raises:
            UnknownError: There is none of this number.
        """
        with self._database.reading() as connection:
            return _get(connection, takedown_id)

    def get_open(self, takedown_id: int, items: Sequence[int] = ()) -> Takedown:
        """Return a takedown that can be acted on, and has open entries of these numbers.

        Raises:
            UnknownError: There is no such takedown or entry.
            ConflictError: It is closed, or an entry was dealt with.
        """
        with self._database.reading() as connection:
            return _get_open(connection, takedown_id, items)

    def list(self) -> Takedowns:
        """Return all takedowns, oldest first."""
        with self._database.reading() as connection:
            ids = connection.execute(select(TakedownRow.id).order_by(TakedownRow.id)).scalars()
            return load_takedowns(connection, list(ids))

    def list_overdue(self, at: datetime) -> Deadlines:
        """Return the open takedowns whose deadline was before a moment, with it, soonest first."""
        action = TakedownActionRow
        closed = select(action.id).where(
            action.takedown_id == TakedownRow.id, action.action == ActionKind.CLOSED
        )
        query = (
            select(TakedownRow.id, TakedownRow.deadline)
            .where(TakedownRow.deadline < at, ~closed.exists())
            .order_by(TakedownRow.deadline, TakedownRow.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [(key, deadline) for key, deadline in rows if deadline is not None]

    def list_digests(self, takedown_id: int | None = None) -> Digests:
        """Return the digests of the texts that one takedown, or any, keeps out; sorted."""
        document = TakedownDocumentRow
        query = select(document.digest).distinct().order_by(document.digest)
        if takedown_id is not None:
            query = query.where(document.takedown_id == takedown_id)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def list_selectors(self) -> Selectors:
        """Return what was asked for by all takedowns, each once, oldest first."""
        query = select(TakedownRow.selector, TakedownRow.value).order_by(TakedownRow.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return list(dict.fromkeys(Selector(kind=kind, value=value) for kind, value in rows))

    def extend(
        self,
        takedown_id: int,
        items: Sequence[ItemDraft],
        *,
        documents: Sequence[TakenDocument] = (),
        actor: str,
        at: datetime,
    ) -> Takedown:
        """Add entries behind those of an open takedown, and texts, in one transaction.

        What is on the list, and a text that is kept out by it, is not added again.

        Raises:
            UnknownError: There is no such takedown, or a version of the entries is not there.
            ConflictError: It is closed.
        """
        with self._database.writing() as connection:
            found = _get_open(connection, takedown_id)
            listed = {(one.kind.is_version, one.reference) for one in found.items}
            added = [one for one in items if (one.kind.is_version, one.reference) not in listed]
            rows = make_item_rows(connection, takedown_id, added, start=len(found.items) + 1)
            insert_rows(connection, TakedownItemRow, rows)
            num_texts = _insert_documents(connection, takedown_id, documents)
            if not (added or num_texts):
                return found
            names: list[JsonValue] = [one.reference for one in added]
            detail: dict[str, JsonValue] = {"items": names, "num_texts": num_texts}
            change = Change("takedown.extend", str(takedown_id), detail)
            audit.append(connection, [change], actor=actor, at=at)
            return _get(connection, takedown_id)

    def act(
        self,
        takedown_id: int,
        action: ActionKind,
        *,
        items: Sequence[int] = (),
        result: Reference | None = None,
        note: str | None = None,
        actor: str,
        at: datetime,
    ) -> Takedown:
        """Record what was done, in one transaction: about an entry once, and then no more.

        Args:
            takedown_id: Its number.
            action: What was done.
            items: About which entries; none: with the takedown as a whole.
            result: The version that takes the place of an entry.
            note: Why, or what proves it.
            actor: By whom.
            at: When.

        Raises:
            UnknownError: There is no such takedown, entry or version.
            ConflictError: It is closed, is to be closed while entries are open, or an entry was
                dealt with.
        """
        with self._database.writing() as connection:
            found = _get_open(connection, takedown_id, items)
            if action is ActionKind.CLOSED:
                _require_all_done(found)
            version_id = None if result is None else resolve(connection, result)
            positions: Sequence[int | None] = items or [None]
            facts: dict[str, object] = {
                "takedown_id": takedown_id,
                "action": action,
                "version_id": version_id,
            }
            facts |= {"note": note, "actor": actor, "at": at}
            rows = [{"position": position, **facts} for position in positions]
            insert_rows(connection, TakedownActionRow, rows)
            changes = [
                Change(f"takedown.{action}", str(takedown_id), {"item": position, "note": note})
                for position in positions
            ]
            audit.append(connection, changes, actor=actor, at=at)
            return _get(connection, takedown_id)


def _get_open(connection: Connection, takedown_id: int, items: Sequence[int] = ()) -> Takedown:
    found = _get(connection, takedown_id)
    hint = f"muster takedown show {found.id}"
    if found.closed is not None:
        raise ConflictError(f"takedown {found.id} is closed", hint=hint)
    if unknown := set(items) - {one.number for one in found.items}:
        names = ", ".join(map(str, sorted(unknown)))
        raise UnknownError(what="entry", value=names, hint=hint)
    for one in found.items:
        if one.number in items and one.done is not None:
            raise ConflictError(
                f"entry {one.number}, {one.reference}, was dealt with at "
                f"{one.done.at:%Y-%m-%d %H:%M} UTC by {one.done.actor}: {one.done.words}",
                hint=hint,
            )
    return found


def _insert_documents(
    connection: Connection, takedown_id: int, documents: Sequence[TakenDocument]
) -> int:
    """Insert the texts that are not there; return how many."""
    document = TakedownDocumentRow
    query = select(document.digest).where(document.takedown_id == takedown_id)
    known = set(connection.execute(query).scalars())
    rows = [
        {"takedown_id": takedown_id, **vars(one)} for one in documents if one.digest not in known
    ]
    insert_rows(connection, document, rows)
    return len(rows)


def _require_all_done(found: Takedown) -> None:
    if found.open_items:
        first = found.open_items[0]
        raise ConflictError(
            f"takedown {found.id} has "
            f"{format_number(len(found.open_items), 'open entry', 'open entries')}, the first of "
            f"them {first.reference}",
            hint=f"muster takedown plan {found.id}",
        )


def _get(connection: Connection, takedown_id: int) -> Takedown:
    found = load_takedowns(connection, [takedown_id])
    if not found:
        raise UnknownError(what="takedown", value=str(takedown_id), hint="muster takedown list")
    return found[0]
