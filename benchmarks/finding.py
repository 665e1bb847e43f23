"""Find datasets among many, and import what other tools ran."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cataloguing import ACTOR, AT, BULK, make_orders
from benchmarks.measuring import (
    Measurement,
    Timing,
    median_cpu_seconds,
    median_elapsed_seconds,
    stopwatch,
)
from benchmarks.opening import POSTGRES_FACTOR, new_database, new_registry, run_statements
from registry.catalog.catalog import Catalog

SEARCH_MILLISECONDS = 50
LIST_MILLISECONDS = 300
IMPORT_SECONDS = 20

_NUM_DATASETS = 100_000
_VERSIONS_EACH = 10
_NUM_EVENTS = 10_000
_FIRST_PAGE = 100

_COPIES = f"""
    WITH RECURSIVE
      copies(copy) AS (
        SELECT 2 UNION ALL SELECT copy + 1 FROM copies WHERE copy < {_VERSIONS_EACH}
      ),
      datasets(num_datasets) AS (SELECT count(*) FROM dataset)
"""
_ID = "version.id + (copy - 1) * num_datasets"
_FROM = "FROM version CROSS JOIN copies CROSS JOIN datasets"
_MULTIPLY = (
    f"""
    INSERT INTO version (
      id, dataset_id, number, content, state, manifest_digest, schema_id, recipe_id, run_id,
      num_documents, num_bytes, num_text_bytes, num_shards, sealed_at
    ) {_COPIES} SELECT
      {_ID}, dataset_id, copy, content, state, manifest_digest || '-' || copy, schema_id, recipe_id,
      run_id, num_documents, num_bytes, num_text_bytes, num_shards, sealed_at {_FROM}
    """,
    f"""
    INSERT INTO licence_assertion (
      id, version_id, expression, asserted_by, asserted_at, basis, confidence
    ) {_COPIES} SELECT {_ID}, {_ID}, expression, asserted_by, asserted_at, basis, confidence
    {_FROM} JOIN licence_assertion ON version_id = version.id WHERE number = 1
    """,
    f"""
    INSERT INTO version_language (version_id, language) {_COPIES} SELECT {_ID}, language
    {_FROM} JOIN version_language ON version_id = version.id WHERE number = 1
    """,
    f"UPDATE dataset SET head = {_VERSIONS_EACH}",
    "ANALYZE",
)
"""Nine more versions of each dataset, of what a list reads; to seal them would take minutes."""


def measure(*, scale: float, rounds: int, server: str | None) -> Iterator[Measurement]:
    """Measure searches, the first page of a list, and an import of events (into SQLite).

    Args:
        scale: 1 for the sizes of the targets; less for a quick look.
        rounds: Repetitions, of which the median counts.
        server: A PostgreSQL server; None: SQLite.
    """
    number = max(int(_NUM_DATASETS * scale), 10)
    factor = 1 if server is None else POSTGRES_FACTOR
    with new_database(server) as url, Catalog.open(url) as catalog:
        _fill(catalog, number)
        if server is not None:
            run_statements(url, ["ANALYZE"])
        words = {"one word of one": f"{number - 7}", "words of all": "benchmark number"}
        for what, query in words.items():
            taken = _repeat(lambda query=query: catalog.datasets.search(query), rounds)
            name = f"search {what} among {number:,} datasets"
            yield _measured(name, taken, SEARCH_MILLISECONDS * factor)
        run_statements(url, _MULTIPLY)
        taken = _repeat(lambda: catalog.datasets.list(limit=_FIRST_PAGE), rounds)
        name = f"list, first page among {number * _VERSIONS_EACH:,} versions"
        yield _measured(name, taken, LIST_MILLISECONDS * factor)
    if server is None:
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


def _fill(catalog: Catalog, number: int) -> None:
    """Seal the first version of so many datasets."""
    for first in range(0, number, BULK):
        orders = make_orders([()] * min(BULK, number - first), first=first)
        catalog.versions.seal_many(orders, actor=ACTOR, at=AT)


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
