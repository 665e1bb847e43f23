"""What every executor does; then what only worker processes can do."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from registry.domain.progress import Done
from registry.errors import ConflictError
from registry.execution.base import Finished, Limits, Lost
from registry.execution.dispatching import MAX_ATTEMPTS
from registry.execution.in_process import InProcess
from registry.execution.processes import Processes
from tests.execution.works import Die, Hang, Meet, Refuse, Remember, Square


def ignore(done):
    pass


def processes(num_workers=2, *, deadline_seconds=60, worker_bytes=1 << 30):
    return Processes(num_workers, limits=Limits(deadline_seconds, worker_bytes))


def threads():
    return InProcess(2)


@pytest.fixture(params=[InProcess, threads, processes], ids=["in-process", "threads", "processes"])
def executor(request):
    return request.param()


def results(executor, work, tasks):
    return {item.number: item for item in executor.run(work, tasks, ignore)}


def test_each_task_gives_its_result(executor):
    found = results(executor, Square(), range(10))

    assert {number: Finished(number, number * number) for number in range(10)} == found


def test_what_is_reported_adds_up(executor):
    reports = []
    list(executor.run(Square(), range(5), reports.append))

    assert 5 == sum(done.num_bytes for done in reports)
    assert sum(range(5)) == sum(done.num_documents for done in reports)


def test_no_task_is_no_result(executor):
    assert {} == results(executor, Square(), [])


def test_an_error_on_purpose_is_raised_with_its_hint(executor):
    with pytest.raises(ConflictError, match="task 0") as caught:
        list(executor.run(Refuse(), [0], ignore))

    assert "none" == caught.value.hint


def test_each_thread_keeps_what_is_dear_and_one_of_them_the_callers():
    work = Remember()
    found = [item.result for item in threads().run(work, range(8), ignore)]

    assert {os.getpid()} == {process for process, _ in found}
    assert 2 == [seen for _, seen in found].count(1)
    assert 0 < work.seen < 8


def test_threads_work_at_the_same_time():
    meeting = Meet()
    found = results(threads(), meeting, range(2))

    assert {number: Finished(number, number) for number in range(2)} == found


def test_threads_end_with_a_caller_who_stops_early():
    found = threads().run(Remember(), range(100), ignore)
    next(found)
    found.close()

    assert not [one for one in threading.enumerate() if one.name.startswith("worker")]


def test_after_an_error_threads_begin_no_further_task():
    begun = []

    def work(task, report):
        begun.append(task)
        report(Done(num_bytes=1))
        if task == 0:
            raise ConflictError("task 0")
        time.sleep(0.02)

    with pytest.raises(ConflictError, match="task 0"):
        list(threads().run(work, range(100), ignore))

    assert len(begun) < 100


def test_work_keeps_what_is_dear_from_task_to_task():
    found = [item.result for item in processes().run(Remember(), range(8), ignore)]

    assert 2 == len({process for process, _ in found})
    assert os.getpid() not in {process for process, _ in found}
    assert 8 == sum(
        max(seen for process, seen in found if process == one) for one in {p for p, _ in found}
    )


def test_a_worker_that_holds_too_much_lets_go_of_what_is_dear():
    found = [item.result for item in processes(worker_bytes=1).run(Remember(), range(4), ignore)]

    assert [1, 1, 1, 1] == [seen for _, seen in found]


def test_a_task_whose_worker_dies_is_tried_again(tmp_path):
    found = results(processes(), Die(tmp_path, task=1, times=2), range(4))

    assert {number: Finished(number, number) for number in range(4)} == found
    assert 3 == len(list((tmp_path / "1").iterdir()))


def test_a_task_that_kills_every_worker_is_lost_and_no_other(tmp_path):
    found = results(processes(), Die(tmp_path, task=1, times=99), range(4))
    lost = found.pop(1)

    assert {number: Finished(number, number) for number in (0, 2, 3)} == found
    assert Lost(1, "took its worker's life (exit code -9)", MAX_ATTEMPTS) == lost
    assert MAX_ATTEMPTS == len(list((tmp_path / "1").iterdir()))


def test_a_task_that_hangs_is_lost_after_the_deadline_and_no_other():
    started = time.monotonic()
    found = results(processes(deadline_seconds=3), Hang(task=1), range(3))

    assert {0, 2} == {number for number, item in found.items() if isinstance(item, Finished)}
    assert Lost(1, "took longer than 3 seconds", MAX_ATTEMPTS) == found[1]
    assert time.monotonic() - started < 60


def test_no_worker_outlives_a_caller_that_stops_early():
    running = processes().run(Hang(task=1), range(2), ignore)
    next(running)
    running.close()

    assert [] == multiprocessing.active_children()


CALLER = """
import sys
from registry.execution.base import Limits
from registry.execution.processes import Processes
from tests.execution.works import Hang

def ignore(done):
    pass

if __name__ == "__main__":
    for item in Processes(2, limits=Limits(600, 1 << 30)).run(Hang(task=1), range(3), ignore):
        print(item.number, flush=True)
"""


def test_no_worker_outlives_a_caller_that_is_killed(tmp_path):
    script = tmp_path / "caller.py"
    script.write_text(CALLER)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, env=environment
    ) as caller:
        caller.stdout.readline()
        workers = psutil.Process(caller.pid).children(recursive=True)
        caller.kill()
    gone, alive = psutil.wait_procs(workers, timeout=10)

    assert len(workers) >= 2
    assert [] == alive, gone
