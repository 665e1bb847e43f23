"""Lineage against a walk that looks at one edge at a time."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.domain.graph import invert
from registry.domain.lineage import Lineage
from registry.domain.run import Operation
from registry.domain.selection import Selection
from registry.domain.version import Content
from registry.errors import UnknownError
from tests.catalog.factories import WHO, digest, make_draft, make_recipe, make_run, ref, seal


def build(catalog, graph, space="g"):
    """Seal a version for each node; `graph` holds the parents of each, all of them earlier."""
    drafts = []
    for number, parents in enumerate(graph):
        inputs = tuple(f"{space}/d{parent}@1" for parent in parents)
        drafts.append((make_draft(f"{space}/d{number}", inputs=inputs), make_run()))
    catalog.versions.seal_many(drafts, **WHO)


def walk(graph, start, *, upstream):
    """Return the depth of each node that is reached, by brute force."""
    edges = {(parent, child) for child, parents in enumerate(graph) for parent in parents}
    depths, depth, front = {start: 0}, 0, {start}
    while front:
        depth += 1
        front = {
            parent if upstream else child
            for parent, child in edges
            if (child if upstream else parent) in front
        } - depths.keys()
        depths |= dict.fromkeys(front, depth)
    return depths, {
        (parent, child) for parent, child in edges if parent in depths and child in depths
    }


graphs = st.integers(1, 12).flatmap(
    lambda size: st.tuples(
        *(
            st.sets(st.integers(0, number - 1), max_size=4) if number else st.just(set())
            for number in range(size)
        )
    )
)
spaces = iter(range(1_000_000))


@given(graph=graphs, data=st.data())
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_lineage_is_what_a_brute_force_walk_finds(catalog, graph, data):
    space = f"g{next(spaces)}"
    build(catalog, graph, space)
    start = data.draw(st.integers(0, len(graph) - 1))
    for upstream in (True, False):
        follow = catalog.lineage.upstream if upstream else catalog.lineage.downstream
        answer = follow(ref(f"{space}/d{start}"))
        depths, edges = walk(graph, start, upstream=upstream)

        assert {f"{space}/d{node}@1": depth for node, depth in depths.items()} == {
            node.reference: node.depth for node in answer.nodes
        }
        assert sorted((f"{space}/d{one}@1", f"{space}/d{two}@1") for one, two in edges) == sorted(
            (edge.parent, edge.child) for edge in answer.edges
        )
        assert not answer.truncated


def spread(edges, starts, limit):
    """Return what is reached in so many steps, one step at a time."""
    reached = set(starts)
    for _ in range(len(edges) if limit is None else min(limit, len(edges))):
        reached |= {far for near in reached for far in edges.get(near, ())}
    return reached


generations = st.one_of(st.none(), st.integers(0, 5), st.just(40))


@given(graph=graphs, data=st.data())
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_selection_is_what_a_brute_force_walk_finds(catalog, graph, data):
    """Unions of intersections of terms with every operator, on random graphs."""
    space = f"s{next(spaces)}"
    build(catalog, graph, space)
    parents = dict(enumerate(graph))
    children = invert(parents)
    wanted, groups = set(), []
    for _ in range(data.draw(st.integers(1, 3))):
        texts, found = [], []
        for _ in range(data.draw(st.integers(1, 2))):
            start = data.draw(st.integers(0, len(graph) - 1))
            up, down = data.draw(generations), data.draw(generations)
            if data.draw(st.integers(0, 3)):
                texts.append(
                    f"{'' if up is None else up}+{space}/d{start}+{'' if down is None else down}"
                )
                found.append(spread(parents, {start}, up) | spread(children, {start}, down))
            else:
                texts.append(f"@{space}/d{start}")
                found.append(spread(parents, spread(children, {start}, None), None))
        groups.append(",".join(texts))
        wanted |= set.intersection(*found)
    answer = catalog.lineage.select(Selection.parse(" ".join(groups)))

    assert {f"{space}/d{node}@1" for node in wanted} == {node.reference for node in answer.nodes}
    assert sorted(
        (f"{space}/d{parent}@1", f"{space}/d{child}@1")
        for child in wanted
        for parent in graph[child]
        if parent in wanted
    ) == sorted((edge.parent, edge.child) for edge in answer.edges)


def find(catalog, text):
    """Return what a selection finds, by reference."""
    return sorted(node.reference for node in catalog.lineage.select(Selection.parse(text)).nodes)


def test_methods_start_from_every_version_that_fits(catalog):
    seal(catalog, "web/cc", "a", tags=("old",))
    seal(catalog, "web/cc", "b", tags=("release",))
    seal(catalog, "math/qa", "c", kind="synthetic", tags=("release",))
    draft = make_draft("math/qa.tiny", "d", inputs=("math/qa@1", "web/cc@1"))
    tokens = draft.model_copy(update={"content": Content.TOKENS})
    catalog.versions.seal(tokens, run=make_run(), **WHO)
    catalog.versions.withdraw(ref("web/cc@1"), reason="takedown", **WHO)

    assert ["web/cc@2"] == find(catalog, "web/cc")
    assert ["web/cc@1", "web/cc@2"] == find(catalog, "dataset:web/cc")
    assert ["math/qa.tiny@1", "math/qa@1"] == find(catalog, "space:math")
    assert ["math/qa@1", "web/cc@2"] == find(catalog, "tag:release")
    assert ["math/qa@1"] == find(catalog, "tag:release,kind:synthetic")
    assert ["math/qa.tiny@1"] == find(catalog, "content:tokens")
    assert ["web/cc@1"] == find(catalog, "state:withdrawn,+math/qa.tiny")
    assert ["math/qa.tiny@1", "math/qa@1", "web/cc@1"] == find(catalog, "@tag:old")
    assert [] == find(catalog, "kind:evaluation+")
    with pytest.raises(UnknownError, match="no tag 'releas'") as caught:
        find(catalog, "web/cc tag:releas")
    assert "did you mean release?" == caught.value.hint


def test_an_answer_tells_whether_more_lies_beyond_its_generations(catalog):
    build(catalog, [set(), {0}, {1}, {2}])

    assert {
        "1+g/d3": True,
        "3+g/d3": False,
        "9+g/d3": False,
        "g/d0+2": True,
        "g/d0+3": False,
        "g/d1": False,
        "+g/d1+1": True,
    } == {
        text: catalog.lineage.select(Selection.parse(text)).continues
        for text in ("1+g/d3", "3+g/d3", "9+g/d3", "g/d0+2", "g/d0+3", "g/d1", "+g/d1+1")
    }


@pytest.mark.parametrize("size", [2, 60])
def test_a_selection_takes_no_statement_a_version(catalog, statements, size):
    build(catalog, [{number - 1} if number else set() for number in range(size)])
    catalog.datasets.tag(ref("g/d0"), "first", **WHO)
    statements.clear()
    text = f"1+g/d{size - 1}+2,+g/d1 @g/d1 tag:first+ space:g,kind:text +g/d0@1"
    catalog.lineage.select(Selection.parse(text))

    # Bare references, numbered ones, tags, and the graph.
    assert 4 == len(statements)


@pytest.mark.parametrize("size", [2, 60])
def test_withdrawals_take_one_statement_however_many_there_are(catalog, statements, size):
    build(catalog, [{number - 1} if number else set() for number in range(size)])
    for number in range(size):
        catalog.versions.withdraw(ref(f"g/d{number}"), reason=f"reason {number}", **WHO)
    statements.clear()
    nodes = catalog.lineage.upstream(ref(f"g/d{size - 1}")).nodes

    assert [f"reason {number}" for number in reversed(range(size))] == [
        node.withdrawal for node in nodes
    ]
    assert 3 == len(statements)


@pytest.mark.parametrize("size", [2, 60])
def test_facts_of_fields_take_no_statement_a_version(catalog, statements, size):
    build(catalog, [{number - 1} if number else set() for number in range(size)])
    statements.clear()
    facts = catalog.lineage.field_facts([f"g/d{number}@1" for number in range(size)])

    assert [("text",)] * size == [one.fields for one in facts.values()]
    assert [("text",)] * size == [one.readings[0].text_columns for one in facts.values()]
    assert 4 == len(statements)


@pytest.mark.slow
def test_diamonds_of_100_000_versions_are_whole(catalog, engine):
    """Each diamond is one version, two made from it, and one made from both.

    On PostgreSQL fewer: to seal them is what takes minutes there.
    """
    graph = [set()]
    while len(graph) < (100_000 if engine == "sqlite" else 5_000):
        top = len(graph) - 1
        graph += [{top}, {top}, {top + 1, top + 2}]
    build(catalog, graph)
    last = len(graph) - 1
    upstream = catalog.lineage.upstream(ref(f"g/d{last}"))
    beside = catalog.lineage.select(Selection.parse(f"40+g/d{last} g/d0+1"))

    assert (len(graph), sum(map(len, graph))) == (len(upstream.nodes), len(upstream.edges))
    assert 2 * (len(graph) // 3) == max(node.depth for node in upstream.nodes)
    assert 1 + 20 * 3 + 3 == len(beside.nodes)


def test_a_node_says_what_its_version_says(catalog):
    version = seal(catalog, licence="MIT").version
    node = catalog.lineage.upstream(ref("web/cc")).nodes[0]

    shared = ("reference", "kind", "content", "state", "licence", "num_documents", "digest")
    assert [getattr(version, name) for name in shared] == [getattr(node, name) for name in shared]


def test_an_edge_names_run_operation_and_recipe(catalog):
    seal(catalog, "web/in")
    run = make_run(operation=Operation.NORMALIZE)
    draft = make_draft("web/out", inputs=("web/in@1",), recipe=make_recipe())
    version = catalog.versions.seal(draft, run=run, **WHO).version
    (edge,) = catalog.lineage.upstream(ref("web/out")).edges

    assert ("web/in@1", "web/out@1", version.run, Operation.NORMALIZE) == (
        edge.parent,
        edge.child,
        edge.run,
        edge.operation,
    )
    assert ("text-default 1.0.0", WHO["at"]) == (edge.recipe, edge.finished_at)


@pytest.mark.parametrize("direction", ["upstream", "downstream"])
def test_an_answer_is_what_a_checked_one_would_be(catalog, direction):
    seal(catalog, "web/in")
    seal(catalog, "web/mid", inputs=("web/in@1",), recipe=make_recipe())
    seal(catalog, "web/out", inputs=("web/mid@1", "web/in@1"))
    answer = getattr(catalog.lineage, direction)(ref("web/mid"))
    checked = Lineage.model_validate(answer.model_dump(), strict=True)

    assert checked == answer
    assert repr(checked) == repr(answer)
    assert checked.model_dump_json() == answer.model_dump_json()


def test_nodes_come_nearest_first_then_by_reference(catalog):
    build(catalog, [set(), set(), {0}, {1}, {2, 3}])

    assert ["g/d4@1", "g/d2@1", "g/d3@1", "g/d0@1", "g/d1@1"] == [
        node.reference for node in catalog.lineage.upstream(ref("g/d4")).nodes
    ]


def test_a_chain_of_700_generations_is_whole(catalog):
    build(catalog, [{number - 1} if number else set() for number in range(700)])
    upstream = catalog.lineage.upstream(ref("g/d699"))

    assert [(f"g/d{699 - depth}@1", depth) for depth in range(700)] == [
        (node.reference, node.depth) for node in upstream.nodes
    ]
    assert 699 == len(upstream.edges)
    assert 700 == len(catalog.lineage.downstream(ref("g/d0")).nodes)


def test_layers_that_are_fully_joined_do_not_explode(catalog):
    width, layers = 10, 12
    graph = [
        set(range((layer - 1) * width, layer * width)) if layer else set()
        for layer in range(layers)
        for _ in range(width)
    ]
    build(catalog, graph)
    answer = catalog.lineage.upstream(ref(f"g/d{len(graph) - 1}"))

    assert (layers - 1) * width + 1 == len(answer.nodes)


def test_a_cut_answer_says_so_and_keeps_the_nearest(catalog):
    build(catalog, [set(), {0}, {1}, {2}])
    cut = catalog.lineage.upstream(ref("g/d3"), limit=2)

    assert ["g/d3@1", "g/d2@1"] == [node.reference for node in cut.nodes]
    assert [("g/d2@1", "g/d3@1")] == [(edge.parent, edge.child) for edge in cut.edges]
    assert (True, 2) == (cut.truncated, cut.limit)


def test_a_limit_that_is_not_reached_does_not_cut(catalog):
    build(catalog, [set(), {0}])

    assert not catalog.lineage.upstream(ref("g/d1"), limit=2).truncated


@pytest.mark.parametrize("size", [2, 60])
def test_the_number_of_statements_does_not_grow_with_the_graph(catalog, statements, size):
    build(catalog, [{number - 1} if number else set() for number in range(size)])
    statements.clear()
    catalog.lineage.upstream(ref(f"g/d{size - 1}"))

    assert 2 == len(statements)


def test_parents_and_children_are_the_next_ones_only(catalog):
    build(catalog, [set(), {0}, {0, 1}, {2}])

    assert ["g/d0@1", "g/d1@1"] == catalog.lineage.parents(ref("g/d2"))
    assert ["g/d1@1", "g/d2@1"] == catalog.lineage.children(ref("g/d0"))


def test_the_same_input_twice_is_one_edge(catalog):
    seal(catalog, "web/in")
    seal(catalog, "web/out", inputs=("web/in@1", "web/in@1"))

    assert 1 == len(catalog.lineage.upstream(ref("web/out")).edges)


def test_versions_of_one_dataset_are_joined_only_where_one_was_made_from_the_other(catalog):
    seal(catalog, content="a")
    seal(catalog, content="b")
    seal(catalog, content="c", inputs=("web/cc@2",), derivation=digest("how"))

    assert ["web/cc@3", "web/cc@2"] == [
        node.reference for node in catalog.lineage.upstream(ref("web/cc")).nodes
    ]


def test_an_unknown_version_has_no_lineage(catalog):
    with pytest.raises(UnknownError):
        catalog.lineage.upstream(ref("web/none"))
