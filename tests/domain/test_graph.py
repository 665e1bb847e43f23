"""Walks against brute force: every subset, every path, one edge at a time."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.graph import count_paths, find_depths, invert, iter_paths, select
from registry.domain.selection import Selection

graphs = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        *(
            st.sets(st.integers(0, number - 1), max_size=4) if number else st.just(set())
            for number in range(size)
        )
    ).map(lambda rows: {number: sorted(parents) for number, parents in enumerate(rows)})
)


def walk(graph, starts, limit):
    """The generations of a walk, one step at a time, over a graph of neighbours."""
    reached = set(starts)
    for _ in range(len(graph) if limit is None else min(limit, len(graph))):
        reached |= {far for near in reached for far in graph.get(near, ())}
    return reached


def list_paths(children, here, target):
    """Every path, by recursion."""
    if here == target:
        return [(here,)]
    return [
        (here, *rest)
        for following in children.get(here, ())
        for rest in list_paths(children, following, target)
    ]


@given(graph=graphs, data=st.data())
def test_one_term_selects_what_a_walk_reaches(graph, data):
    up, down = (data.draw(st.one_of(st.none(), st.integers(0, 4))) for _ in range(2))
    start = data.draw(st.integers(0, len(graph) - 1))
    term = f"{'' if up is None else up}+a/b+{'' if down is None else down}"
    selection = Selection.parse(term)
    children = invert(graph)
    found = select(selection, {selection.terms[0]: [start]}, parents=graph, children=children)
    wanted = walk(graph, [start], up) | walk(children, [start], down)
    more = any(
        limit and walk(edges, [start], limit) != walk(edges, [start], limit + 1)
        for edges, limit in ((graph, up), (children, down))
    )

    assert wanted == found.depths.keys()
    assert bool(more) == found.continues


@given(graph=graphs, data=st.data())
def test_unions_and_intersections_are_those_of_their_terms(graph, data):
    nodes = st.integers(0, len(graph) - 1)
    one, two, three = (data.draw(st.sets(nodes)) for _ in range(3))
    selection = Selection.parse("+a/one,a/two+1 @a/three")
    children = invert(graph)
    starts = dict(zip(selection.terms, (one, two, three), strict=True))
    found = select(selection, starts, parents=graph, children=children)
    closed = walk(graph, walk(children, three, None), None)

    assert (walk(graph, one, None) & walk(children, two, 1)) | closed == found.depths.keys()


@given(graph=graphs, data=st.data())
def test_depths_are_shortest_distances(graph, data):
    start = data.draw(st.integers(0, len(graph) - 1))
    for node, depth in find_depths([start], graph).items():
        lengths = [len(path) - 1 for path in list_paths(graph, start, node)]

        assert min(lengths) == depth


@given(graph=graphs, data=st.data())
def test_paths_are_all_paths_each_once_a_shortest_first(graph, data):
    source, target = (data.draw(st.integers(0, len(graph) - 1)) for _ in range(2))
    children = invert(graph)
    wanted = list_paths(children, source, target)
    found = list(iter_paths(source, target, children))

    assert sorted(wanted) == sorted(found)
    assert len(wanted) == count_paths(source, target, children)
    if found:
        assert min(map(len, wanted)) == len(found[0])


def ladder(rungs):
    """Diamonds one above the other: each is two paths from one version to the next."""
    children = {}
    for number in range(rungs):
        top = number * 3
        children |= {top: [top + 1, top + 2], top + 1: [top + 3], top + 2: [top + 3]}
    return children


@pytest.mark.parametrize("rungs", [2, 700, 33_333])
def test_paths_through_diamonds_double_with_each(rungs):
    children = ladder(rungs)

    assert 1 << rungs == count_paths(0, 3 * rungs, children)
    assert [2 * rungs + 1] * 3 == [
        len(path) for path in islice(iter_paths(0, 3 * rungs, children), 3)
    ]


def test_a_chain_longer_than_the_stack_is_followed():
    children = {number: [number + 1] for number in range(100_000)}

    assert 1 == count_paths(0, 100_000, children)
    assert 100_001 == len(next(iter_paths(0, 100_000, children)))
    assert 100_000 == find_depths([0], children)[100_000]
