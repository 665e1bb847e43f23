"""Lineage events become runs, versions and edges, on both engines."""

import random
import time

import pytest

from registry.domain.names import Reference
from registry.errors import InputError
from tests.exchange.factories import HOSTILE, dataset, event, run_id, write_events


def chain():
    """A raw table read into a clean one, which two runs write; a report of both that fails."""
    return [
        event(1, "START", at=1, inputs=[dataset("raw")]),
        event(1, at=2, inputs=[dataset("raw")], outputs=[dataset("clean"), dataset("log")]),
        event(2, at=4, inputs=[dataset("raw")], outputs=[dataset("clean")]),
        event(3, at=6, inputs=[dataset("clean"), dataset("log")], outputs=[dataset("report")]),
        event(4, "FAIL", at=8, inputs=[dataset("report")]),
        event(5, "START", at=9, inputs=[dataset("report")]),
    ]


def summarize(muster):
    """Return what the catalog holds, by the names that events gave."""
    catalog = muster._context.catalog
    names = [one.reference.partition("@")[0] for one in muster.datasets.list()]
    versions = {
        version.reference: version.digest
        for name in names
        for version in muster.datasets.list_versions(name)
    }
    edges = {
        (parent, reference)
        for reference in versions
        for parent in catalog.lineage.parents(Reference.parse(reference))
    }
    return versions, edges


def test_events_become_runs_versions_and_edges(muster, tmp_path):
    path = write_events(tmp_path / "e.jsonl", chain())
    counts = muster.exchange.read([path]).events
    versions, edges = summarize(muster)

    assert (6, 4, 1, 1) == (
        counts.num_events,
        counts.num_runs,
        counts.num_failed_runs,
        counts.num_unfinished_runs,
    )
    assert (4, 5) == (counts.num_datasets, counts.num_versions)
    assert (counts.num_versions, counts.num_edges) == (len(versions), len(edges))
    assert 5 == len(edges)
    (report,) = [name for name in versions if "report" in name]
    (clean,) = [p for p, c in edges if c == report and "clean" in p]
    assert clean.endswith("@2")
    # A run ends when its event says, not when it is imported.
    run = muster.runs.get(muster.show(clean).version.run).run
    assert (4, 4) == (run.started_at.second, run.finished_at.second)
    assert muster.verify(report).is_intact


@pytest.mark.parametrize("seed", range(3))
def test_any_order_gives_the_same_catalog(make_context, muster, tmp_path, seed):
    events = chain() * 2
    random.Random(seed).shuffle(events)
    counts = muster.exchange.read([write_events(tmp_path / "e.jsonl", events)]).events
    versions, edges = summarize(muster)
    again = muster.exchange.read([write_events(tmp_path / "f.jsonl", chain())]).events

    assert (5, 5, 6) == (len(versions), len(edges), counts.num_duplicates)
    assert (0, 0, 0, 4) == (
        again.num_runs,
        again.num_versions,
        again.num_edges,
        again.num_known_runs,
    )
    assert (versions, edges) == summarize(muster)


def test_a_run_that_begins_in_one_file_ends_in_another(muster, tmp_path):
    first = write_events(tmp_path / "a.jsonl", [event(1, "START", at=1, inputs=[dataset("raw")])])
    second = write_events(tmp_path / "b.jsonl", [event(1, at=2, outputs=[dataset("clean")])])

    assert 1 == muster.exchange.read([second, first]).events.num_edges


def test_what_began_in_one_import_ends_in_the_next_with_all_that_was_told(muster, tmp_path):
    begin = [
        event(1, "START", at=1, inputs=[dataset("raw")]),
        event(1, "RUNNING", at=2, inputs=[dataset("extra")]),
    ]
    end = [event(1, at=3, outputs=[dataset("clean")])]
    first = muster.exchange.read([write_events(tmp_path / "a.jsonl", begin)]).events
    again = muster.exchange.read([write_events(tmp_path / "a.jsonl", begin)]).events
    runs = len(muster.runs.list())
    last = muster.exchange.read([write_events(tmp_path / "b.jsonl", end)]).events
    (run,) = [one for one in muster.runs.list() if one.parameters["openlineage"].get("end")]
    repeated = muster.exchange.read([write_events(tmp_path / "b.jsonl", begin + end)]).events

    assert (1, 0, 0) == (first.num_unfinished_runs, first.num_versions, first.num_edges)
    # The same beginning again is told once.
    assert (1, 1) == (again.num_unfinished_runs, runs)
    assert (1, 3, 2) == (last.num_runs, last.num_versions, last.num_edges)
    assert 1 == run.started_at.second
    assert (0, 1, ()) == (repeated.num_runs, repeated.num_known_runs, repeated.skipped)


def test_what_is_told_of_a_run_after_its_end_is_named_and_changes_nothing(muster, tmp_path):
    end = [event(1, at=3, inputs=[dataset("raw")], outputs=[dataset("clean")])]
    begin = [event(1, "START", at=1, inputs=[dataset("raw"), dataset("late")])]
    muster.exchange.read([write_events(tmp_path / "a.jsonl", end)])
    before = summarize(muster)
    counts = muster.exchange.read([write_events(tmp_path / "b.jsonl", begin)]).events

    assert before == summarize(muster)
    assert (0, 0) == (counts.num_runs, counts.num_unfinished_runs)
    (line,) = counts.skipped
    assert run_id(1) in line
    assert "late is told only now" in line


def test_a_run_that_fails_in_a_later_import_is_recorded_as_failed(muster, tmp_path):
    begin = [event(1, "START", at=1, inputs=[dataset("raw")])]
    message = {"errorMessage": {"message": "out of disk", "programmingLanguage": "JAVA"}}
    fail = [event(1, "FAIL", at=2, outputs=[dataset("clean")])]
    fail[0]["run"]["facets"] = message
    muster.exchange.read([write_events(tmp_path / "a.jsonl", begin)])
    counts = muster.exchange.read([write_events(tmp_path / "b.jsonl", fail)]).events
    (failed,) = [run for run in muster.runs.list() if run.state == "failed"]

    assert (1, 1) == (counts.num_runs, counts.num_failed_runs)
    assert "out of disk" == failed.error
    # What a run that failed names as output was not made.
    assert not [name for name in summarize(muster)[0] if "clean" in name]


def test_a_run_with_several_outputs_is_one_run(muster, tmp_path):
    muster.exchange.read([write_events(tmp_path / "e.jsonl", chain()[:2])])
    runs = [run for run in muster.runs.list() if run.operation == "derive"]

    assert 1 == len(runs)
    assert 2 == len(muster._context.catalog.runs.outputs(runs[0].id))


def test_every_facet_is_kept_with_the_run(muster, tmp_path):
    seen = dataset("clean", facets={"odd_facet": {"deep": [1, {"x": None}]}})
    muster.exchange.read([write_events(tmp_path / "e.jsonl", [event(1, outputs=[seen])])])
    (run,) = muster.runs.list()
    told = run.parameters["openlineage"]

    assert run_id(1) == told["run"]
    assert {"spark_unknown": {"kept": True}} == told["run_facets"]
    assert seen["facets"] == told["outputs"][0]["facets"]


def test_a_version_facet_names_a_version_across_imports(muster, tmp_path):
    write = event(1, outputs=[dataset("a", version="v7")])
    read = event(2, inputs=[dataset("a", version="v7")], outputs=[dataset("b")])
    muster.exchange.read([write_events(tmp_path / "1.jsonl", [write])])
    counts = muster.exchange.read([write_events(tmp_path / "2.jsonl", [read])]).events

    assert (1, 1) == (counts.num_versions, counts.num_edges)


def test_a_circle_is_refused_and_nothing_is_written(muster, tmp_path):
    events = [
        event(1, inputs=[dataset("b", version="1")], outputs=[dataset("a", version="1")]),
        event(2, inputs=[dataset("a", version="1")], outputs=[dataset("b", version="1")]),
    ]

    with pytest.raises(InputError, match="circle"):
        muster.exchange.read([write_events(tmp_path / "e.jsonl", events)])
    assert [] == muster.datasets.list()


def test_different_names_stay_different_datasets(muster, tmp_path):
    names = ["a/b", "a-b", "a.b", "A.b", "a b", "ä", HOSTILE, "x" * 300, "x" * 301, "../..", ""]
    events = [event(n, outputs=[dataset(name)]) for n, name in enumerate(names, 1)]
    events += [
        event(100 + n, outputs=[dataset("t", namespace=namespace)])
        for n, namespace in enumerate(["s3://a", "s3:/a", "", "///", HOSTILE])
    ]
    counts = muster.exchange.read([write_events(tmp_path / "e.jsonl", events)]).events

    assert (len(events), ()) == (counts.num_datasets, counts.skipped)


def test_a_dry_run_counts_and_writes_nothing(muster, tmp_path):
    path = write_events(tmp_path / "e.jsonl", chain())
    planned = muster.exchange.read([path], dry_run=True).events

    assert [] == muster.datasets.list()
    assert planned == muster.exchange.read([path]).events


def test_addresses_are_kept_without_credentials(muster, tmp_path):
    secret = dataset("t", namespace="postgres://ada:hunter2@db:5432")
    told = event(1, outputs=[secret])
    told["run"]["facets"]["environmentVariables"] = {"variables": [{"value": "hunter2"}]}
    told["job"]["facets"] = {"sql": {"query": "copy from 'https://ada:hunter2@x.org/y'"}}
    muster.exchange.read([write_events(tmp_path / "e.jsonl", [told])])
    (shown,) = [muster.show(one.reference) for one in muster.datasets.list()]
    (run,) = muster.runs.list()

    assert "hunter2" not in shown.model_dump_json() + run.model_dump_json()


@pytest.mark.slow
def test_ten_thousand_events_take_less_than_twenty_cpu_seconds(muster, tmp_path):
    events = []
    for number in range(1, 5_001):
        events.append(event(number, "START", at=2 * number))
        inputs = [dataset(f"t{max(0, number - step)}") for step in (1, 2, 7)]
        events.append(
            event(number, at=2 * number + 1, inputs=inputs, outputs=[dataset(f"t{number}")])
        )
    path = write_events(tmp_path / "e.jsonl", events)
    # How long it takes on the wall says how busy the machine is.
    before = time.process_time()
    counts = muster.exchange.read([path]).events
    cpu_seconds = time.process_time() - before

    assert (10_000, 5_000) == (counts.num_events, counts.num_runs)
    assert cpu_seconds < 20
