"""Targets by name, each change a new version of the name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, select

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.engine import Database
from registry.catalog.inserting import insert_rows
from registry.catalog.tables import TargetRow
from registry.domain.digest import canonical_json
from registry.domain.model_target import StoredTarget, Target
from registry.errors import InputError, UnknownError

StoredTargets: TypeAlias = list[StoredTarget]

_TARGETS = select(
    TargetRow.name, TargetRow.number, TargetRow.digest, TargetRow.definition, TargetRow.created_at
)


class TargetStore:
    """Keeps and finds targets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, target: Target, *, actor: str, at: datetime) -> StoredTarget:
        """Keep a target in one transaction; one that is as the newest of its name changes nothing.

        Raises:
            InputError: The target has no name.
        """
        if target.name is None:
            raise InputError("a target is kept under a name", hint="--name flagship")
        with self._database.writing() as connection:
            stored, changes = record_target(connection, target, actor=actor, at=at)
            audit.append(connection, changes, actor=actor, at=at)
            return stored

    def get(self, name: str, *, number: int | None = None) -> StoredTarget:
        """Return a version of a target; None: the newest.

        Raises:
            UnknownError: There is none.
        """
        wanted = _TARGETS.where(TargetRow.name == name)
        if number is not None:
            wanted = wanted.where(TargetRow.number == number)
        with self._database.reading() as connection:
            query = wanted.order_by(TargetRow.number.desc()).limit(1)
            found = connection.execute(query).mappings().one_or_none()
            if found is None:
                names = connection.execute(select(TargetRow.name).distinct()).scalars()
                value = name if number is None else f"{name}@{number}"
                raise UnknownError(
                    what="target", value=value, known=names, hint="muster target list"
                )
        return _stored(found)

    def list(self) -> StoredTargets:
        """Return the newest version of each target, by name."""
        newest = select(func.max(TargetRow.id)).group_by(TargetRow.name)
        query = _TARGETS.where(TargetRow.id.in_(newest)).order_by(TargetRow.name)
        with self._database.reading() as connection:
            return [_stored(row) for row in connection.execute(query).mappings()]


def record_target(
    connection: Connection, target: Target, *, actor: str, at: datetime
) -> tuple[StoredTarget, list[Change]]:
    """Write a target that differs from the newest of its name; return what holds, what is new."""
    newest = _TARGETS.where(TargetRow.name == target.name).order_by(TargetRow.number.desc())
    found = connection.execute(newest.limit(1)).mappings().one_or_none()
    if found is not None and found["digest"] == target.digest:
        return _stored(found), []
    row = {
        "name": target.name,
        "number": 1 if found is None else found["number"] + 1,
        "digest": target.digest,
        "definition": canonical_json(target.model_dump(mode="json")).decode(),
        "created_at": at,
    }
    insert_rows(connection, TargetRow, [{**row, "actor": actor}])
    stored = _stored(row)
    return stored, [Change("target.set", stored.reference, {"digest": target.digest})]


def _stored(row: Mapping[Any, Any]) -> StoredTarget:
    return StoredTarget(
        name=row["name"],
        number=row["number"],
        digest=row["digest"],
        created_at=row["created_at"],
        target=Target.model_validate_json(row["definition"]),
    )
