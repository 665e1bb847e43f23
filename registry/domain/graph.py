"""Walks over a lineage graph: generations, and the paths from one version to another.

No walk is recursive, so that chains of any length are followed, and each looks at an edge once,
however many paths lead over it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from registry.domain.selection import Selection, Term

Node = TypeVar("Node", int, str)


@dataclass(frozen=True, slots=True)
class Selected(Generic[Node]):
    """What a selection finds."""

    depths: dict[Node, int]
    """The shortest distance of each selected version from where a term starts, in edges."""

    continues: bool
    """Whether a term that names a number of generations would find more without it."""


def invert(neighbours: Mapping[Node, Iterable[Node]]) -> dict[Node, list[Node]]:
    """Return the children of each version by the parents of each, or the other way round."""
    inverted: defaultdict[Node, list[Node]] = defaultdict(list)
    for near, reached in neighbours.items():
        for far in reached:
            inverted[far].append(near)
    return dict(inverted)


def select(
    selection: Selection,
    starts: Mapping[Term, Collection[Node]],
    *,
    parents: Mapping[Node, Collection[Node]],
    children: Mapping[Node, Collection[Node]],
) -> Selected[Node]:
    """Return what a selection finds in a graph.

    Args:
        selection: The terms.
        starts: The versions that each term names, before any generation is added.
        parents: What each version was made from.
        children: What was made from each version.

    Example:
        >>> chain = {1: [], 2: [1], 3: [2]}
        >>> selection = Selection.parse("1+a/b")
        >>> select(selection, {selection.terms[0]: [3]}, parents=chain, children=invert(chain))
        Selected(depths={3: 0, 2: 1}, continues=True)
    """
    if len(selection.groups) == len(selection.terms) == 1:
        (term,) = selection.terms
        return _select_term(term, starts[term], parents=parents, children=children)
    found = {
        term: _select_term(term, starts[term], parents=parents, children=children)
        for term in selection.terms
    }
    depths: dict[Node, int] = {}
    for group in selection.groups:
        selected = [found[term].depths for term in group]
        for node in set.intersection(*map(set, selected)):
            nearest = min(one[node] for one in selected)
            depths[node] = min(nearest, depths.get(node, nearest))
    return Selected(depths, any(one.continues for one in found.values()))


def find_depths(
    starts: Iterable[Node], neighbours: Mapping[Node, Collection[Node]], limit: int | None = None
) -> dict[Node, int]:
    """Return the shortest distance of each version that is reached, breadth first.

    Args:
        starts: Where the walk begins.
        neighbours: The next versions in the direction that is followed.
        limit: At most so many edges away; None: any.
    """
    depths = dict.fromkeys(starts, 0)
    front, depth = list(depths), 0
    while front and depth != limit:
        depth += 1
        reached = []
        for near in front:
            for far in neighbours.get(near, ()):
                if far not in depths:
                    depths[far] = depth
                    reached.append(far)
        front = reached
    return depths


def has_more(
    depths: Mapping[Node, int], neighbours: Mapping[Node, Collection[Node]], limit: int | None
) -> bool:
    """Return whether a walk of so many steps would go on without that number; None: it did."""
    # No generation at all is not a walk that was cut.
    if not limit:
        return False
    last = (node for node, depth in depths.items() if depth == limit)
    return any(far not in depths for node in last for far in neighbours.get(node, ()))


def count_paths(source: Node, target: Node, children: Mapping[Node, Collection[Node]]) -> int:
    """Return how many paths lead from a source to a target, exactly; 1 from a version to itself.

    Example:
        >>> count_paths(1, 4, {1: [2, 3], 2: [4], 3: [4]})
        2
    """
    paths: defaultdict[Node, int] = defaultdict(int, {source: 1})
    for near in _sort_by_edges(source, children):
        for far in children.get(near, ()):
            paths[far] += paths[near]
    return paths[target]


def iter_paths(
    source: Node, target: Node, children: Mapping[Node, Collection[Node]]
) -> Iterator[tuple[Node, ...]]:
    """Yield each path from a source to a target, one of the shortest first; never a dead end.

    Where a path forks, the branch that is nearer to the target comes first, of equals by name.
    """
    left = find_depths([target], invert(children))
    if source not in left:
        return

    def onward(near: Node) -> Iterator[Node]:
        fitting = [far for far in children.get(near, ()) if far in left]
        return iter(sorted(fitting, key=lambda far: (left[far], far)))

    path, forks = [source], [onward(source)]
    while forks:
        if path[-1] == target:
            yield tuple(path)
            following = None
        else:
            following = next(forks[-1], None)
        if following is None:
            path.pop()
            forks.pop()
        else:
            path.append(following)
            forks.append(onward(following))


def _select_term(
    term: Term,
    starts: Collection[Node],
    *,
    parents: Mapping[Node, Collection[Node]],
    children: Mapping[Node, Collection[Node]],
) -> Selected[Node]:
    if term.is_closed:
        below = find_depths(starts, children)
        above = find_depths(below, parents)
        return Selected(above | below, continues=False)
    above = find_depths(starts, parents, term.up)
    below = find_depths(starts, children, term.down)
    nearest = {one: min(depth, above.get(one, depth)) for one, depth in below.items()}
    return Selected(
        above | nearest,
        continues=has_more(above, parents, term.up) or has_more(below, children, term.down),
    )


def _sort_by_edges(source: Node, children: Mapping[Node, Collection[Node]]) -> Iterator[Node]:
    """Yield what is reached from a source so that each version comes behind all before it."""
    reached = find_depths([source], children)
    waiting = dict.fromkeys(reached, 0)
    for near in reached:
        for far in children.get(near, ()):
            waiting[far] += 1
    ready = [source]
    while ready:
        near = ready.pop()
        yield near
        for far in children.get(near, ()):
            waiting[far] -= 1
            if not waiting[far]:
                ready.append(far)
