"""Lineage: everything a version was made from, everything made from it, and selections of both.

One query whatever the size of the graph (`registry.catalog.reaching`, `registry.catalog.impact`);
depths and what a selection holds are found by the walks of `registry.domain.graph`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, select
from sqlalchemy.orm import InstrumentedAttribute

from registry.catalog.ancestry import load_ancestry
from registry.catalog.answering import Question, ReachedVersions, answer
from registry.catalog.collector import collector_paused
from registry.catalog.engine import Database
from registry.catalog.field_facts import load_field_facts
from registry.catalog.impact import load_impact
from registry.catalog.reaching import Reached, load_reached, load_tagged
from registry.catalog.resolving import resolve, resolve_all
from registry.catalog.tables import DatasetRow, LineageEdgeRow, VersionRow
from registry.domain import graph
from registry.domain.ancestry import Ancestry
from registry.domain.field_lineage import FieldFacts
from registry.domain.graph import Selected
from registry.domain.lineage import Lineage
from registry.domain.names import Reference, reference_to
from registry.domain.selection import Method, Selection, Term

Starts: TypeAlias = Mapping[Term, Collection[int]]
"""The ids of the versions that each term of a selection names."""


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
        return self.select(Selection.of(reference, up=None), limit=limit)

    def downstream(self, reference: Reference, *, limit: int | None = None) -> Lineage:
        """Return a version and everything made from it; see `upstream`."""
        return self.select(Selection.of(reference, down=None), limit=limit)

    def select(self, selection: Selection, *, limit: int | None = None) -> Lineage:
        """Return the versions of a selection, with every edge among them.

        Args:
            selection: What is asked for.
            limit: At most so many versions, the nearest first; None: all. A cut answer says so.

        Raises:
            UnknownError: A reference means no version.
        """
        with collector_paused(), self._database.reading() as connection:
            wanted = [term.reference for term in selection.terms if term.reference is not None]
            references = resolve_all(connection, wanted)
            reached = load_reached(connection, selection.terms, references)
            starts = _find_starts(connection, selection, references, reached)
            versions = ReachedVersions.of(reached)
            question = Question(
                reference=_describe(selection, starts, versions.names),
                direction=_direction(selection),
                starts=frozenset(one for found in starts.values() for one in found),
                limit=limit,
            )
            selected = _select(selection, starts, versions.parents)
            return answer(connection, question, versions, selected)

    def impact(
        self, reference: Reference, *, down: int | None = None, limit: int | None = None
    ) -> Lineage:
        """Return a version and all that a change of it reaches.

        That is what was made from it, the models that were trained on that, what those wrote, and
        so on. What is reached through a model alone says through which.

        Args:
            reference: The version.
            down: So many steps, a model being one; None: all.
            limit: At most so many versions, the nearest first; None: all. A cut answer says so.

        Raises:
            UnknownError: There is no such version.
        """
        with collector_paused(), self._database.reading() as connection:
            start = resolve(connection, reference)
            return load_impact(connection, start, down=down, limit=limit)

    def ancestry(self, references: Sequence[Reference]) -> Ancestry:
        """Return what many versions were made from, in short, in a fixed number of statements.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with self._database.reading() as connection:
            return load_ancestry(connection, resolve_all(connection, references))

    def field_facts(self, references: Sequence[str]) -> dict[str, FieldFacts]:
        """Return what is known of the fields of versions, by reference, in few queries.

        Raises:
            UnknownError: One of the versions is not there.
        """
        with self._database.reading() as connection:
            wanted = [Reference.parse(text) for text in references]
            facts = load_field_facts(connection, wanted)
            return {str(reference): facts[reference] for reference in wanted}

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


def _find_starts(
    connection: Connection,
    selection: Selection,
    references: Mapping[Reference, int],
    reached: Sequence[Reached],
) -> dict[Term, set[int]]:
    """Return the ids of the versions that each term names; all of them are among the reached."""
    terms = selection.terms
    tags = [term.value for term in terms if term.method is Method.TAG]
    tagged = load_tagged(connection, tags) if tags else {}
    starts: dict[Term, set[int]] = {}
    for term in terms:
        if term.reference is not None:
            starts[term] = {references[term.reference]}
        elif term.method is Method.TAG:
            starts[term] = tagged[term.value]
        else:
            starts[term] = {one.id for one in reached if _say(one, term.method) == term.value}
    return starts


def _say(one: Reached, method: Method) -> str:
    """Return what a method looks at in a version."""
    if method is Method.DATASET:
        return one.name
    if method is Method.SPACE:
        return one.name.partition("/")[0]
    if method is Method.KIND:
        return one.kind
    return one.content if method is Method.CONTENT else one.state


def _select(
    selection: Selection, starts: Starts, parents: Mapping[int, list[int]]
) -> Selected[int]:
    # Who asks upstream alone, as most do, needs no children.
    goes_down = any(term.down != 0 or term.is_closed for term in selection.terms)
    children = graph.invert(parents) if goes_down else {}
    return graph.select(selection, starts, parents=parents, children=children)


def _describe(selection: Selection, starts: Starts, names: Mapping[int, str]) -> str:
    """Return the one version that is asked for by its canonical reference, else the selection."""
    (term, *others) = selection.terms
    if others or term.method is not Method.REFERENCE:
        return str(selection)
    (start,) = starts[term]
    return names[start]


def _direction(selection: Selection) -> str:
    goes_up = any(term.up != 0 or term.is_closed for term in selection.terms)
    goes_down = any(term.down != 0 or term.is_closed for term in selection.terms)
    if goes_up == goes_down:
        return "both"
    return "upstream" if goes_up else "downstream"
