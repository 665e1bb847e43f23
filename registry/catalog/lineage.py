"""Lineage: everything a version was made from, and everything made from it.

Two queries whatever the size of the graph: the edges among what is reached, and the facts of what
is reached. The recursion carries ids only and joins them with UNION, so a version that is reached
by many ways is visited once. Depths are found here.
"""

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import BigInteger, Connection, Select, Text, bindparam, cast, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from registry.catalog.engine import Database
from registry.catalog.loading import IS_CURRENT, AnyRow
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
from registry.domain.lineage import Lineage
from registry.domain.names import Reference, reference_to

Direction = Literal["upstream", "downstream"]
Edge = tuple[int, int]
"""The ids of parent and child."""


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
        edges_query, nodes_query = _QUERIES[direction]
        with self._database.reading() as connection:
            start = resolve(connection, reference)
            edges = _load_edges(connection, edges_query, start)
            rows = connection.execute(nodes_query, {"start": start}).all()
        depths = _find_depths(start, edges, direction)
        nodes = sorted(
            ((depths[row.id], reference_to(row.name, row.number), row) for row in rows),
            key=itemgetter(0, 1),
        )
        kept = nodes if limit is None else nodes[: max(limit, 1)]
        names = {row.id: name for _, name, row in kept}
        makings = {row.id: _making(name, row) for _, name, row in kept}
        # Thousands of nodes and edges are checked in one call, which costs half of one for each.
        return Lineage.model_validate(
            {
                "reference": names[start],
                "direction": direction,
                "nodes": [_node(depth, name, row) for depth, name, row in kept],
                "edges": [
                    {"parent": names[parent], **makings[child]}
                    for parent, child in edges
                    if parent in names and child in names
                ],
                "truncated": len(kept) < len(nodes),
                "limit": limit,
            }
        )


def _build_queries(
    direction: Direction,
) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """Return the query of the edges among what is reached, and of the facts of what is reached."""
    edge = LineageEdgeRow
    near, far = edge.child_id, edge.parent_id
    if direction == "downstream":
        near, far = far, near
    reached = select(cast(bindparam("start"), BigInteger).label("id")).cte(
        "reached", recursive=True
    )
    reached = reached.union(select(far).where(near == reached.c.id))
    # All that a reached version was made from is reached as well (downstream: all made from it),
    # so the edges at their near end are all the edges among what is reached.
    edges = select(edge.parent_id, edge.child_id).join_from(reached, edge, near == reached.c.id)
    nodes = (
        select(
            VersionRow.id,
            DatasetRow.name,
            VersionRow.number,
            # Read as text: `Lineage` makes the enumerations, once.
            type_coerce(DatasetRow.kind, Text).label("kind"),
            type_coerce(VersionRow.content, Text).label("content"),
            type_coerce(VersionRow.state, Text).label("state"),
            LicenceAssertionRow.expression,
            VersionRow.num_documents,
            VersionRow.num_bytes,
            VersionRow.manifest_digest,
            VersionRow.recipe_id,
            RecipeRow.name.label("recipe"),
            RecipeRow.version.label("recipe_version"),
            RunRow.public_id,
            type_coerce(RunRow.operation, Text).label("operation"),
            RunRow.finished_at,
        )
        .join_from(reached, VersionRow, VersionRow.id == reached.c.id)
        .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
        .join(LicenceAssertionRow, LicenceAssertionRow.version_id == VersionRow.id)
        .join(RecipeRow, RecipeRow.id == VersionRow.recipe_id)
        .join(RunRow, RunRow.id == VersionRow.run_id)
        .where(IS_CURRENT)
    )
    return edges, nodes


_QUERIES: dict[Direction, tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]] = {
    "upstream": _build_queries("upstream"),
    "downstream": _build_queries("downstream"),
}


def _load_edges(
    connection: Connection, query: Select[*tuple[Any, ...]], start: int
) -> Sequence[Edge]:
    """Return the edges in the order in which their children were sealed."""
    rows = connection.execute(query, {"start": start}).all()
    return sorted({(row.parent_id, row.child_id) for row in rows}, key=itemgetter(1, 0))


def _find_depths(start: int, edges: Sequence[Edge], direction: Direction) -> dict[int, int]:
    """Return the shortest distance of each version from the start, breadth first."""
    neighbours: defaultdict[int, list[int]] = defaultdict(list)
    for parent, child in edges:
        near, far = (child, parent) if direction == "upstream" else (parent, child)
        neighbours[near].append(far)
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


def _node(depth: int, name: str, row: AnyRow) -> dict[str, Any]:
    """Return the fields of a `LineageNode`."""
    return {
        "reference": name,
        "kind": row.kind,
        "content": row.content,
        "state": row.state,
        "licence": row.expression,
        "num_documents": row.num_documents,
        "num_bytes": row.num_bytes,
        "digest": row.manifest_digest,
        "depth": depth,
    }


def _making(name: str, row: AnyRow) -> dict[str, Any]:
    """Return what the edges into a version have in common: the one run that made it."""
    return {
        "child": name,
        "run": row.public_id,
        "operation": row.operation,
        "recipe": None if row.recipe_id == AS_IS else f"{row.recipe} {row.recipe_version}",
        "finished_at": row.finished_at,
    }
