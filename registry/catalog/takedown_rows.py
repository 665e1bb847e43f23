"""Takedowns and their entries as rows: made of drafts, and read back as values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select

from registry.catalog.loading import AnyRow
from registry.catalog.models import find_model, name_versions
from registry.catalog.reports import find_report, short_id
from registry.catalog.resolving import resolve_all
from registry.catalog.tables import (
    ModelRow,
    ReportRow,
    TakedownActionRow,
    TakedownDocumentRow,
    TakedownItemRow,
    TakedownRow,
    TokenizerRow,
)
from registry.catalog.tokenizers import find_tokenizer
from registry.domain.model import ModelReference
from registry.domain.names import Reference
from registry.domain.takedown import (
    ItemDraft,
    ItemKind,
    Selector,
    Takedown,
    TakedownAction,
    TakedownItem,
)


def make_item_rows(
    connection: Connection, takedown_id: int, items: Sequence[ItemDraft], *, start: int = 1
) -> list[dict[str, object]]:
    """Return the rows of entries, numbered from a position.

    Raises:
        UnknownError: What an entry is of is not there.
    """
    names = [one.reference for one in items if one.kind.is_version]
    wanted = [Reference.parse(name) for name in names]
    versions = dict(zip(names, map(resolve_all(connection, wanted).get, wanted), strict=True))
    return [
        {
            "takedown_id": takedown_id,
            "position": position,
            "kind": one.kind,
            "num_documents": one.num_documents,
            "num_copies": one.num_copies,
            "version_id": versions.get(one.reference),
            **_find_others(connection, one),
        }
        for position, one in enumerate(items, start=start)
    ]


def _find_others(connection: Connection, one: ItemDraft) -> dict[str, int | None]:
    """Return the ids of what may stand in an entry in place of a version."""
    tokenizer_id = model_id = report_id = None
    if one.kind is ItemKind.TOKENIZER:
        tokenizer_id = find_tokenizer(connection, one.reference)
    elif one.kind is ItemKind.MODEL:
        model_id, _ = find_model(connection, ModelReference.parse(one.reference))
    elif one.kind is ItemKind.REPORT:
        report_id = find_report(connection, one.reference)
    return {"tokenizer_id": tokenizer_id, "model_id": model_id, "report_id": report_id}


def load_takedowns(connection: Connection, ids: Sequence[int]) -> list[Takedown]:
    """Return takedowns by their ids, with entries and what was done."""
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
        select(
            item,
            TokenizerRow.name.label("tokenizer"),
            ModelRow.name,
            ModelRow.revision,
            ReportRow.digest,
        )
        .outerjoin_from(item, ModelRow, ModelRow.id == item.model_id)
        .outerjoin(TokenizerRow, TokenizerRow.id == item.tokenizer_id)
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
    """Return what an entry is of: a version, a tokenizer, a report or a model."""
    if row.version_id is not None:
        return versions[row.version_id]
    if row.tokenizer is not None:
        return str(row.tokenizer)
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
