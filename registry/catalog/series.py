"""The state of datasets within one transaction: loaded once, changed in memory, written once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    select,
    tuple_,
    update,
)

from registry.catalog.audit import Change
from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.resolving import chunked
from registry.catalog.search import fold_dataset
from registry.catalog.tables import DatasetRow, OwnerRow, TagRow, VersionRow
from registry.domain.version import DatasetKind, Lifecycle
from registry.errors import ConflictError

_LOAD = (
    select(
        DatasetRow.id,
        DatasetRow.name,
        DatasetRow.kind,
        DatasetRow.description,
        DatasetRow.lifecycle,
        DatasetRow.head,
        DatasetRow.words,
        DatasetRow.created_at,
        OwnerRow.name.label("owner"),
        TagRow.name.label("tag"),
        TagRow.version_id,
        VersionRow.id.label("head_id"),
    )
    .outerjoin_from(DatasetRow, OwnerRow, OwnerRow.id == DatasetRow.owner_id)
    .outerjoin(TagRow, TagRow.dataset_id == DatasetRow.id)
    .outerjoin(
        VersionRow,
        and_(VersionRow.dataset_id == DatasetRow.id, VersionRow.number == DatasetRow.head),
    )
)
_SWAP = (
    update(DatasetRow)
    .where(and_(DatasetRow.id == bindparam("b_id"), DatasetRow.head == bindparam("b_expected")))
    .values(
        kind=bindparam("b_kind"),
        description=bindparam("b_description"),
        lifecycle=bindparam("b_lifecycle"),
        owner_id=bindparam("b_owner_id"),
        head=bindparam("b_head"),
        words=bindparam("b_words"),
    )
)
_MOVE_TAG = (
    update(TagRow)
    .where(and_(TagRow.dataset_id == bindparam("b_dataset"), TagRow.name == bindparam("b_name")))
    .values(version_id=bindparam("b_version"))
)
_OWNERS = select(OwnerRow.name, OwnerRow.id)


@dataclass(slots=True)
class Series:
    """A dataset as one transaction sees and changes it."""

    id: int
    name: str
    kind: DatasetKind
    created_at: datetime
    description: str = ""
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    owner: str | None = None
    head: int = 0
    head_id: int | None = None
    """The id of the newest version."""

    words: str = ""
    tags: dict[str, int] = field(default_factory=dict)
    """The id of the version that each tag points to."""

    before: "Series | None" = None
    """How it was loaded; None: it is new."""

    def remember(self) -> "Series":
        """Keep the present state as the one that was loaded."""
        self.before = Series(
            id=self.id,
            name=self.name,
            kind=self.kind,
            created_at=self.created_at,
            description=self.description,
            lifecycle=self.lifecycle,
            owner=self.owner,
            head=self.head,
            head_id=self.head_id,
            words=self.words,
            tags=dict(self.tags),
        )
        return self

    def describe_changes(self) -> dict[str, JsonValue]:
        """Return the new value of each described field that differs from what was loaded."""
        return {
            name: getattr(self, name)
            for name in ("kind", "description", "lifecycle", "owner")
            if self.before is not None and getattr(self, name) != getattr(self.before, name)
        }


def load_series(connection: Connection, names: Iterable[str]) -> dict[str, Series]:
    """Return the datasets that exist, by name."""
    series: dict[str, Series] = {}
    for chunk in chunked(dict.fromkeys(names)):
        for row in connection.execute(_LOAD.where(DatasetRow.name.in_(chunk))):
            found = series.get(row.name)
            if found is None:
                found = series[row.name] = Series(
                    id=row.id,
                    name=row.name,
                    kind=row.kind,
                    created_at=row.created_at,
                    description=row.description,
                    lifecycle=row.lifecycle,
                    owner=row.owner,
                    head=row.head,
                    head_id=row.head_id,
                    words=row.words,
                )
            if row.tag is not None:
                found.tags[row.tag] = row.version_id
    for found in series.values():
        found.remember()
    return series


def save_series(connection: Connection, series: Sequence[Series]) -> list[Change]:
    """Write what changed, but tags; return what the audit log says of it.

    Raises:
        ConflictError: A head is no longer where it was when it was loaded.
    """
    owners = _ensure_owners(connection, {one.owner for one in series if one.owner is not None})
    for one in series:
        one.words = _fold(one)
    created = [_new_row(one, owners) for one in series if one.before is None]
    insert_rows(connection, DatasetRow, created)
    changed = [one for one in series if one.before is not None and _differs(one, one.before)]
    if changed:
        result = connection.execute(_SWAP, [_swap_row(one, owners) for one in changed])
        if result.rowcount != len(changed):
            names = ", ".join(one.name for one in changed[:3])
            raise ConflictError(f"{names}: somebody else moved the head first", hint="try again")
    described = [(one.name, one.describe_changes()) for one in changed]
    return [Change("dataset.update", name, changes) for name, changes in described if changes]


def save_tags(connection: Connection, series: Iterable[Series]) -> list[Change]:
    """Write the tags that changed, after the versions that they point to; return the changes."""
    added, moved, changes = [], [], []
    for one in series:
        before = {} if one.before is None else one.before.tags
        for tag, version_id in one.tags.items():
            if before.get(tag) == version_id:
                continue
            if tag in before:
                moved.append({"b_dataset": one.id, "b_name": tag, "b_version": version_id})
            else:
                added.append({"dataset_id": one.id, "name": tag, "version_id": version_id})
            changes.append(Change("tag.move", f"{one.name}@{tag}", {"version_id": version_id}))
        for tag in before.keys() - one.tags.keys():
            gone = tuple_(TagRow.dataset_id, TagRow.name).in_([(one.id, tag)])
            connection.execute(delete(TagRow).where(gone))
            changes.append(Change("tag.remove", f"{one.name}@{tag}", {}))
    insert_rows(connection, TagRow, added)
    if moved:
        connection.execute(_MOVE_TAG, moved)
    return changes


def _ensure_owners(connection: Connection, names: set[str]) -> dict[str, int]:
    if not names:
        return {}
    found = _find_owners(connection, names)
    missing = sorted(names - found.keys())
    new = dict(zip(missing, reserve_ids(connection, OwnerRow, len(missing)), strict=True))
    insert_rows(connection, OwnerRow, [{"id": new[name], "name": name} for name in missing])
    return found | new


def _find_owners(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in chunked(names):
        rows = connection.execute(_OWNERS.where(OwnerRow.name.in_(chunk)))
        found |= {row.name: row.id for row in rows}
    return found


def _fold(one: Series) -> str:
    before = one.before
    if before and before.description == one.description and before.tags.keys() == one.tags.keys():
        return before.words
    return fold_dataset(one.name, one.description, one.tags)


def _differs(one: Series, before: Series) -> bool:
    return bool(one.describe_changes()) or (one.head, one.words) != (before.head, before.words)


def _new_row(one: Series, owners: dict[str, int]) -> dict[str, object]:
    return {
        "id": one.id,
        "space": one.name.partition("/")[0],
        "name": one.name,
        "kind": one.kind,
        "description": one.description,
        "lifecycle": one.lifecycle,
        "owner_id": None if one.owner is None else owners[one.owner],
        "head": one.head,
        "created_at": one.created_at,
        "words": one.words,
    }


def _swap_row(one: Series, owners: dict[str, int]) -> dict[str, object]:
    return {
        "b_id": one.id,
        "b_expected": one.head if one.before is None else one.before.head,
        "b_kind": one.kind,
        "b_description": one.description,
        "b_lifecycle": one.lifecycle,
        "b_owner_id": None if one.owner is None else owners[one.owner],
        "b_head": one.head,
        "b_words": one.words,
    }
