"""The one query of a lineage answer: every version that a selection may hold, and its parents.

The recursion carries ids, and where a number of generations is asked for how many are left. It
joins with UNION, so a version that is reached by many ways is visited once (for each number left).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    CTE,
    BigInteger,
    Connection,
    Select,
    bindparam,
    case,
    cast,
    literal,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from registry.catalog.loading import IS_CURRENT, STANDS
from registry.catalog.parents import join_parents
from registry.catalog.tables import (
    DatasetRow,
    GenerationRow,
    LicenceAssertionRow,
    LineageEdgeRow,
    RecipeRow,
    RunRow,
    TagRow,
    VersionRow,
)
from registry.domain.licence import Basis
from registry.domain.names import Reference
from registry.domain.run import Operation
from registry.domain.selection import Method, Term
from registry.domain.version import Content, DatasetKind, VersionState
from registry.errors import UnknownError

ALL = -1
"""How many generations are left where none are counted."""

_COUNTED_GENERATIONS = 32
"""More than these are not counted by the database, which would visit a version once for each
number that may be left; all are followed, and those beyond are left out afterwards."""


class Reached(NamedTuple):
    """What the query says of a version that is reached, column by column."""

    id: int
    name: str
    number: int
    kind: DatasetKind
    content: Content
    state: VersionState
    licence: str
    basis: Basis
    num_documents: int
    num_bytes: int
    digest: str
    recipe_id: int
    recipe: str
    recipe_version: str
    run: str
    operation: Operation
    finished_at: datetime | None
    has_writers: bool
    """Whether a model wrote or judged it."""

    parents: str | None
    """The ids of what it was made from, with commas between."""


class _Arm(NamedTuple):
    """All terms of one method, and where the walk goes from the versions that they name."""

    method: Method
    goes_up: bool
    goes_down: bool
    is_closed: bool
    """Down and then up, all generations of both."""

    is_counted: bool
    """Whether a walk goes so many generations; else it visits each version once."""

    @classmethod
    def of(cls, method: Method, terms: Sequence[Term]) -> "_Arm":
        return cls(
            method,
            goes_up=any(term.up != 0 for term in terms),
            goes_down=any(term.down != 0 or term.is_closed for term in terms),
            is_closed=any(term.is_closed for term in terms),
            is_counted=any(term.up or term.down for term in terms),
        )


_Ids: TypeAlias = Select[int]


def load_reached(
    connection: Connection, terms: Sequence[Term], references: dict[Reference, int]
) -> list[Reached]:
    """Return every version that a term may select, and the generation behind the last one asked.

    One statement, whatever the size of the graph and the number of terms.

    Args:
        connection: An open transaction.
        terms: The terms of a selection.
        references: The ids of the versions that the references among them mean.
    """
    groups: dict[Method, list[Term]] = {}
    for term in terms:
        groups.setdefault(term.method, []).append(term)
    arms: list[_Arm] = []
    values: dict[str, Any] = {}
    for method, group in sorted(groups.items()):
        arms.append(arm := _Arm.of(method, group))
        values[f"{method}_values"] = [_value(term, references) for term in group]
        if arm.goes_up:
            values[f"{method}_up"] = count_generations(term.up for term in group)
        if arm.goes_down and not arm.is_closed:
            values[f"{method}_down"] = count_generations(term.down for term in group)
    rows = connection.execute(_build_query(tuple(arms)), values).all()
    return [Reached._make(row) for row in rows]


def load_tagged(connection: Connection, names: Iterable[str]) -> dict[str, set[int]]:
    """Return the ids of the versions that a tag of each name points to, in one statement.

    Raises:
        UnknownError: Nothing has a tag of that name; the nearest are offered.
    """
    tagged: dict[str, set[int]] = {name: set() for name in names}
    query = select(TagRow.name, TagRow.version_id).where(TagRow.name.in_(tagged))
    for name, version_id in connection.execute(query):
        tagged[name].add(version_id)
    for name, ids in tagged.items():
        if not ids:
            known = connection.scalars(select(TagRow.name).distinct())
            raise UnknownError(what="tag", value=name, known=known, hint="muster list")
    return tagged


def _value(term: Term, references: dict[Reference, int]) -> int | str:
    return term.value if term.reference is None else references[term.reference]


def count_generations(wanted: Iterable[int | None]) -> int:
    """Return how many generations to follow: one more, by which it shows that there are more."""
    counted = [ALL if number is None else number for number in wanted]
    largest = max(counted) + 1
    return ALL if ALL in counted or largest > _COUNTED_GENERATIONS else largest


@lru_cache(maxsize=256)
def _build_query(arms: tuple[_Arm, ...]) -> Select[*tuple[Any, ...]]:
    """Return the query for terms of these methods."""
    edge = LineageEdgeRow
    down_seeds = [
        _seeds(_starts(arm.method), None if arm.is_closed else f"{arm.method}_down")
        for arm in arms
        if arm.goes_down
    ]
    up_seeds = [_seeds(_starts(arm.method), f"{arm.method}_up") for arm in arms if arm.goes_up]
    # A walk holds the versions that it starts from.
    parts = [_starts(arm.method) for arm in arms if not (arm.goes_up or arm.goes_down)]
    if down_seeds:
        down = _walk("below", down_seeds, near=edge.parent_id, far=edge.child_id)
        parts.append(select(down.c.id))
        if any(arm.is_closed for arm in arms):
            up_seeds.append(_seeds(select(down.c.id), None))
    if up_seeds:
        above = _walk("above", up_seeds, near=edge.child_id, far=edge.parent_id)
        parts.append(select(above.c.id))
    if len(parts) == 1 and not any(arm.is_counted for arm in arms):
        return select_facts(parts[0].cte("reached"))
    # Each id once, whatever the generations that are left at it.
    ids = union(*parts) if len(parts) > 1 else parts[0].distinct()
    return select_facts(ids.cte("reached"))


def _starts(method: Method) -> _Ids:
    """Return the ids of the versions that the terms of a method name."""
    columns: dict[Method, InstrumentedAttribute[Any]] = {
        Method.REFERENCE: VersionRow.id,
        Method.DATASET: DatasetRow.name,
        Method.SPACE: DatasetRow.space,
        Method.TAG: TagRow.name,
        Method.KIND: DatasetRow.kind,
        Method.CONTENT: VersionRow.content,
        Method.STATE: VersionRow.state,
    }
    query = select(VersionRow.id)
    if method in {Method.DATASET, Method.SPACE, Method.KIND}:
        query = query.join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    if method is Method.TAG:
        query = query.join(TagRow, TagRow.version_id == VersionRow.id)
    return query.where(columns[method].in_(bindparam(f"{method}_values", expanding=True)))


def _seeds(ids: _Ids, generations: str | None) -> Select[int, int]:
    """Return where a walk begins; None: all generations are followed."""
    left = literal(ALL) if generations is None else bindparam(generations)
    return ids.add_columns(cast(left, BigInteger).label("generations"))


def _walk(
    name: str,
    seeds: Sequence[Select[int, int]],
    *,
    near: InstrumentedAttribute[int],
    far: InstrumentedAttribute[int],
) -> CTE:
    """Return the ids that are reached, with the generations that are left at each."""
    first = union_all(*seeds).subquery()
    reached = select(first.c.id, first.c.generations).cte(name, recursive=True)
    left = reached.c.generations
    onward = select(far, case((left < 0, left), else_=left - 1)).where(
        near == reached.c.id, left != 0
    )
    return reached.union(onward)


def select_facts(ids: CTE) -> Select[*tuple[Any, ...]]:
    """Return the query of what is told of each version that is reached, as `Reached` has it."""
    parents = join_parents(ids)
    has_writers = (
        select(GenerationRow.id)
        .where(
            GenerationRow.version_id == VersionRow.id, GenerationRow.model_id.is_not(None), STANDS
        )
        .exists()
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
            LicenceAssertionRow.basis,
            VersionRow.num_documents,
            VersionRow.num_bytes,
            VersionRow.manifest_digest,
            VersionRow.recipe_id,
            RecipeRow.name,
            RecipeRow.version,
            RunRow.public_id,
            RunRow.operation,
            RunRow.finished_at,
            has_writers,
            parents,
        )
        .join_from(ids, VersionRow, VersionRow.id == ids.c.id)
        .join(DatasetRow, DatasetRow.id == VersionRow.dataset_id)
        .join(LicenceAssertionRow, LicenceAssertionRow.version_id == VersionRow.id)
        .join(RecipeRow, RecipeRow.id == VersionRow.recipe_id)
        .join(RunRow, RunRow.id == VersionRow.run_id)
        .where(IS_CURRENT)
    )
