"""Register into and ask a SQLite catalog through the library."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.measuring import Measurement
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
_BULK = 10_000

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
    num_single, num_bulk = max(int(500 * scale), 10), max(int(_BULK * scale), 10)
    single: list[float] = []
    bulk: list[float] = []
    for _ in range(rounds):
        with _new_catalog() as catalog:
            drafts = [_draft(number) for number in range(num_single)]
            taken = _seconds(
                lambda catalog=catalog, drafts=drafts: [
                    catalog.versions.seal(draft, run=_run(draft), actor=_ACTOR, at=_AT)
                    for draft in drafts
                ]
            )
            single.append(num_single / taken)
        with _new_catalog() as catalog:
            orders = [(draft, _run(draft)) for draft in map(_draft, range(num_bulk))]
            taken = _seconds(
                lambda catalog=catalog, orders=orders: catalog.versions.seal_many(
                    orders, actor=_ACTOR, at=_AT
                )
            )
            bulk.append(num_bulk / taken)
    for name, rates, target, number in (
        ("registered one by one", single, ONE_BY_ONE_PER_SECOND, num_single),
        ("registered in bulk", bulk, IN_BULK_PER_SECOND, num_bulk),
    ):
        yield Measurement(
            benchmark="catalog",
            name=name,
            value=median(rates),
            unit="versions/s",
            at_least=target,
            details={"num_versions": number, "rounds": rounds},
        )


def _measure_ancestry(
    name: str, parents: Parents, *, at_most: float | None, rounds: int
) -> Measurement:
    """Time the complete ancestry of the newest version, and compare it with a walk by hand."""
    newest = len(parents) - 1
    with _new_catalog() as catalog:
        for start in range(0, len(parents), _BULK):
            drafts = [
                _draft(number, parents[number])
                for number in range(start, min(start + _BULK, len(parents)))
            ]
            catalog.versions.seal_many(
                [(draft, _run(draft)) for draft in drafts], actor=_ACTOR, at=_AT
            )
        reference = Reference.parse(_reference(newest))
        lineage = catalog.lineage.upstream(reference)
        _require_exact(lineage, parents, newest)
        taken = [_seconds(lambda: catalog.lineage.upstream(reference)) for _ in range(rounds * 3)]
    return Measurement(
        benchmark="catalog",
        name=name,
        value=median(taken) * 1e3,
        unit="ms",
        at_most=at_most,
        details={
            "num_ancestors": len(lineage.nodes) - 1,
            "num_edges": len(lineage.edges),
            "fastest_milliseconds": round(min(taken) * 1e3, 2),
        },
    )


def _require_exact(lineage: Lineage, parents: Parents, start: int) -> None:
    """Compare an answer with a walk over the graph it was asked about.

    Raises:
        AssertionError: A version, an edge or a depth differs.
    """
    depths, front = {start: 0}, [start]
    while front:
        reached = {parent for child in front for parent in parents[child]} - depths.keys()
        depths |= dict.fromkeys(reached, depths[front[0]] + 1)
        front = sorted(reached)
    edges = {
        (_reference(parent), _reference(child)) for child in depths for parent in parents[child]
    }
    assert not lineage.truncated
    assert {_reference(number): depth for number, depth in depths.items()} == {
        node.reference: node.depth for node in lineage.nodes
    }
    assert edges == {(edge.parent, edge.child) for edge in lineage.edges}
    assert len(edges) == len(lineage.edges)


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


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _reference(number: int) -> str:
    return reference_to(_name(number), 1)


def _name(number: int) -> DatasetName:
    return DatasetName(space="bench", name=f"data-{number}")


def _draft(number: int, parents: Sequence[int] = ()) -> VersionDraft:
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
