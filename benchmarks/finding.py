"""Find datasets among many, and import what other tools ran."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cataloguing import ACTOR, AT, BULK, make_orders, new_catalog, refer_to
from benchmarks.measuring import (
    Measurement,
    Timing,
    median_cpu_seconds,
    median_elapsed_seconds,
    stopwatch,
)
from benchmarks.opening import new_registry
from registry.catalog.catalog import Catalog
from registry.domain.names import Reference
from registry.domain.version import VersionDraft

SEARCH_MILLISECONDS = 50
LIST_MILLISECONDS = 300
IMPORT_SECONDS = 20

_NUM_DATASETS = 100_000
_VERSIONS_EACH = 10
_NUM_EVENTS = 10_000
_FIRST_PAGE = 100


def measure(*, scale: float, rounds: int) -> Iterator[Measurement]:
    """Measure searches, the first page of a list, and an import of events.

    Args:
        scale: 1 for the sizes of the targets; less for a quick look.
        rounds: Repetitions, of which the median counts.
    """
    number = max(int(_NUM_DATASETS * scale), 10)
    with new_catalog() as catalog:
        _fill(catalog, range(number), num_datasets=number)
        words = {"one word of one": f"{number - 7}", "words of all": "benchmark number"}
        for what, query in words.items():
            taken = _repeat(lambda query=query: catalog.datasets.search(query), rounds)
            name = f"search {what} among {number:,} datasets"
            yield _measured(name, taken, SEARCH_MILLISECONDS)
        _fill(catalog, range(number, number * _VERSIONS_EACH), num_datasets=number)
        taken = _repeat(lambda: catalog.datasets.list(limit=_FIRST_PAGE), rounds)
        name = f"list, first page among {number * _VERSIONS_EACH:,} versions"
        yield _measured(name, taken, LIST_MILLISECONDS)
    yield _import_events(max(int(_NUM_EVENTS * scale), 10))


def _measured(name: str, taken: list[Timing], at_most: float) -> Measurement:
    return Measurement(
        benchmark="find",
        name=name,
        value=median_elapsed_seconds(taken) * 1e3,
        unit="ms",
        at_most=at_most,
        details={
            "cpu_milliseconds": round(median_cpu_seconds(taken) * 1e3, 2),
            "rounds": len(taken),
        },
    )


def _repeat(ask: Callable[[], object], rounds: int) -> list[Timing]:
    taken = []
    for _ in range(rounds + 1):
        with stopwatch() as watch:
            ask()
        taken.append(watch.read())
    # The first one compiles the statement.
    return taken[1:]


def _fill(catalog: Catalog, numbers: range, *, num_datasets: int) -> None:
    """Seal a version for each number, in turn for each of the datasets."""
    for first in range(numbers.start, numbers.stop, BULK):
        orders = make_orders([()] * min(BULK, numbers.stop - first), first=first)
        named = [
            (_of(draft, (first + place) % num_datasets), run)
            for place, (draft, run) in enumerate(orders)
        ]
        catalog.versions.seal_many(named, actor=ACTOR, at=AT)


def _of(draft: VersionDraft, number: int) -> VersionDraft:
    return draft.model_copy(update={"dataset": Reference.parse(refer_to(number)).dataset})


def _import_events(number: int) -> Measurement:
    """Import the beginnings and ends of runs that read up to three earlier results each."""
    with TemporaryDirectory() as folder, new_registry() as muster:
        path = Path(folder) / "events.jsonl"
        path.write_text("".join(_list_events(number // 2)), encoding="utf-8")
        with stopwatch() as watch:
            counts = muster.exchange.read([path]).events
    timing = watch.read()
    return Measurement(
        benchmark="find",
        name=f"import of {number:,} OpenLineage events",
        value=timing.elapsed_seconds,
        unit="s",
        at_most=IMPORT_SECONDS,
        details={
            "cpu_seconds": round(timing.cpu_seconds, 2),
            "num_runs": 0 if counts is None else counts.num_runs,
            "num_edges": 0 if counts is None else counts.num_edges,
        },
    )


def _list_events(num_runs: int) -> Iterator[str]:
    for number in range(1, num_runs + 1):
        told = {"run": {"runId": f"run-{number}"}, "job": {"namespace": "lake", "name": "job"}}
        read = [_dataset(max(0, number - step)) for step in (1, 2, 7)]
        for minute, kind in enumerate(("START", "COMPLETE")):
            at = (AT + timedelta(minutes=2 * number + minute)).isoformat()
            event = {"eventType": kind, "eventTime": at, **told}
            if kind == "COMPLETE":
                event |= {"inputs": read, "outputs": [_dataset(number)]}
            yield json.dumps(event) + "\n"


def _dataset(number: int) -> dict[str, str]:
    return {"namespace": "lake", "name": f"table-{number}"}
