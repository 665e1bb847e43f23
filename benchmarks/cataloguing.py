"""Register into and ask a SQLite catalog through the library."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import (
    Measurement,
    Timing,
    alternate,
    median_cpu_seconds,
    median_elapsed_seconds,
    stopwatch,
)
from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from registry.domain.digest import digest_of_bytes
from registry.domain.ledger import LedgerEntry
from registry.domain.lineage import Lineage
from registry.domain.names import DatasetName, Reference, reference_to
from registry.domain.reading import Field, Format, Reading
from registry.domain.run import Operation, RunDraft
from registry.domain.version import Content, DatasetKind, Shard, SourceFacts, VersionDraft

ONE_BY_ONE_PER_SECOND = 250
IN_BULK_PER_SECOND = 5_000
ANCESTRY_MILLISECONDS = {1_000: 5, 100_000: 400}
NUM_GENERATIONS = 700

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_ACTOR = "benchmark"
_MOST_PARENTS = 4
_SINGLE = 500
_BULK = 10_000
_CANDIDATES = 100

Parents = Sequence[Sequence[int]]
"""The parents of each version, by number; each is below its child."""


def measure(*, scale: float, rounds: int) -> Iterator[Measurement]:
    """Measure registrations a second and milliseconds of a complete ancestry.

    Args:
        scale: 1 for the sizes of the targets; less for a quick look.
        rounds: Repetitions, of which the median counts.
    """
    yield from _measure_registrations(scale=scale, rounds=rounds)
    for size, limit in ANCESTRY_MILLISECONDS.items():
        num_versions = max(int(size * scale), 10)
        yield _measure_ancestry(
            f"ancestry among {num_versions:,}",
            _random_graph(num_versions),
            at_most=limit,
            rounds=rounds,
        )
    chain = [[number - 1] if number else [] for number in range(NUM_GENERATIONS)]
    yield _measure_ancestry(
        f"ancestry over {NUM_GENERATIONS} generations", chain, at_most=None, rounds=rounds
    )


def _measure_registrations(*, scale: float, rounds: int) -> Iterator[Measurement]:
    num_single, num_bulk = max(int(_SINGLE * scale), 10), max(int(_BULK * scale), 10)
    timings = alternate(
        {
            "registered one by one": partial(_seal_each, num_single),
            "registered in bulk": partial(_seal_many, num_bulk),
        },
        rounds=rounds,
    )
    targets = ((num_single, ONE_BY_ONE_PER_SECOND), (num_bulk, IN_BULK_PER_SECOND))
    for (name, taken), (number, target) in zip(timings.items(), targets, strict=True):
        yield Measurement(
            benchmark="catalog",
            name=name,
            value=number / median_elapsed_seconds(taken),
            unit="versions/s",
            at_least=target,
            details={
                "num_versions": number,
                "rounds": rounds,
                "versions_per_cpu_second": round(number / median_cpu_seconds(taken)),
            },
        )


def _seal_each(number: int) -> Timing:
    orders = _orders([()] * number)
    with _new_catalog() as catalog, stopwatch() as watch:
        for draft, run in orders:
            catalog.versions.seal(draft, run=run, actor=_ACTOR, at=_AT)
    return watch.read()


def _seal_many(number: int) -> Timing:
    orders = _orders([()] * number)
    with _new_catalog() as catalog, stopwatch() as watch:
        catalog.versions.seal_many(orders, actor=_ACTOR, at=_AT)
    return watch.read()


def _measure_ancestry(
    name: str, parents: Parents, *, at_most: float | None, rounds: int
) -> Measurement:
    """Time the complete ancestry of one version, and compare it with a walk by hand.

    It is the version with the most ancestors among the newest.
    """
    newest = range(max(0, len(parents) - _CANDIDATES), len(parents))
    start = max(newest, key=lambda number: len(_find_depths(parents, number)))
    reference = Reference.parse(_reference(start))
    with _new_catalog() as catalog:
        for first in range(0, len(parents), _BULK):
            catalog.versions.seal_many(
                _orders(parents[first : first + _BULK], first=first), actor=_ACTOR, at=_AT
            )
        lineage = catalog.lineage.upstream(reference)
        _require_exact(lineage, parents, start)
        taken = [_ask(catalog, reference) for _ in range(rounds * 3)]
    return Measurement(
        benchmark="catalog",
        name=name,
        value=median_elapsed_seconds(taken) * 1e3,
        unit="ms",
        at_most=at_most,
        details={
            "num_ancestors": len(lineage.nodes) - 1,
            "num_edges": len(lineage.edges),
            "rounds": len(taken),
            "cpu_milliseconds": round(median_cpu_seconds(taken) * 1e3, 2),
        },
    )


def _ask(catalog: Catalog, reference: Reference) -> Timing:
    with stopwatch() as watch:
        catalog.lineage.upstream(reference)
    return watch.read()


def _require_exact(lineage: Lineage, parents: Parents, start: int) -> None:
    """Compare an answer with a walk over the graph it was asked about.

    Raises:
        AssertionError: A version, an edge or a depth differs.
    """
    depths = _find_depths(parents, start)
    edges = {
        (_reference(parent), _reference(child)) for child in depths for parent in parents[child]
    }
    assert not lineage.truncated
    assert {_reference(number): depth for number, depth in depths.items()} == {
        node.reference: node.depth for node in lineage.nodes
    }
    assert edges == {(edge.parent, edge.child) for edge in lineage.edges}
    assert len(edges) == len(lineage.edges)


def _find_depths(parents: Parents, start: int) -> dict[int, int]:
    """Return the shortest distance of each ancestor, a generation at a time."""
    depths, front, depth = {start: 0}, {start}, 0
    while front:
        depth += 1
        front = {parent for child in front for parent in parents[child]} - depths.keys()
        depths |= dict.fromkeys(front, depth)
    return depths


def _random_graph(num_versions: int) -> Parents:
    """Return a graph in which each version has one to four parents among all before it."""
    chance = random.Random(num_versions)
    return [
        sorted(chance.sample(range(number), min(number, chance.randint(1, _MOST_PARENTS))))
        for number in range(num_versions)
    ]


@contextmanager
def _new_catalog() -> Iterator[Catalog]:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'catalog.db'}"
        migrate.upgrade(url)
        with Catalog.open(url) as catalog:
            yield catalog


def _orders(parents: Parents, *, first: int = 0) -> list[tuple[VersionDraft, RunDraft]]:
    """Return what is sealed for versions with these parents, numbered from `first`."""
    drafts = [_draft(number, made_from) for number, made_from in enumerate(parents, start=first)]
    return [(draft, _run(draft)) for draft in drafts]


def _reference(number: int) -> str:
    return reference_to(_name(number), 1)


def _name(number: int) -> DatasetName:
    return DatasetName(space="bench", name=f"data-{number}")


def _draft(number: int, parents: Sequence[int]) -> VersionDraft:
    """Return what `register` seals for one file, or a derivation for a version with parents."""
    return VersionDraft(
        dataset=_name(number),
        kind=DatasetKind.TEXT,
        content=Content.DOCUMENTS,
        shards=(
            Shard(
                path="documents.jsonl",
                digest=digest_of_bytes(b"%d" % number),
                num_bytes=1_000,
                num_documents=10,
                num_text_bytes=900,
                uri=f"file:///data/{number}/documents.jsonl",
                modified_ns=number,
                reading=Reading(format=Format.JSONL, text_columns=("text",), id_column="id"),
            ),
        ),
        fields=(Field(name="id", type="string"), Field(name="text", type="string")),
        inputs=tuple(map(_reference, parents)),
        licence="CC-BY-4.0",
        languages=("en",),
        sources=(SourceFacts(kind="file", uri=f"file:///data/{number}"),),
        description=f"benchmark data number {number}",
        ledger=(
            LedgerEntry(
                position=0,
                step="read",
                documents_in=10,
                bytes_in=900,
                documents_kept=10,
                bytes_kept_in=900,
                bytes_kept=900,
            ),
        ),
    )


def _run(draft: VersionDraft) -> RunDraft:
    return RunDraft(
        operation=Operation.DERIVE if draft.inputs else Operation.REGISTER,
        derivation=draft.shards[0].digest,
        parameters={"paths": [draft.shards[0].path]},
        environment={"python": "3", "pyarrow": "0"},
        actor=_ACTOR,
        started_at=_AT,
    )
