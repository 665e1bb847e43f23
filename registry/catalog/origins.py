"""The way upstream through models: from what a model wrote to what it was trained on."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    Connection,
    Dialect,
    FromClause,
    ScalarSelect,
    Select,
    Text,
    cast,
    func,
    select,
    true,
    union_all,
)

from registry.catalog.loading import STANDS, AnyRow
from registry.catalog.parents import read_ids
from registry.catalog.tables import (
    GenerationGroundingRow,
    GenerationRow,
    LineageEdgeRow,
    ModelRow,
    ModelTrainingRow,
    VersionRow,
)
from registry.domain.generation import Role

WRITING = tuple(role for role in Role if role.writes)
"""The roles in which the text is a model's."""


@dataclass(frozen=True, slots=True)
class Origins:
    """The models behind versions, and the versions behind models."""

    models: dict[int, AnyRow]
    """All models that wrote or judged, by id."""

    trained_on: dict[int, tuple[int, ...]]
    """The versions that each model was trained on, as stated."""

    stated: dict[int, list[AnyRow]]
    """What is stated of each version, oldest first."""

    grounded_in: dict[int, list[int]]
    """The versions that a model was given, beside the parents, by what is stated."""

    def writers(self, version_id: int) -> tuple[int, ...]:
        """Return the models that wrote a version, each once."""
        wrote = (row.model_id for row in self.stated.get(version_id, ()) if row.role.writes)
        return tuple(dict.fromkeys(wrote))

    def groundings(self, version_id: int) -> set[int]:
        """Return the versions that the models of a version were given."""
        stated = self.stated.get(version_id, ())
        return {parent for row in stated for parent in self.grounded_in.get(row.id, ())}


def reach_origins(dialect: Dialect, starts: Sequence[int]) -> CTE:
    """Return the query of the ids of versions and all that is upstream, through models too."""
    reached = select(VersionRow.id).where(VersionRow.id.in_(starts)).cte("reached", recursive=True)
    return follow(dialect.name, reached, _list_ways(), lambda way: select(way.c.far))


def follow(
    engine: str,
    reached: CTE,
    ways: Sequence[Select[*tuple[Any, ...]]],
    select_next: Callable[[FromClause], Select[*tuple[Any, ...]]],
) -> CTE:
    """Return the recursion that follows ways from what is reached.

    Args:
        engine: The name of the database's dialect.
        reached: Where it begins, by `id`.
        ways: Queries of steps, each from `near` to `far`.
        select_next: What is reached by a step, as the columns of `reached`.
    """
    if engine == "postgresql":
        # One recursive term is all it takes; left to itself it reads all edges anew for every
        # generation.
        near = [
            way.where(way.selected_columns.near == reached.c.id).correlate(reached) for way in ways
        ]
        every = union_all(*near).lateral("ways")
        return reached.union(select_next(every).join_from(reached, every, true()))
    # As one term it would read all edges first: a compound in a recursion uses no index.
    steps = [way.subquery(f"way_{number}") for number, way in enumerate(ways)]
    return reached.union(
        *(select_next(step).join_from(reached, step, step.c.near == reached.c.id) for step in steps)
    )


def join_groundings() -> ScalarSelect[str]:
    """Return the subquery that joins the ids of what the model of each generation was given."""
    grounding = GenerationGroundingRow
    return (
        select(func.aggregate_strings(cast(grounding.parent_id, Text), ","))
        .where(grounding.generation_id == GenerationRow.id)
        .correlate(GenerationRow)
        .scalar_subquery()
    )


def _list_ways() -> list[Select[int, int]]:
    """Return the queries of all steps upstream: to parents, through models, to what they got."""
    edge, training, grounding = LineageEdgeRow, ModelTrainingRow, GenerationGroundingRow
    return [
        select(edge.child_id.label("near"), edge.parent_id.label("far")),
        select(GenerationRow.version_id.label("near"), training.version_id.label("far"))
        .join_from(GenerationRow, training, training.model_id == GenerationRow.model_id)
        .where(GenerationRow.role.in_(WRITING), STANDS),
        select(grounding.version_id.label("near"), grounding.parent_id.label("far"))
        .join_from(grounding, GenerationRow, GenerationRow.id == grounding.generation_id)
        .where(STANDS),
    ]


def load_origins(connection: Connection, reached: CTE) -> Origins:
    """Return the models behind the versions that are reached, in two statements at most."""
    generation = GenerationRow
    query = (
        select(generation, *_MODEL, join_groundings().label("groundings"))
        .join_from(reached, generation, generation.version_id == reached.c.id)
        .outerjoin(ModelRow, ModelRow.id == generation.model_id)
        .where(STANDS)
        .order_by(generation.id)
    )
    stated: defaultdict[int, list[AnyRow]] = defaultdict(list)
    models: dict[int, AnyRow] = {}
    grounded_in: dict[int, list[int]] = {}
    for row in connection.execute(query):
        stated[row.version_id].append(row)
        grounded_in[row.id] = sorted(read_ids(row.groundings))
        if row.model_id is not None:
            models[row.model_id] = row
    return Origins(
        models=models,
        trained_on=load_trainings(connection, models) if models else {},
        stated=dict(stated),
        grounded_in=grounded_in,
    )


def load_trainings(connection: Connection, models: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Return the versions that models were trained on, in the order stated."""
    wanted = list(models)
    training = ModelTrainingRow
    query = (
        select(training.model_id, training.version_id)
        .where(training.model_id.in_(wanted))
        .order_by(training.model_id, training.position)
    )
    found: dict[int, list[int]] = {model_id: [] for model_id in wanted}
    for model_id, version_id in connection.execute(query):
        found[model_id].append(version_id)
    return {model_id: tuple(versions) for model_id, versions in found.items()}


_MODEL = (
    ModelRow.name,
    ModelRow.revision,
    ModelRow.output_licence,
    ModelRow.output_terms,
    ModelRow.terms_url,
    ModelRow.actor.label("model_actor"),
    ModelRow.added_at,
)
