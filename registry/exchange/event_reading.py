"""Read OpenLineage events from JSON lines: merge them into runs, and put the runs in order.

Order of lines, duplicates and unknown facets make no difference to the answer.

Source:
    OpenLineage 2-0-2, https://openlineage.io/spec/2-0-2/OpenLineage.json.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter

import orjson
from pydantic import JsonValue

from registry.domain.digest import digest_of_bytes
from registry.domain.urls import redact_url
from registry.errors import InputError

START, COMPLETE, FAIL, ABORT = "START", "COMPLETE", "FAIL", "ABORT"
_ENDS = {COMPLETE: 0, FAIL: 1, ABORT: 2}
_SECRETIVE = {"environmentVariables"}
"""Facets whose values are secrets as often as not."""

_TYPES = {START, *_ENDS, "RUNNING", "OTHER"}

Name = tuple[str, str]
"""Namespace and name of a dataset or job, as OpenLineage has them."""

Facets = dict[str, JsonValue]


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class EventRun:
    """One run, from all of its events."""

    id: str
    job: Name = ("", "")
    started_at: datetime = _NEVER
    ended_at: datetime | None = None
    end: str | None = None
    producer: str = ""
    facets: Facets = field(default_factory=dict)
    job_facets: Facets = field(default_factory=dict)
    inputs: dict[Name, Facets] = field(default_factory=dict)
    outputs: dict[Name, Facets] = field(default_factory=dict)

    def add_earlier(self, told: JsonValue) -> None:
        """Add what was told of the run before; what is told now stands where both say something.

        Args:
            told: The run as it stands in the parameters of a run here.
        """
        earlier = _object(told)
        self.started_at = min(self.started_at, _moment(str(earlier["started_at"])))
        self.facets = _object(earlier.get("run_facets")) | self.facets
        self.job_facets = _object(earlier.get("job_facets")) | self.job_facets
        for side, datasets in (("inputs", self.inputs), ("outputs", self.outputs)):
            for one in map(_object, _list(earlier.get(side))):
                name = (str(one["namespace"]), str(one["name"]))
                datasets[name] = _object(one.get("facets")) | datasets.get(name, {})

    @property
    def key(self) -> tuple[datetime, datetime, str]:
        """What runs are ordered by when nothing else orders them."""
        return (self.ended_at or self.started_at, self.started_at, self.id)


@dataclass(slots=True)
class EventFile:
    """What files of events hold."""

    runs: dict[str, EventRun] = field(default_factory=dict)
    num_events: int = 0
    num_duplicates: int = 0
    skipped: list[str] = field(default_factory=list)


def read_events(lines: Iterable[tuple[str, bytes]]) -> EventFile:
    """Return the runs of all events.

    Args:
        lines: Each line with where it stands, such as `events.jsonl:17`.
    """
    found = EventFile()
    unique: dict[str, tuple[tuple[str, str], dict[str, JsonValue]]] = {}
    for place, line in lines:
        if not line.strip():
            continue
        try:
            event = _check(orjson.loads(line))
        except ValueError as error:
            found.skipped.append(f"{place}: {error}")
            continue
        found.num_events += 1
        digest = digest_of_bytes(orjson.dumps(event, option=orjson.OPT_SORT_KEYS))
        if digest in unique:
            found.num_duplicates += 1
        unique[digest] = ((str(event["eventTime"]), digest), event)
    # In the order of their times, so that the order of lines makes no difference.
    for _, event in sorted(unique.values(), key=lambda pair: (_moment(pair[0][0]), pair[0][1])):
        _merge(found, event)
    return found


def version_of(facets: Facets) -> str | None:
    """Return the version that a dataset's standard facet names."""
    facet = facets.get("version")
    stated = facet.get("datasetVersion") if isinstance(facet, dict) else None
    return stated if isinstance(stated, str) and stated else None


def order_runs(runs: Iterable[EventRun]) -> list[EventRun]:
    """Return runs so that what one reads was made by an earlier one; by time where both may be.

    Only versions that events name bind; a dataset without one is read as it was at that time.

    Raises:
        InputError: Runs read each other's versions in a circle.
    """
    known = sorted(runs, key=lambda run: run.key)
    makers: defaultdict[tuple[Name, str], list[str]] = defaultdict(list)
    for run in known:
        for name, facets in run.outputs.items():
            if (version := version_of(facets)) is not None:
                makers[name, version].append(run.id)
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for run in known:
        needed = [
            maker
            for name, facets in run.inputs.items()
            for maker in makers.get((name, version_of(facets) or ""), ())[:1]
        ]
        sorter.add(run.id, *needed)
    return list(_sorted_by_time(sorter, {run.id: run for run in known}))


def _sorted_by_time(
    sorter: TopologicalSorter[str], runs: dict[str, EventRun]
) -> Iterator[EventRun]:
    import heapq  # noqa: PLC0415 - only here

    try:
        sorter.prepare()
    except CycleError as error:
        names = " -> ".join(f"{runs[one].job[1]} ({one})" for one in error.args[1][:6])
        raise InputError(
            f"the events make a circle, each run reading what the next made: {names}",
            hint="a version cannot be made from itself; correct the version facets",
        ) from error
    waiting: list[tuple[tuple[datetime, datetime, str], str]] = []
    while sorter.is_active():
        for one in sorter.get_ready():
            heapq.heappush(waiting, (runs[one].key, one))
        _, one = heapq.heappop(waiting)
        sorter.done(one)
        yield runs[one]


class _NoEventError(ValueError):
    """A line is no run event, and why."""


def _check(event: JsonValue) -> dict[str, JsonValue]:
    fault = _find_fault(event)
    if fault is not None:
        raise _NoEventError(fault)
    return _object(event)


def _find_fault(event: JsonValue) -> str | None:
    told = _object(event)
    run, job = _object(told.get("run")), _object(told.get("job"))
    datasets = [*_list(told.get("inputs")), *_list(told.get("outputs"))]
    faults = {
        "is no JSON object": not told,
        "has no run.runId": not isinstance(run.get("runId"), str),
        "has no job.name": not isinstance(job.get("name"), str),
        f"eventType {told.get('eventType')!r} is none": told.get("eventType", "OTHER")
        not in _TYPES,
        f"eventTime {told.get('eventTime')!r} is no time": not _is_moment(told.get("eventTime")),
        "one of its datasets has no name": not all(
            isinstance(_object(one).get("name"), str) for one in datasets
        ),
    }
    return next((fault for fault, is_there in faults.items() if is_there), None)


def _is_moment(value: JsonValue) -> bool:
    try:
        _moment(str(value))
    except ValueError:
        return False
    return True


def _merge(found: EventFile, event: dict[str, JsonValue]) -> None:
    event = _redact_object(event)
    told, job = _object(event["run"]), _object(event["job"])
    run_id = str(told["runId"]).lower()
    run = found.runs.setdefault(run_id, EventRun(run_id))
    moment = _moment(str(event["eventTime"]))
    run.started_at = min(run.started_at, moment)
    run.job = (str(job.get("namespace") or "default"), str(job["name"]))
    run.producer = str(event.get("producer") or run.producer)
    run.facets |= _object(told.get("facets"))
    run.job_facets |= _object(job.get("facets"))
    kind = str(event.get("eventType"))
    # A run ends once; of contradicting ends the best one counts, so that order does not.
    if kind in _ENDS and (run.end is None or _ENDS[kind] < _ENDS[run.end]):
        run.end, run.ended_at = kind, moment
    for side, datasets in (("inputs", run.inputs), ("outputs", run.outputs)):
        for one in _list(event.get(side)):
            dataset = _object(one)
            name = (str(dataset.get("namespace") or "default"), str(dataset["name"]))
            facets = datasets.setdefault(name, {})
            for place in ("facets", f"{side[:-1]}Facets"):
                facets |= _object(dataset.get(place))


def _redact_object(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return an object in which no address has credentials, without the environment's variables."""
    return {key: _redact(one) for key, one in value.items() if key not in _SECRETIVE}


def _redact(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return _redact_object(value)
    if isinstance(value, list):
        return [_redact(one) for one in value]
    return redact_url(value) if isinstance(value, str) and "://" in value else value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}
