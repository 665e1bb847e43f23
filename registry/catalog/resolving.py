"""From references to rows."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, bindparam, select, tuple_

from registry.catalog.tables import DatasetRow, TagRow, VersionRow
from registry.domain.names import Reference, reference_to
from registry.errors import InputError, UnknownError

CHUNK = 500
"""Values in one IN list; SQLite allows 32,766 parameters in all."""

_MAX_CANDIDATES = 10_000
"""Names among which the nearest to a wrong one are sought."""

_NUMBERED = select(DatasetRow.name, VersionRow.number, VersionRow.id).join_from(
    DatasetRow, VersionRow, VersionRow.dataset_id == DatasetRow.id
)
_TAGGED = select(DatasetRow.name, TagRow.name, TagRow.version_id).join_from(
    DatasetRow, TagRow, TagRow.dataset_id == DatasetRow.id
)

_BY_NUMBER = _NUMBERED.where(
    tuple_(DatasetRow.name, VersionRow.number).in_(bindparam("keys", expanding=True))
)
_BY_TAG = _TAGGED.where(tuple_(DatasetRow.name, TagRow.name).in_(bindparam("keys", expanding=True)))
_NEWEST = _NUMBERED.where(
    VersionRow.number == DatasetRow.head,
    DatasetRow.name.in_(bindparam("keys", expanding=True)),
)

Item = TypeVar("Item")


def chunked(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut items into lists that fit into one statement."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def resolve(connection: Connection, reference: Reference) -> int:
    """Return the id of the version that a reference means.

    Raises:
        UnknownError: There is none; the nearest names are offered.
        InputError: The beginning of a digest fits several versions.
    """
    return resolve_all(connection, [reference])[reference]


def resolve_all(connection: Connection, references: Sequence[Reference]) -> dict[Reference, int]:
    """Return the id of the version that each reference means, in few queries; see `resolve`."""
    found = find_all(connection, references)
    for reference in references:
        if reference not in found:
            raise unknown_version(connection, reference)
    return found


def find_all(connection: Connection, references: Iterable[Reference]) -> dict[Reference, int]:
    """Return the ids of those references that mean a version, in few queries.

    Raises:
        InputError: The beginning of a digest fits several versions.
    """
    wanted = set(references)
    found = _find_numbered(connection, [ref for ref in wanted if ref.number is not None])
    found |= _find_tagged(connection, [ref for ref in wanted if ref.tag is not None])
    found |= _find_newest(connection, [ref for ref in wanted if is_bare(ref)])
    for reference in wanted:
        if reference.digest is not None:
            found |= _find_by_digest(connection, reference, reference.digest)
    return found


def is_bare(reference: Reference) -> bool:
    """Return whether a reference names a dataset alone, and so means its newest version."""
    return reference.number is None and reference.tag is None and reference.digest is None


def unknown_dataset(connection: Connection, name: str) -> UnknownError:
    """Return the error for a dataset that is not there, with the nearest names."""
    names = connection.execute(select(DatasetRow.name).limit(_MAX_CANDIDATES)).scalars()
    return UnknownError(what="dataset", value=name, known=names, hint="muster list")


def unknown_version(connection: Connection, reference: Reference) -> UnknownError:
    """Return the error for a version that is not there, with the nearest references."""
    name = str(reference.dataset)
    head = connection.execute(select(DatasetRow.head).where(DatasetRow.name == name)).scalar()
    if head is None:
        return unknown_dataset(connection, name)
    if head == 0:
        return UnknownError(
            what="version", value=str(reference), hint=f"muster register PATH --name {name}"
        )
    tags = connection.execute(_TAGGED.where(DatasetRow.name == name))
    known = [f"{name}@{tag}" for _, tag, _ in tags]
    known += [reference_to(name, number) for number in range(head, max(0, head - 20), -1)]
    return UnknownError(
        what="version", value=str(reference), known=known, hint=f"muster show {name}"
    )


def _find_numbered(connection: Connection, references: list[Reference]) -> dict[Reference, int]:
    keys = {(str(ref.dataset), ref.number): ref for ref in references}
    found = {}
    for chunk in chunked(keys):
        for name, number, version_id in connection.execute(_BY_NUMBER, {"keys": chunk}):
            found[keys[name, number]] = version_id
    return found


def _find_tagged(connection: Connection, references: list[Reference]) -> dict[Reference, int]:
    keys = {(str(ref.dataset), ref.tag): ref for ref in references}
    found = {}
    for chunk in chunked(keys):
        for name, tag, version_id in connection.execute(_BY_TAG, {"keys": chunk}):
            found[keys[name, tag]] = version_id
    return found


def _find_newest(connection: Connection, references: list[Reference]) -> dict[Reference, int]:
    keys = {str(ref.dataset): ref for ref in references}
    found = {}
    for chunk in chunked(keys):
        for name, _, version_id in connection.execute(_NEWEST, {"keys": chunk}):
            found[keys[name]] = version_id
    return found


def _find_by_digest(
    connection: Connection, reference: Reference, digest: str
) -> dict[Reference, int]:
    query = _NUMBERED.where(
        DatasetRow.name == str(reference.dataset),
        VersionRow.manifest_digest.startswith(digest, autoescape=True),
    )
    rows = connection.execute(query.order_by(VersionRow.number)).all()
    if len(rows) > 1:
        fitting = ", ".join(reference_to(name, number) for name, number, _ in rows[:5])
        raise InputError(
            f"{reference} fits {len(rows)} versions: {fitting}", hint="give more digits"
        )
    return {reference: rows[0].id} if rows else {}
