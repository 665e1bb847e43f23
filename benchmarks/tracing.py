"""Ask a SQLite catalog for lineage through the library, and compare each answer with a walk."""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from benchmarks.cataloguing import ACTOR, AT, BULK, Parents, make_orders, refer_to
from benchmarks.measuring import (
    Measurement,
    Timing,
    median_cpu_seconds,
    median_elapsed_seconds,
    stopwatch,
)
from benchmarks.opening import POSTGRES_FACTOR, new_catalog
from registry.catalog.catalog import Catalog
from registry.domain.lineage import Lineage
from registry.domain.names import Reference
from registry.domain.selection import Selection

MILLISECONDS = {1_000: 5, 100_000: 400}
"""The targets of a complete ancestry and of a complete impact, by the size of the graph."""

NUM_GENERATIONS = 700

_MOST_PARENTS = 4
_CANDIDATES = 100
_ALIKE = 20
"""Among so many versions the one is sought whose impact is as large as the ancestry."""

Depths = dict[int, int]
"""The shortest distance of each version that is reached, by number."""

Neighbours = Mapping[int, Collection[int]] | Sequence[Collection[int]]


def measure(*, scale: float, rounds: int, server: str | None) -> Iterator[Measurement]:
    """Measure milliseconds of complete and of selected lineage.

    Args:
        scale: 1 for the sizes of the targets; less for a quick look.
        rounds: Repetitions, of which the median counts.
        server: A PostgreSQL server; None: SQLite.
    """
    for size, limit in MILLISECONDS.items():
        graph = random_graph(max(int(size * scale), 10))
        where = f"among {len(graph):,}"
        at_most = limit if server is None else limit * POSTGRES_FACTOR
        yield from _measure_graph(graph, where, at_most=at_most, rounds=rounds, server=server)
    chain = [[number - 1] if number else [] for number in range(NUM_GENERATIONS)]
    over = f"over {NUM_GENERATIONS} generations"
    yield from _measure_graph(chain, over, at_most=None, rounds=rounds, server=server)


def _measure_graph(
    parents: Parents, where: str, *, at_most: float | None, rounds: int, server: str | None
) -> Iterator[Measurement]:
    """Time one graph: up, down, everything, a few generations, and what lies between."""
    children = _invert(parents)
    end = find_largest_ancestry(parents)
    above = walk(parents, end)
    start = _find_like(children, above, len(above))
    source = min(above)
    below = walk(children, source)
    few = walk(parents, end, 2)
    near = walk(children, start, 2)
    # A target is for an answer as large as that of the ancestry; all versions are no answer to it.
    cases: list[tuple[str, str, Depths, float | None]] = [
        ("ancestry", f"+{refer_to(end)}", above, at_most),
        ("impact", refer_to(start), walk(children, start), at_most),
        ("impact of the first", refer_to(0), walk(children, 0), None),
        ("2+REF", f"2+{refer_to(end)}", few, at_most),
        ("REF+2", f"{refer_to(start)}+2", near, at_most),
        (
            "SOURCE+,+REF",
            f"{refer_to(source)}+,+{refer_to(end)}",
            {one: min(depth, below[one]) for one, depth in above.items() if one in below},
            None,
        ),
    ]
    with filled_catalog(parents, server) as catalog:
        for name, text, depths, limit in cases:
            question = _question(catalog, name, text)
            found = question()
            _require_exact(found, parents, depths)
            taken = [ask(question) for _ in range(rounds * 3)]
            yield Measurement(
                benchmark="lineage",
                name=f"{name} {where}",
                value=median_elapsed_seconds(taken) * 1e3,
                unit="ms",
                at_most=limit,
                details={
                    "num_versions": len(found.nodes),
                    "num_edges": len(found.edges),
                    "rounds": len(taken),
                    "cpu_milliseconds": round(median_cpu_seconds(taken) * 1e3, 2),
                },
            )


def find_largest_ancestry(parents: Parents) -> int:
    """Return the version, of the newest hundred, with the most ancestors."""
    newest = range(max(0, len(parents) - _CANDIDATES), len(parents))
    return max(newest, key=lambda number: len(walk(parents, number)))


def _find_like(children: Neighbours, above: Depths, size: int) -> int:
    """Return the version, of those that are asked about, with about so many descendants."""
    candidates = sorted(above)[:: max(1, len(above) // _ALIKE)]
    return min(candidates, key=lambda number: abs(len(walk(children, number)) - size))


def ask(question: Callable[[], object]) -> Timing:
    """Time one question."""
    with stopwatch() as watch:
        question()
    return watch.read()


def _question(catalog: Catalog, name: str, text: str) -> Callable[[], Lineage]:
    if name.startswith("impact"):
        return partial(catalog.lineage.impact, Reference.parse(text))
    return partial(catalog.lineage.select, Selection.parse(text))


def _require_exact(lineage: Lineage, parents: Parents, depths: Depths) -> None:
    """Compare an answer with what a walk over the graph found.

    Raises:
        AssertionError: A version, an edge or a depth differs.
    """
    edges = {
        (refer_to(parent), refer_to(child))
        for child in depths
        for parent in parents[child]
        if parent in depths
    }
    assert not lineage.truncated
    assert {refer_to(number): depth for number, depth in depths.items()} == {
        node.reference: node.depth for node in lineage.nodes
    }
    assert edges == {(edge.parent, edge.child) for edge in lineage.edges}
    assert len(edges) == len(lineage.edges)


def walk(neighbours: Neighbours, start: int, generations: int | None = None) -> Depths:
    """Return the shortest distance of each version that is reached, a generation at a time."""
    depths, front, depth = {start: 0}, {start}, 0
    while front and depth != generations:
        depth += 1
        front = {far for near in front for far in neighbours[near]} - depths.keys()
        depths |= dict.fromkeys(front, depth)
    return depths


def _invert(parents: Parents) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in parents]
    for child, made_from in enumerate(parents):
        for parent in made_from:
            children[parent].append(child)
    return children


def random_graph(num_versions: int) -> Parents:
    """Return a graph in which each version has one to four parents among all before it."""
    chance = random.Random(num_versions)
    return [
        sorted(chance.sample(range(number), min(number, chance.randint(1, _MOST_PARENTS))))
        for number in range(num_versions)
    ]


@contextmanager
def filled_catalog(parents: Parents, server: str | None = None) -> Iterator[Catalog]:
    """Give a catalog that holds a graph."""
    with new_catalog(server) as catalog:
        for first in range(0, len(parents), BULK):
            orders = make_orders(parents[first : first + BULK], first=first)
            catalog.versions.seal_many(orders, actor=ACTOR, at=AT)
        yield catalog
