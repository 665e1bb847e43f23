"""Takedowns: opened with what was found, worked off entry by entry, closed with evidence."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from pydantic import JsonValue
from sqlalchemy import Connection, func, select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.loading import AnyRow
from registry.catalog.models import find_model, name_versions
from registry.catalog.reports import find_report, short_id
from registry.catalog.resolving import resolve, resolve_all
from registry.catalog.tables import (
    ModelRow,
    ReportRow,
    TakedownActionRow,
    TakedownDocumentRow,
    TakedownItemRow,
    TakedownRow,
)
from registry.catalog.takedown_candidates import Candidate, load_candidates
from registry.domain.digest import Digest
from registry.domain.model import ModelReference
from registry.domain.names import Reference
from registry.domain.quantities import format_number
from registry.domain.takedown import (
    ActionKind,
    ItemDraft,
    ItemKind,
    Selector,
    Takedown,
    TakedownAction,
    TakedownDraft,
    TakedownItem,
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
        """Return every version, parents before children, in four queries."""
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
            documents = [{"takedown_id": takedown_id, **vars(one)} for one in draft.documents]
            insert_rows(connection, TakedownDocumentRow, documents)
            insert_rows(
                connection, TakedownItemRow, _item_rows(connection, takedown_id, draft.items)
            )
            detail: dict[str, JsonValue] = {
                "selector": draft.selector.model_dump(mode="json"),
                "reason": draft.reason,
                "num_texts": len(draft.documents),
                "num_items": len(draft.items),
            }
            change = Change("takedown.open", str(takedown_id), detail)
            audit.append(connection, [change], actor=actor, at=at)
            return _load(connection, [takedown_id])[0]

    def get(self, takedown_id: int) -> Takedown:
        """Return a takedown.

        Raises:
            UnknownError: There is none of this number.
        """
        with self._database.reading() as connection:
            return _get(connection, takedown_id)

    def get_open(self, takedown_id: int, items: Sequence[int] = ()) -> Takedown:
        """Return a takedown that can be acted on, and has entries of these numbers.

        Raises:
            UnknownError: There is no such takedown or entry.
            ConflictError: It is closed.
        """
        with self._database.reading() as connection:
            return _get_open(connection, takedown_id, items)

    def list(self) -> Takedowns:
        """Return all takedowns, oldest first."""
        with self._database.reading() as connection:
            ids = connection.execute(select(TakedownRow.id).order_by(TakedownRow.id)).scalars()
            return _load(connection, list(ids))

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
        self, takedown_id: int, items: Sequence[ItemDraft], *, actor: str, at: datetime
    ) -> None:
        """Add entries behind those of an open takedown, in one transaction.

        Raises:
            UnknownError: There is no such takedown, or a version of the entries is not there.
            ConflictError: It is closed.
        """
        with self._database.writing() as connection:
            found = _get_open(connection, takedown_id)
            rows = _item_rows(connection, takedown_id, items, start=len(found.items) + 1)
            insert_rows(connection, TakedownItemRow, rows)
            detail: dict[str, JsonValue] = {"items": [one.reference for one in items]}
            change = Change("takedown.extend", str(takedown_id), detail)
            audit.append(connection, [change], actor=actor, at=at)

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
        """Record what was done, in one transaction; the newest word on an entry holds.

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
            ConflictError: It is closed, or is to be closed while entries are open.
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
    return found


def _require_all_done(found: Takedown) -> None:
    if found.open_items:
        first = found.open_items[0]
        raise ConflictError(
            f"takedown {found.id} has "
            f"{format_number(len(found.open_items), 'open entry', 'open entries')}, the first of "
            f"them {first.reference}",
            hint=f"muster takedown plan {found.id}",
        )


def _item_rows(
    connection: Connection, takedown_id: int, items: Sequence[ItemDraft], *, start: int = 1
) -> list[dict[str, object]]:
    names = [one.reference for one in items if one.kind.is_version]
    wanted = [Reference.parse(name) for name in names]
    versions = dict(zip(names, map(resolve_all(connection, wanted).get, wanted), strict=True))
    return [
        {
            "takedown_id": takedown_id,
            "position": position,
            "kind": one.kind,
            "version_id": versions.get(one.reference),
            "model_id": find_model(connection, ModelReference.parse(one.reference))[0]
            if one.kind is ItemKind.MODEL
            else None,
            "num_documents": one.num_documents,
            "num_copies": one.num_copies,
            "report_id": find_report(connection, one.reference)
            if one.kind is ItemKind.REPORT
            else None,
        }
        for position, one in enumerate(items, start=start)
    ]


def _get(connection: Connection, takedown_id: int) -> Takedown:
    found = _load(connection, [takedown_id])
    if not found:
        raise UnknownError(what="takedown", value=str(takedown_id), hint="muster takedown list")
    return found[0]


def _load(connection: Connection, ids: Sequence[int]) -> Takedowns:
    document, item = TakedownDocumentRow, TakedownItemRow
    rows = connection.execute(
        select(TakedownRow).where(TakedownRow.id.in_(ids)).order_by(TakedownRow.id)
    ).all()
    sums = {
        key: (number, int(num_bytes))
        for key, number, num_bytes in connection.execute(
            select(document.takedown_id, func.count(), func.sum(document.num_bytes))
            .where(document.takedown_id.in_(ids))
            .group_by(document.takedown_id)
        )
    }
    actions = _load_actions(connection, ids)
    items: defaultdict[int, list[TakedownItem]] = defaultdict(list)
    listed = connection.execute(
        select(item, ModelRow.name, ModelRow.revision, ReportRow.digest)
        .outerjoin_from(item, ModelRow, ModelRow.id == item.model_id)
        .outerjoin(ReportRow, ReportRow.id == item.report_id)
        .where(item.takedown_id.in_(ids))
        .order_by(item.takedown_id, item.position)
    ).all()
    names = name_versions(connection, {row.version_id for row in listed if row.version_id})
    for row in listed:
        items[row.takedown_id].append(
            TakedownItem(
                kind=row.kind,
                reference=_name(row, names),
                num_documents=row.num_documents,
                num_copies=row.num_copies,
                number=row.position,
                done=actions.get((row.takedown_id, row.position)),
            )
        )
    return [
        Takedown(
            id=row.id,
            selector=Selector(kind=row.selector, value=row.value),
            reason=row.reason,
            deadline=row.deadline,
            num_texts=sums.get(row.id, (0, 0))[0],
            num_bytes=sums.get(row.id, (0, 0))[1],
            items=tuple(items[row.id]),
            unread=tuple(row.unread),
            closed=actions.get((row.id, None)),
            actor=row.actor,
            opened_at=row.opened_at,
        )
        for row in rows
    ]


def _name(row: AnyRow, versions: Mapping[int, str]) -> str:
    """Return what an entry is of: a version, a report or a model."""
    if row.version_id is not None:
        return versions[row.version_id]
    return f"{row.name}@{row.revision}" if row.digest is None else short_id(row.digest)


def _load_actions(
    connection: Connection, ids: Sequence[int]
) -> Mapping[tuple[int, int | None], TakedownAction]:
    """Return the newest action on each entry, and on each takedown as a whole."""
    action = TakedownActionRow
    query = select(action).where(action.takedown_id.in_(ids)).order_by(action.id)
    rows = connection.execute(query).all()
    names = name_versions(connection, {row.version_id for row in rows if row.version_id})
    return {
        (row.takedown_id, row.position): TakedownAction(
            item=row.position,
            action=row.action,
            result=names.get(row.version_id),
            note=row.note,
            actor=row.actor,
            at=row.at,
        )
        for row in rows
    }
