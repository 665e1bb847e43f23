"""Which executor is chosen; what each does is told in `tests/execution`."""

import pytest

from registry.domain.execution import Execution, ExecutorKind
from registry.errors import InputError
from registry.execution.in_process import InProcess
from registry.execution.processes import Processes
from registry.operations.passes import executors
from registry.operations.passes.executors import choose_executor
from registry.operations.place import Place
from registry.settings import Settings
from registry.storage.objects import ObjectStore


@pytest.fixture
def place(tmp_path):
    return Place(ObjectStore(tmp_path.as_uri()), Settings())


@pytest.fixture(autouse=True)
def _on_sixteen_cores(monkeypatch):
    monkeypatch.setattr(executors, "count_cores", lambda: 16)


def choose(place, core_seconds, **execution):
    return choose_executor(
        Execution(**{"kind": ExecutorKind.AUTO, **execution}), place, core_seconds=core_seconds
    )


def test_work_of_seconds_is_done_by_two_threads(place):
    executor = choose(place, 1)

    assert isinstance(executor, InProcess)
    assert 2 == executor.num_workers


def test_work_of_minutes_is_done_by_a_process_on_each_core(place):
    executor = choose(place, 100)

    assert isinstance(executor, Processes)
    assert 16 == executor.num_workers


def test_as_many_threads_or_processes_as_are_asked_for(place):
    assert 5 == choose(place, 1, num_workers=5).num_workers
    assert 5 == choose(place, 100, num_workers=5).num_workers


def test_a_single_worker_needs_no_process(place):
    assert isinstance(choose(place, 100, num_workers=1), InProcess)


def test_processes_do_not_see_a_store_in_memory():
    place = Place(ObjectStore("memory://here"), Settings())

    assert isinstance(choose(place, 100), InProcess)
    with pytest.raises(InputError, match="lies in memory"):
        choose(place, 100, kind=ExecutorKind.PROCESSES)
