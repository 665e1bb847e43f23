"""The one query of an impact: every version that a change reaches, through models too."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from registry.catalog.answering import Models, Question, ReachedVersions, answer
from registry.catalog.loading import STANDS, AnyRow
from registry.catalog.origins import WRITING, follow
from registry.catalog.parents import read_ids
from registry.catalog.reaching import ALL, Reached, count_generations, select_facts
from registry.catalog.resolving import chunked
from registry.catalog.tables import (
    GenerationGroundingRow,
    GenerationRow,
    LineageEdgeRow,
    ModelRow,
    ModelTrainingRow,
    VersionRow,
)
from registry.domain.graph import Selected
from registry.domain.impact import Impact, ImpactGraph, find_impact
from registry.domain.lineage import Learner, Lineage

_WROTE = GenerationRow.role.in_(WRITING) & STANDS
_NUM_MODEL_COLUMNS = 3
"""Of models, behind those of `Reached`."""


def load_impact(
    connection: Connection, start: int, *, down: int | None, limit: int | None
) -> Lineage:
    """Return a version and all that a change of it reaches, in a fixed number of statements.

    Args:
        connection: An open transaction.
        start: The id of the version.
        down: So many steps, a model being one; None: all.
        limit: At most so many versions, the nearest first; None: all.
    """
    left = count_generations([down])
    query = _build_query(connection.dialect.name, is_counted=left != ALL)
    rows = connection.execute(query, {"start": start, "generations": left}).all()
    versions = ReachedVersions.of([Reached._make(row[:-_NUM_MODEL_COLUMNS]) for row in rows])
    graph = _read_graph(rows, versions)
    impact = find_impact(graph, start, limit=down)
    question = Question(versions.names[start], "downstream", frozenset([start]), limit)
    selected = Selected(impact.depths, impact.continues)
    names = _name_models(connection, {*impact.models, *impact.through.values()})
    through = {version: names[model] for version, model in impact.through.items()}
    learners = _list_learners(graph, impact, versions.names, names)
    return answer(connection, question, versions, selected, models=Models(through, learners))


def _read_graph(rows: Sequence[AnyRow], versions: ReachedVersions) -> ImpactGraph:
    return ImpactGraph(
        parents=versions.parents,
        learners={row.id: read_ids(row.learners) for row in rows if row.learners},
        writers={row.id: read_ids(row.writers) for row in rows if row.writers},
        given={row.id: _read_pairs(row.given) for row in rows if row.given},
    )


def _name_models(connection: Connection, ids: set[int]) -> dict[int, str]:
    query = select(ModelRow.id, ModelRow.name, ModelRow.revision)
    return {
        key: f"{name}@{revision}"
        for chunk in chunked(sorted(ids))
        for key, name, revision in connection.execute(query.where(ModelRow.id.in_(chunk)))
    }


def _list_learners(
    graph: ImpactGraph, impact: Impact, versions: Mapping[int, str], models: Mapping[int, str]
) -> list[Learner]:
    trained_on: defaultdict[int, list[str]] = defaultdict(list)
    for version, learners in graph.learners.items():
        for model in learners:
            if model in impact.models:
                trained_on[model].append(versions[version])
    nearest = sorted(trained_on, key=lambda one: (impact.models[one], models[one]))
    return [
        Learner(model=models[one], trained_on=tuple(trained_on[one]), depth=impact.models[one])
        for one in nearest
    ]


@cache
def _build_query(engine: str, *, is_counted: bool) -> Select[*tuple[Any, ...]]:
    generations = cast(bindparam("generations"), BigInteger).label("generations")
    start = select(VersionRow.id, generations).where(VersionRow.id == bindparam("start"))
    affected = start.cte("affected", recursive=True)
    left = affected.c.generations

    def select_next(way: FromClause) -> Select[int, int]:
        onward = select(way.c.far, case((left < 0, left), else_=left - way.c.num_steps))
        return onward.where(or_(left < 0, left >= way.c.num_steps))

    followed = follow(engine, affected, _list_ways(), select_next)
    # Where steps are counted, a version is there once for each number that is left.
    reached = select(followed.c.id).distinct().cte("reached") if is_counted else followed
    return select_facts(reached).add_columns(
        _join_models(ModelTrainingRow.model_id, ModelTrainingRow.version_id).label("learners"),
        _join_models(GenerationRow.model_id, GenerationRow.version_id, _WROTE).label("writers"),
        _join_given().label("given"),
    )


def _list_ways() -> list[Select[int, int, int]]:
    """Return the queries of all ways downstream, each with how many steps it takes."""
    edge, training, grounding = LineageEdgeRow, ModelTrainingRow, GenerationGroundingRow
    one, two = literal(1).label("num_steps"), literal(2).label("num_steps")
    return [
        select(edge.parent_id.label("near"), edge.child_id.label("far"), one),
        select(training.version_id.label("near"), GenerationRow.version_id.label("far"), two)
        .join_from(training, GenerationRow, GenerationRow.model_id == training.model_id)
        .where(_WROTE),
        select(grounding.parent_id.label("near"), grounding.version_id.label("far"), one)
        .join_from(grounding, GenerationRow, GenerationRow.id == grounding.generation_id)
        .where(STANDS),
    ]


def _join_models(
    model: InstrumentedAttribute[Any],
    version: InstrumentedAttribute[int],
    *conditions: ColumnElement[bool],
) -> ScalarSelect[str]:
    return (
        select(func.aggregate_strings(cast(model, Text), ","))
        .where(version == VersionRow.id, *conditions)
        .correlate(VersionRow)
        .scalar_subquery()
    )


def _join_given() -> ScalarSelect[str]:
    """Return the subquery that joins what models were given for a version: `version:model`."""
    grounding = GenerationGroundingRow
    pair = cast(grounding.parent_id, Text) + ":" + cast(GenerationRow.model_id, Text)
    return (
        select(func.aggregate_strings(pair, ","))
        .join_from(grounding, GenerationRow, GenerationRow.id == grounding.generation_id)
        .where(grounding.version_id == VersionRow.id, STANDS)
        .correlate(VersionRow)
        .scalar_subquery()
    )


def _read_pairs(text: str) -> list[tuple[int, int]]:
    pairs = (pair.split(":") for pair in text.split(","))
    return [(int(version), int(model)) for version, model in pairs]
