"""Register into a SQLite catalog through the library."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from benchmarks.measuring import (
    Measurement,
    Timing,
    alternate,
    median_cpu_seconds,
    median_elapsed_seconds,
    stopwatch,
)
from benchmarks.opening import new_catalog
from registry.domain.digest import digest_of_bytes
from registry.domain.ledger import LedgerEntry
from registry.domain.names import DatasetName, reference_to
from registry.domain.reading import Field, Format, Reading
from registry.domain.run import Operation, RunDraft
from registry.domain.version import Content, DatasetKind, Shard, SourceFacts, VersionDraft

ONE_BY_ONE_PER_SECOND = 250
INBULK_PER_SECOND = 5_000

AT = datetime(2026, 1, 1, tzinfo=UTC)
ACTOR = "benchmark"
_SINGLE = 500
BULK = 10_000

Parents = Sequence[Sequence[int]]
"""The parents of each version, by number; each is below its child."""


def measure(*, scale: float, rounds: int) -> Iterator[Measurement]:
    """Measure registrations a second.

    Args:
        scale: 1 for the sizes of the targets; less for a quick look.
        rounds: Repetitions, of which the median counts.
    """
    num_single, num_bulk = max(int(_SINGLE * scale), 10), max(int(BULK * scale), 10)
    timings = alternate(
        {
            "registered one by one": partial(_seal_each, num_single),
            "registered in bulk": partial(_seal_many, num_bulk),
        },
        rounds=rounds,
    )
    targets = ((num_single, ONE_BY_ONE_PER_SECOND), (num_bulk, INBULK_PER_SECOND))
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
    orders = make_orders([()] * number)
    with new_catalog() as catalog, stopwatch() as watch:
        for draft, run in orders:
            catalog.versions.seal(draft, run=run, actor=ACTOR, at=AT)
    return watch.read()


def _seal_many(number: int) -> Timing:
    orders = make_orders([()] * number)
    with new_catalog() as catalog, stopwatch() as watch:
        catalog.versions.seal_many(orders, actor=ACTOR, at=AT)
    return watch.read()


def make_orders(parents: Parents, *, first: int = 0) -> list[tuple[VersionDraft, RunDraft]]:
    """Return what is sealed for versions with these parents, numbered from `first`."""
    drafts = [_draft(number, made_from) for number, made_from in enumerate(parents, start=first)]
    return [(draft, _run(draft)) for draft in drafts]


def refer_to(number: int) -> str:
    """Return the reference of the version that stands for a number."""
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
        inputs=tuple(map(refer_to, parents)),
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
        actor=ACTOR,
        started_at=AT,
    )
