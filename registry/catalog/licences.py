"""Licences: what is asserted of versions, and the graph through which a licence comes down.

A fixed number of queries whatever the size of the graph: everything upstream with the ids of its
parents, everything that is stated of it, and where a notice asks for them its sources. What follows
from that is found by the pure rules of `registry.licensing`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import CTE, Connection, Select, select

from registry.catalog import audit
from registry.catalog.collector import collector_paused
from registry.catalog.engine import Database
from registry.catalog.licensing import Assertion, assertion_row, record_statement
from registry.catalog.loading import AnyRow
from registry.catalog.origins import Origins, load_origins, reach_origins
from registry.catalog.parents import join_parents, read_ids
from registry.catalog.resolving import chunked, resolve, resolve_all
from registry.catalog.tables import (
    DatasetRow,
    LicenceAssertionRow,
    LineageEdgeRow,
    SourceRow,
    VersionRow,
    VersionSourceRow,
)
from registry.domain.effective import LicenceGraph, LicenceNode
from registry.domain.licence import (
    Basis,
    Claim,
    Confidence,
    LicenceAssertion,
    LicenceStatement,
    list_counting,
)
from registry.domain.model import PREFIX, name_output
from registry.domain.names import Reference, reference_to
from registry.domain.terms import Terms
from registry.domain.version import SourceFacts

Assertions: TypeAlias = list[LicenceAssertion]

_ASSERTED = (
    LicenceAssertionRow.id,
    LicenceAssertionRow.version_id,
    LicenceAssertionRow.expression,
    LicenceAssertionRow.asserted_by,
    LicenceAssertionRow.evidence,
    LicenceAssertionRow.evidence_digest,
    LicenceAssertionRow.confidence,
    LicenceAssertionRow.basis,
    LicenceAssertionRow.asserted_at,
    LicenceAssertionRow.superseded_by,
)


class LicenceStore:
    """Records what is asserted, and reads it for a version or for everything upstream."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(
        self, reference: Reference, statement: LicenceStatement, *, actor: str, at: datetime
    ) -> Assertions:
        """Append a statement in one transaction; return all that is stated, newest first.

        The same statement of the same speaker again changes nothing.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.writing() as connection:
            version_id = resolve(connection, reference)
            name = _names(connection, [version_id])[version_id]
            row = assertion_row(
                version_id,
                Assertion(statement.expression, statement.evidence, Basis.STATED),
                by=statement.by,
                at=at,
                confidence=statement.confidence,
                evidence_digest=statement.evidence_digest,
            )
            changes = record_statement(connection, row, name)
            audit.append(connection, changes, actor=actor, at=at)
            return _list(connection, version_id, name)

    def list_for(self, reference: Reference) -> Assertions:
        """Return everything that was ever asserted of a version, newest first.

        Raises:
            UnknownError: There is no such version.
        """
        with self._database.reading() as connection:
            version_id = resolve(connection, reference)
            return _list(connection, version_id, _names(connection, [version_id])[version_id])

    def upstream(
        self, references: Sequence[Reference], *, with_sources: bool = False
    ) -> LicenceGraph:
        """Return versions with everything they were made from, and what is stated of each.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with collector_paused(), self._database.reading() as connection:
            ids = list(dict.fromkeys(resolve_all(connection, references).values()))
            nodes: dict[int, LicenceNode] = {}
            for chunk in chunked(ids):
                nodes |= _load_nodes(connection, chunk, with_sources=with_sources)
            return LicenceGraph(nodes, {nodes[one].reference: one for one in ids})


def reach_upstream(starts: Sequence[int]) -> CTE:
    """Return the query of the ids of versions and of everything they were made from, each once."""
    edge = LineageEdgeRow
    reached = select(VersionRow.id).where(VersionRow.id.in_(starts)).cte("reached", recursive=True)
    return reached.union(select(edge.parent_id).where(edge.child_id == reached.c.id))


def _load_nodes(
    connection: Connection, starts: Sequence[int], *, with_sources: bool
) -> dict[int, LicenceNode]:
    reached = reach_origins(connection.dialect, starts)
    origins = load_origins(connection, reached)
    rows = connection.execute(_graph_query(reached)).all()
    names = {row.id: reference_to(row.name, row.number) for row in rows}
    asserted: defaultdict[int, list[AnyRow]] = defaultdict(list)
    stated = LicenceAssertionRow.basis == Basis.STATED
    query = select(*_ASSERTED).join_from(
        reached, LicenceAssertionRow, LicenceAssertionRow.version_id == reached.c.id
    )
    for row in connection.execute(query.where(stated).order_by(LicenceAssertionRow.id)):
        asserted[row.version_id].append(row)
    sources = _load_sources(connection, reached) if with_sources else {}
    nodes = {row.id: _node(row, names[row.id], asserted[row.id], sources, origins) for row in rows}
    for version_id in origins.stated:
        for model_id in origins.writers(version_id):
            nodes[-model_id] = _model_node(origins.models[model_id], origins.trained_on[model_id])
    return nodes


def _graph_query(reached: CTE) -> Select[*tuple[Any, ...]]:
    parents = join_parents(reached)
    return (
        select(
            VersionRow.id,
            DatasetRow.name,
            VersionRow.number,
            VersionRow.manifest_digest,
            parents.label("parents"),
        )
        .join_from(reached, VersionRow, VersionRow.id == reached.c.id)
        .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    )


def _load_sources(connection: Connection, reached: CTE) -> dict[int, list[SourceFacts]]:
    query = (
        select(
            VersionSourceRow.version_id,
            *(getattr(SourceRow, name) for name in SourceFacts.model_fields),
        )
        .join_from(reached, VersionSourceRow, VersionSourceRow.version_id == reached.c.id)
        .join(SourceRow, SourceRow.id == VersionSourceRow.source_id)
        .order_by(VersionSourceRow.version_id, VersionSourceRow.position)
    )
    sources: defaultdict[int, list[SourceFacts]] = defaultdict(list)
    for version_id, *facts in connection.execute(query):
        fields: dict[str, object] = dict(zip(SourceFacts.model_fields, facts, strict=True))
        sources[version_id].append(SourceFacts.trusted(fields))
    return sources


def _node(
    row: AnyRow,
    name: str,
    asserted: list[AnyRow],
    sources: dict[int, list[SourceFacts]],
    origins: Origins,
) -> LicenceNode:
    assertions = list(_assertions(asserted, name)) if asserted else []
    models = (-model_id for model_id in origins.writers(row.id))
    parents = {*read_ids(row.parents), *origins.groundings(row.id), *models}
    return LicenceNode(
        reference=name,
        parents=tuple(sorted(parents)),
        holding=next((one for one in assertions if one.holds), None),
        others=tuple(one for one in assertions if not one.holds and not one.is_outdated),
        digest=row.manifest_digest,
        sources=tuple(sources.get(row.id, ())),
    )


def _model_node(row: AnyRow, trained_on: tuple[int, ...]) -> LicenceNode:
    """Return a model as a node: what may be done with its output, stated by whoever added it."""
    name = f"{row.name}@{row.revision}"
    terms = None if row.output_terms is None else Terms.model_validate(row.output_terms)
    fields: dict[str, object] = {
        "expression": row.output_licence if terms is None else name_output(name),
        "by": row.model_actor,
        "evidence": row.terms_url,
        "evidence_digest": None,
        "confidence": Confidence.MEDIUM,
        "reference": f"{PREFIX}{name}",
        "basis": Basis.STATED,
        "at": row.added_at,
        "holds": True,
        "is_outdated": False,
    }
    return LicenceNode(
        reference=f"{PREFIX}{name}",
        parents=trained_on,
        holding=LicenceAssertion.trusted(fields),
        terms=terms,
    )


def _names(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    query = select(VersionRow.id, DatasetRow.name, VersionRow.number).join_from(
        VersionRow, DatasetRow, DatasetRow.id == VersionRow.dataset_id
    )
    rows = connection.execute(query.where(VersionRow.id.in_(ids)))
    return {key: reference_to(name, number) for key, name, number in rows}


def _list(connection: Connection, version_id: int, name: str) -> Assertions:
    of_version = LicenceAssertionRow.version_id == version_id
    rows = connection.execute(select(*_ASSERTED).where(of_version).order_by(_ASSERTED[0])).all()
    return list(_assertions(rows, name))


def _assertions(rows: Sequence[AnyRow], name: str) -> Iterator[LicenceAssertion]:
    """Return assertions of one version, newest first; the rows come oldest first."""
    counting = {rows[0].id}
    if len(rows) > 1:
        claims = [Claim(row.id, row.asserted_by, row.confidence, row.basis) for row in rows]
        counting = {claim.id for claim in list_counting(claims)}
    for row in reversed(rows):
        fields: dict[str, object] = {
            "expression": row.expression,
            "by": row.asserted_by,
            "evidence": row.evidence,
            "evidence_digest": row.evidence_digest,
            "confidence": row.confidence,
            "reference": name,
            "basis": row.basis,
            "at": row.asserted_at,
            "holds": row.superseded_by is None,
            "is_outdated": row.id not in counting,
        }
        yield LicenceAssertion.trusted(fields)
