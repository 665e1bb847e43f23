"""Events become runs, whatever their order."""

import json
import random

import pytest

from registry.errors import InputError
from registry.exchange.event_reading import order_runs, read_events
from tests.exchange.factories import dataset, event, run_id


def read(events):
    return read_events((f"f:{n}", json.dumps(one).encode()) for n, one in enumerate(events, 1))


def some_events():
    return [
        event(1, "START", at=1, inputs=[dataset("raw")]),
        event(1, at=9, outputs=[dataset("clean", facets={"odd": {"x": 1}})]),
        event(2, "START", at=11),
        event(2, "FAIL", at=12, inputs=[dataset("clean")]),
        event(3, "START", at=20),
    ]


def test_events_of_a_run_are_merged():
    found = read(some_events())
    first = found.runs[run_id(1)]

    assert "COMPLETE" == first.end
    assert [("s3://lake", "raw")] == list(first.inputs)
    assert {"odd": {"x": 1}} == first.outputs["s3://lake", "clean"]
    assert {"spark_unknown": {"kept": True}} == first.facets
    assert "FAIL" == found.runs[run_id(2)].end
    assert found.runs[run_id(3)].end is None


@pytest.mark.parametrize("seed", range(5))
def test_order_and_duplicates_make_no_difference(seed):
    events = some_events()
    shuffled = events * 2
    random.Random(seed).shuffle(shuffled)

    assert read(events).runs == read(shuffled).runs
    assert len(events) == read(shuffled).num_duplicates


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"eventType": "COMPLETE"}',
        json.dumps(event(1) | {"eventTime": "yesterday"}),
        json.dumps(event(1) | {"eventType": "EXPLODE"}),
        json.dumps(event(1) | {"inputs": [{"namespace": "x"}]}),
        json.dumps({"dataset": {}, "eventTime": "2026-01-01T00:00:00Z"}),
    ],
)
def test_a_line_that_is_no_event_costs_that_line(line):
    found = read_events([("f:1", line.encode()), ("f:2", json.dumps(event(2)).encode())])

    assert (1, 1) == (found.num_events, len(found.skipped))
    assert found.skipped[0].startswith("f:1: ")


def test_runs_stand_behind_those_whose_versions_they_read_whatever_their_clocks_say():
    found = read(
        [
            event(1, at=50, outputs=[dataset("a", version="1")]),
            event(2, at=10, inputs=[dataset("a", version="1")], outputs=[dataset("b")]),
        ]
    )

    assert [run_id(1), run_id(2)] == [run.id for run in order_runs(found.runs.values())]


def test_a_circle_is_refused_with_the_jobs_in_it():
    found = read(
        [
            event(1, inputs=[dataset("b", version="1")], outputs=[dataset("a", version="1")]),
            event(2, inputs=[dataset("a", version="1")], outputs=[dataset("b", version="1")]),
        ]
    )

    with pytest.raises(InputError, match=r"circle.*dag\.task_"):
        order_runs(found.runs.values())
