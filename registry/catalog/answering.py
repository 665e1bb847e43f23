"""The answer of a lineage query, from the versions that were reached and those that are meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection

from registry.catalog.audit import find_withdrawals
from registry.catalog.holding import Held, find_holding
from registry.catalog.parents import read_ids
from registry.catalog.reaching import Reached
from registry.catalog.tables import AS_IS
from registry.catalog.writers import load_writers
from registry.domain.graph import Selected
from registry.domain.lineage import Learner, Lineage, LineageEdge, LineageNode
from registry.domain.names import reference_to
from registry.domain.quantities import format_number
from registry.domain.version import VersionState


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer says of the question."""

    reference: str
    direction: str
    starts: frozenset[int]
    limit: int | None


@dataclass(frozen=True, slots=True)
class ReachedVersions:
    """What a query reached, by id."""

    facts: dict[int, Reached]
    names: dict[int, str]
    """References."""

    parents: dict[int, list[int]]

    @classmethod
    def of(cls, reached: Sequence[Reached]) -> Self:
        """Index what a query reached."""
        return cls(
            facts={one.id: one for one in reached},
            names={one.id: reference_to(one.name, one.number) for one in reached},
            parents={one.id: read_ids(one.parents) for one in reached},
        )


@dataclass(frozen=True, slots=True)
class Models:
    """What an answer tells of the models of an impact."""

    through: Mapping[int, str]
    """By which model a version was reached that was not made from what was asked for."""

    learners: Sequence[Learner]
    """With all versions that they were trained on, shown or not."""


_NO_MODELS = Models(through={}, learners=())


def answer(
    connection: Connection,
    question: Question,
    versions: ReachedVersions,
    selected: Selected[int],
    *,
    models: Models = _NO_MODELS,
) -> Lineage:
    """Return the selected versions with every edge among them, the nearest first."""
    facts, names, parents = versions.facts, versions.names, versions.parents
    depths, limit = selected.depths, question.limit
    nearest = sorted(depths, key=lambda one: (depths[one], names[one]))
    kept = nearest if limit is None else nearest[: max(limit, 1)]
    makings = {one: _making(facts[one], names[one]) for one in kept}
    held = {one: Held(facts[one].licence, facts[one].basis, parents[one]) for one in facts}
    licences = find_holding(connection, held)
    written = {one: names[one] for one in kept if facts[one].has_writers}
    withdrawals = _find_reasons(connection, [facts[one] for one in kept], names)
    through = models.through
    cut = f"{format_number(len(nearest), 'version')} fit, the limit is {limit:,}" if limit else ""
    return Lineage(
        reference=question.reference,
        direction=question.direction,
        starts=tuple(sorted(names[one] for one in question.starts.intersection(makings))),
        nodes=tuple(
            LineageNode.trusted(
                {
                    **_describe(facts[one], names[one]),
                    "withdrawal": withdrawals.get(names[one]),
                    "licence": licences[one],
                    "num_documents": facts[one].num_documents,
                    "num_bytes": facts[one].num_bytes,
                    "digest": facts[one].digest,
                    "depth": depths[one],
                    "through": through.get(one),
                }
            )
            for one in kept
        ),
        edges=tuple(
            LineageEdge.trusted({"parent": names[parent], **makings[child]})
            for child in sorted(makings)
            for parent in sorted(parents[child])
            if parent in makings
        ),
        continues=selected.continues,
        truncated=len(kept) < len(nearest),
        reason=cut if len(kept) < len(nearest) else None,
        limit=limit,
        writers=load_writers(connection, written),
        learners=_cut(models.learners, {names[one] for one in kept}) if models.learners else (),
    )


def _cut(learners: Sequence[Learner], shown: set[str]) -> tuple[Learner, ...]:
    """Return the models that were trained on what is shown, with that alone."""
    told = ((one, tuple(sorted(shown.intersection(one.trained_on)))) for one in learners)
    return tuple(one.model_copy(update={"trained_on": left}) for one, left in told if left)


def _find_reasons(
    connection: Connection, kept: Sequence[Reached], names: Mapping[int, str]
) -> dict[str, str]:
    withdrawn = [names[one.id] for one in kept if one.state is VersionState.WITHDRAWN]
    if not withdrawn:
        return {}
    found = find_withdrawals(connection, withdrawn)
    return {name: withdrawal.reason for name, withdrawal in found.items()}


def _describe(one: Reached, name: str) -> dict[str, object]:
    return {"reference": name, "kind": one.kind, "content": one.content, "state": one.state}


def _making(one: Reached, name: str) -> dict[str, object]:
    """Return what the edges into a version have in common: the one run that made it."""
    return {
        "child": name,
        "run": one.run,
        "operation": one.operation,
        "recipe": None if one.recipe_id == AS_IS else f"{one.recipe} {one.recipe_version}",
        "finished_at": one.finished_at,
    }
