"""Shards, each with the place where it was found last: identity is not location."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, case, func, select

from registry.catalog.resolving import chunked
from registry.catalog.tables import ShardLocationRow, ShardRow
from registry.domain.version import Shard

Location: TypeAlias = tuple[str | None, int | None, str | None]
"""URI, modification time and entity tag of a file in place; all None: in the object store."""

_FIELDS = tuple(Shard.model_fields)
_NEWEST = (
    select(func.max(ShardLocationRow.id))
    .where(
        ShardLocationRow.version_id == ShardRow.version_id,
        ShardLocationRow.position == ShardRow.position,
    )
    .correlate(ShardRow)
    .scalar_subquery()
)
_HAS_MOVED = ShardLocationRow.id.is_not(None)
_PLACED = ("uri", "modified_ns", "etag")
_LOCATION = {
    name: case((_HAS_MOVED, getattr(ShardLocationRow, name)), else_=getattr(ShardRow, name)).label(
        name
    )
    for name in _PLACED
}
_SHARDS = (
    select(*(_LOCATION.get(name, getattr(ShardRow, name)) for name in _FIELDS))
    .outerjoin_from(ShardRow, ShardLocationRow, ShardLocationRow.id == _NEWEST)
    .order_by(ShardRow.position)
)
_LOCATIONS = (
    select(ShardRow.version_id, *_LOCATION.values())
    .outerjoin_from(ShardRow, ShardLocationRow, ShardLocationRow.id == _NEWEST)
    .order_by(ShardRow.version_id, ShardRow.position)
)


def load_shards(connection: Connection, version_id: int) -> list[Shard]:
    """Return the shards of a version in order, each where it was found last: one query."""
    rows = connection.execute(_SHARDS.where(ShardRow.version_id == version_id))
    return [Shard.model_validate(dict(zip(_FIELDS, row, strict=True))) for row in rows]


def load_shards_of(
    connection: Connection, version_ids: Iterable[int]
) -> defaultdict[int, list[Shard]]:
    """Return the shards of each version in order: one query for every 500."""
    shards: defaultdict[int, list[Shard]] = defaultdict(list)
    query = _SHARDS.add_columns(ShardRow.version_id)
    for chunk in chunked(version_ids):
        for *values, version_id in connection.execute(query.where(ShardRow.version_id.in_(chunk))):
            fields = dict(zip(_FIELDS, values, strict=True))
            shards[version_id].append(Shard.model_validate(fields))
    return shards


def load_locations(
    connection: Connection, version_ids: Iterable[int]
) -> defaultdict[int, list[Location]]:
    """Return where the shards of each version were found last, in order."""
    locations: defaultdict[int, list[Location]] = defaultdict(list)
    for chunk in chunked(version_ids):
        for row in connection.execute(_LOCATIONS.where(ShardRow.version_id.in_(chunk))):
            locations[row.version_id].append((row.uri, row.modified_ns, row.etag))
    return locations


def list_locations(shards: Iterable[Shard]) -> list[Location]:
    """Return where shards lie, in order."""
    return [(shard.uri, shard.modified_ns, shard.etag) for shard in shards]


def location_rows(
    version_id: int,
    *,
    known: Sequence[Location],
    found: Sequence[Location],
    run_id: int,
    at: datetime,
) -> list[dict[str, Any]]:
    """Return a row for each shard of a version that was found in another place than is known.

    A shard in the object store stays there: its bytes can neither be moved nor changed.
    """
    return [
        {
            "version_id": version_id,
            "position": position,
            **dict(zip(_PLACED, now, strict=True)),
            "recorded_at": at,
            "run_id": run_id,
        }
        for position, (before, now) in enumerate(zip(known, found, strict=True))
        if before[0] is not None and now != before
    ]
