"""Lineage: everything a version was made from, and everything made from it.

One query whatever the size of the graph: the facts of each version that is reached, and the ids of
its neighbours. The recursion carries ids only and joins them with UNION, so a version that is
reached by many ways is visited once. Edges and depths are found here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import BigInteger, Select, Text, bindparam, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute

from registry.catalog.collector import collector_paused
from registry.catalog.engine import Database
from registry.catalog.loading import IS_CURRENT
from registry.catalog.resolving import resolve
from registry.catalog.tables import (
    AS_IS,
    DatasetRow,
    LicenceAssertionRow,
    LineageEdgeRow,
    RecipeRow,
    RunRow,
    VersionRow,
)
from registry.domain.lineage import Lineage, LineageEdge, LineageNode
from registry.domain.names import Reference, reference_to
from registry.domain.run import Operation
from registry.domain.version import Content, DatasetKind, VersionState

Direction = Literal["upstream", "downstream"]
Neighbours: TypeAlias = Mapping[int, list[int]]
"""The ids of the next versions in the direction that is followed, by a version's id."""

Edge: TypeAlias = tuple[int, int]
"""The ids of child and parent."""


class _Reached(NamedTuple):
    """What the query says of a version that is reached, column by column."""

    id: int
    name: str
    number: int
    kind: DatasetKind
    content: Content
    state: VersionState
    licence: str
    num_documents: int
    num_bytes: int
    digest: str
    recipe_id: int
    recipe: str
    recipe_version: str
    run: str
    operation: Operation
    finished_at: datetime | None
    neighbours: str | None
    """The ids of the next versions in the direction that is followed, with commas between."""


class LineageStore:
    """Follows edges, upstream and downstream."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upstream(self, reference: Reference, *, limit: int | None = None) -> Lineage:
        """Return a version and everything it was made from, with every edge among them.

        Args:
            reference: The version.
            limit: At most so many versions, the nearest first; None: all. A cut answer says so.

        Raises:
            UnknownError: There is no such version.
        """
        return self._follow(reference, "upstream", limit)

    def downstream(self, reference: Reference, *, limit: int | None = None) -> Lineage:
        """Return a version and everything made from it; see `upstream`."""
        return self._follow(reference, "downstream", limit)

    def parents(self, reference: Reference) -> list[str]:
        """Return what a version was made from, without what stands behind it, by reference."""
        return self._neighbours(reference, near=LineageEdgeRow.child_id)

    def children(self, reference: Reference) -> list[str]:
        """Return what was made from a version, without what was made of that, by reference."""
        return self._neighbours(reference, near=LineageEdgeRow.parent_id)

    def _neighbours(self, reference: Reference, *, near: InstrumentedAttribute[int]) -> list[str]:
        edge = LineageEdgeRow
        far = edge.parent_id if near is edge.child_id else edge.child_id
        query = (
            select(DatasetRow.name, VersionRow.number)
            .join_from(edge, VersionRow, VersionRow.id == far)
            .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
            .order_by(DatasetRow.name, VersionRow.number)
        )
        with self._database.reading() as connection:
            start = resolve(connection, reference)
            rows = connection.execute(query.where(near == start)).all()
        return [reference_to(name, number) for name, number in rows]

    def _follow(self, reference: Reference, direction: Direction, limit: int | None) -> Lineage:
        with collector_paused(), self._database.reading() as connection:
            start = resolve(connection, reference)
            rows = connection.execute(_QUERIES[direction], {"start": start})
            reached = [_Reached._make(row) for row in rows]
            return _lineage(start, reached, direction=direction, limit=limit)


def _build_query(direction: Direction) -> Select[*tuple[Any, ...]]:
    """Return the query of what is reached: the facts of each version, and its neighbours."""
    edge = LineageEdgeRow
    near, far = edge.child_id, edge.parent_id
    if direction == "downstream":
        near, far = far, near
    reached = select(cast(bindparam("start"), BigInteger).label("id")).cte(
        "reached", recursive=True
    )
    reached = reached.union(select(far).where(near == reached.c.id))
    # All that a reached version was made from is reached as well (downstream: all made from it),
    # so the neighbours of all make all the edges among what is reached.
    neighbours = (
        select(func.aggregate_strings(cast(far, Text), ","))
        .where(near == reached.c.id)
        .correlate(reached)
        .scalar_subquery()
    )
    return (
        select(
            VersionRow.id,
            DatasetRow.name,
            VersionRow.number,
            DatasetRow.kind,
            VersionRow.content,
            VersionRow.state,
            LicenceAssertionRow.expression,
            VersionRow.num_documents,
            VersionRow.num_bytes,
            VersionRow.manifest_digest,
            VersionRow.recipe_id,
            RecipeRow.name,
            RecipeRow.version,
            RunRow.public_id,
            RunRow.operation,
            RunRow.finished_at,
            neighbours,
        )
        .join_from(reached, VersionRow, VersionRow.id == reached.c.id)
        .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
        .join(LicenceAssertionRow, LicenceAssertionRow.version_id == VersionRow.id)
        .join(RecipeRow, RecipeRow.id == VersionRow.recipe_id)
        .join(RunRow, RunRow.id == VersionRow.run_id)
        .where(IS_CURRENT)
    )


_QUERIES: dict[Direction, Select[*tuple[Any, ...]]] = {
    "upstream": _build_query("upstream"),
    "downstream": _build_query("downstream"),
}


def _lineage(
    start: int, reached: Sequence[_Reached], *, direction: Direction, limit: int | None
) -> Lineage:
    neighbours = {one.id: _read_ids(one.neighbours) for one in reached}
    depths = _find_depths(start, neighbours)
    names = {one.id: reference_to(one.name, one.number) for one in reached}
    nearest = sorted(reached, key=lambda one: (depths[one.id], names[one.id]))
    kept = nearest if limit is None else nearest[: max(limit, 1)]
    makings = {one.id: _making(one, names[one.id]) for one in kept}
    nodes = [_node(one, names[one.id], depths[one.id]) for one in kept]
    edges = [
        LineageEdge.trusted({"parent": names[parent], **makings[child]})
        for child, parent in _list_edges(neighbours, direction)
        if child in makings and parent in makings
    ]
    return Lineage(
        reference=names[start],
        direction=direction,
        nodes=tuple(nodes),
        edges=tuple(edges),
        truncated=len(kept) < len(reached),
        limit=limit,
    )


def _read_ids(text: str | None) -> list[int]:
    return list(map(int, text.split(","))) if text else []


def _find_depths(start: int, neighbours: Neighbours) -> dict[int, int]:
    """Return the shortest distance of each version from the start, breadth first."""
    depths, front = {start: 0}, [start]
    while front:
        reached = []
        for near in front:
            for far in neighbours[near]:
                if far not in depths:
                    depths[far] = depths[near] + 1
                    reached.append(far)
        front = reached
    return depths


def _list_edges(neighbours: Neighbours, direction: Direction) -> list[Edge]:
    """Return the edges in the order in which their children were sealed."""
    edges = {(near, far) for near, all_far in neighbours.items() for far in all_far}
    return sorted(edges if direction == "upstream" else {(far, near) for near, far in edges})


def _node(one: _Reached, name: str, depth: int) -> LineageNode:
    return LineageNode.trusted(
        {
            "reference": name,
            "kind": one.kind,
            "content": one.content,
            "state": one.state,
            "licence": one.licence,
            "num_documents": one.num_documents,
            "num_bytes": one.num_bytes,
            "digest": one.digest,
            "depth": depth,
        }
    )


def _making(one: _Reached, name: str) -> dict[str, object]:
    """Return what the edges into a version have in common: the one run that made it."""
    return {
        "child": name,
        "run": one.run,
        "operation": one.operation,
        "recipe": None if one.recipe_id == AS_IS else f"{one.recipe} {one.recipe_version}",
        "finished_at": one.finished_at,
    }
