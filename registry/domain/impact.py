"""What a change of a version reaches: what was made from it, and what models learned from that.

What was made from a version holds something of it. What a model wrote that was trained on it, or
that was given it, may: a taint, no derivation. A model is a step of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from registry.domain.graph import find_depths, has_more, invert


@dataclass(frozen=True, slots=True)
class ImpactGraph:
    """The versions that may be reached, by id, with the models beside them."""

    parents: Mapping[int, Sequence[int]]
    """What each version was made from."""

    learners: Mapping[int, Sequence[int]]
    """The models that were trained on each version."""

    writers: Mapping[int, Sequence[int]]
    """The models that wrote each version."""

    given: Mapping[int, Sequence[tuple[int, int]]]
    """The versions that a model was given when it wrote a version, each with that model."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What is reached."""

    depths: dict[int, int]
    """The versions, with the fewest steps to each."""

    models: dict[int, int]
    """The models that were trained on them, with the fewest steps to each."""

    through: dict[int, int]
    """The last model on the way to each version that was not made from the first one."""

    continues: bool
    """Whether more lies beyond the number of steps that was asked for."""


def find_impact(graph: ImpactGraph, start: int, *, limit: int | None = None) -> Impact:
    """Return what is reached from a version.

    Args:
        graph: The versions in reach, and those one step behind where there is a limit.
        start: The version.
        limit: At most so many steps; None: any.

    Example:
        >>> graph = ImpactGraph({1: [], 2: [1], 3: []}, {2: [7]}, {3: [7]}, {})
        >>> find_impact(graph, 1)
        Impact(depths={1: 0, 2: 1, 3: 3}, models={7: 2}, through={3: 7}, continues=False)
    """
    steps = _list_steps(graph)
    reached = find_depths([start], steps, limit)
    depths = {key: depth for key, depth in reached.items() if key > 0}
    return Impact(
        depths=depths,
        models={-key: depth for key, depth in reached.items() if key < 0},
        through=_find_models(graph, start, reached),
        continues=has_more(reached, steps, limit),
    )


def _list_steps(graph: ImpactGraph) -> dict[int, list[int]]:
    """Return the next ones of each version and model; a model stands under its negative id."""
    steps: defaultdict[int, list[int]] = defaultdict(list)
    for child, parents in graph.parents.items():
        for parent in parents:
            steps[parent].append(child)
    for version, given in graph.given.items():
        for parent, _ in given:
            steps[parent].append(version)
    for version, learners in graph.learners.items():
        steps[version] += [-model for model in learners]
    for version, writers in graph.writers.items():
        for model in writers:
            steps[-model].append(version)
    return steps


def _find_models(graph: ImpactGraph, start: int, reached: Mapping[int, int]) -> dict[int, int]:
    if not (graph.writers or graph.given):
        return {}
    made: Collection[int] = find_depths([start], invert(graph.parents))
    through: dict[int, int] = {}
    # The nearest first, so that a parent is known before its children.
    for key, depth in reached.items():
        if key > 0 and key not in made:
            before = depth - 1
            wrote = [one for one in graph.writers.get(key, ()) if reached.get(-one) == before]
            were_given = [
                one for old, one in graph.given.get(key, ()) if reached.get(old) == before
            ]
            passed_on = [through[old] for old in graph.parents[key] if reached.get(old) == before]
            through[key] = min(wrote or were_given or passed_on)
    return through
