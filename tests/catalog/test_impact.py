"""Impact, through models too, against a walk that looks at one edge at a time."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.domain.lineage import Learner
from tests.catalog.factories import WHO, make_draft, make_generation, make_model, make_run, ref

ROLES = ("generator", "rewriter", "judge")


@st.composite
def worlds(draw):
    """Return for each version its parents, and who wrote it: role, training data, seeds."""
    versions = []
    for number in range(draw(st.integers(1, 8))):
        earlier = st.sets(st.integers(0, number - 1), max_size=3) if number else st.just(set())
        writer = st.tuples(st.sampled_from(ROLES), earlier, earlier)
        versions.append((draw(earlier), draw(st.none() | writer)))
    return versions


def build(catalog, world, space):
    """Seal the versions; each model is named by the version that it wrote or judged."""
    for number, (parents, writer) in enumerate(world):
        generation = None
        if writer is not None:
            role, trained_on, seeds = writer
            model = f"{space}/m{number}@v1"
            catalog.models.add(make_model(model, trained_on=name(space, trained_on)), **WHO)
            generation = make_generation(model, role=role, grounded_in=name(space, seeds))
        draft = make_draft(f"{space}/d{number}", inputs=name(space, parents), generation=generation)
        catalog.versions.seal(draft, run=make_run(), **WHO)


def name(space, numbers):
    return tuple(f"{space}/d{number}@1" for number in sorted(numbers))


def list_steps(world):
    """Return all steps: of versions by their number, of models by its negative less one."""
    steps = set()
    for number, (parents, writer) in enumerate(world):
        steps |= {(parent, number) for parent in parents}
        if writer is not None:
            role, trained_on, seeds = writer
            steps |= {(learned, -1 - number) for learned in trained_on}
            steps |= {(seed, number) for seed in seeds}
            steps |= {(-1 - number, number)} if role != "judge" else set()
    return steps


def walk(steps, start, limit=None):
    depths, depth, front = {start: 0}, 0, {start}
    while front and depth != limit:
        depth += 1
        front = {far for near, far in steps if near in front} - depths.keys()
        depths |= dict.fromkeys(front, depth)
    return depths


spaces = iter(range(1_000_000))


@given(world=worlds(), data=st.data())
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_impact_is_what_a_brute_force_walk_finds(catalog, world, data):
    space = f"i{next(spaces)}"
    build(catalog, world, space)
    start = data.draw(st.integers(0, len(world) - 1))
    limit = data.draw(st.none() | st.integers(0, 4) | st.just(40))
    found = catalog.lineage.impact(ref(f"{space}/d{start}"), down=limit)
    steps = list_steps(world)
    depths, whole = walk(steps, start, limit), walk(steps, start)

    assert {name(space, {key})[0]: depth for key, depth in depths.items() if key >= 0} == {
        node.reference: node.depth for node in found.nodes
    }
    assert {f"{space}/m{-1 - key}@v1": depth for key, depth in depths.items() if key < 0} == {
        one.model: one.depth for one in found.learners
    }
    assert (depths != whole and limit != 0) == found.continues
    assert sorted(
        name(space, {parent}) + name(space, {child})
        for child, (parents, _) in enumerate(world)
        for parent in parents
        if parent in depths and child in depths
    ) == sorted((edge.parent, edge.child) for edge in found.edges)
    if limit is None:
        check_models(found, world, space, start)


def check_models(found, world, space, start):
    """What is reached through a model alone says so, and the model is on a way to it."""
    made = walk({(old, new) for new, (olds, _) in enumerate(world) for old in olds}, start)
    reached = walk(list_steps(world), start).keys()
    through = {node.reference: node.through for node in found.nodes}

    assert set(name(space, made)) == {one for one, model in through.items() if model is None}
    for number, (parents, writer) in enumerate(world):
        model = through.get(f"{space}/d{number}@1")
        if model is not None and model != f"{space}/m{number}@v1":
            assert model in {through.get(one) for one in name(space, parents)}
        elif model is not None:
            role, trained_on, seeds = writer
            assert reached & seeds or (role != "judge" and reached & trained_on)


def chain(catalog, size):
    """Seal so many generations, each by a model that was trained on the one before."""
    world = [(set(), None)]
    world += [(set(), ("generator", {number}, set())) for number in range(size - 1)]
    build(catalog, world, "g")


@pytest.mark.parametrize("size", [3, 40])
def test_an_impact_takes_no_statement_a_version_or_model(catalog, statements, size):
    chain(catalog, size)
    statements.clear()
    found = catalog.lineage.impact(ref("g/d0"))

    assert (size, size - 1) == (len(found.nodes), len(found.learners))
    # The reference, the graph, the models' names, who wrote, what those learned, and its names.
    assert 6 == len(statements)


def test_a_cut_impact_names_the_models_of_what_it_shows(catalog):
    chain(catalog, 4)
    found = catalog.lineage.impact(ref("g/d0"), limit=2)

    assert (True, "4 versions fit, the limit is 2") == (found.truncated, found.reason)
    assert (
        Learner(model="g/m1@v1", trained_on=("g/d0@1",), depth=1),
        Learner(model="g/m2@v1", trained_on=("g/d1@1",), depth=3),
    ) == found.learners


def test_a_lineage_says_what_a_model_was_given(catalog):
    build(catalog, [(set(), None), (set(), ("rewriter", set(), {0}))], "g")
    (writer,) = catalog.lineage.upstream(ref("g/d1")).writers

    assert ("g/m1@v1", (), ("g/d0@1",)) == (writer.model, writer.trained_on, writer.grounded_in)


def test_a_statement_that_was_taken_back_leads_nowhere(catalog):
    build(catalog, [(set(), None), (set(), ("rewriter", {0}, {0}))], "g")
    before = catalog.lineage.impact(ref("g/d0"))
    catalog.generations.retract(ref("g/d1"), role=None, model=None, reason="a slip", **WHO)
    after = catalog.lineage.impact(ref("g/d0"))

    assert ["g/d0@1", "g/d1@1"] == [node.reference for node in before.nodes]
    assert ["g/d0@1"] == [node.reference for node in after.nodes]
    # It was trained all the same.
    assert ["g/m1@v1"] == [one.model for one in after.learners]
    candidates = {one.reference: one for one in catalog.takedowns.list_candidates()}
    assert ((), ()) == (candidates["g/d1@1"].writers, candidates["g/d1@1"].given)
