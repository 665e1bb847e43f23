"""Work in processes of its own on this machine, which may die, be killed or hang.

Processes are spawned, never forked: the engines' threads do not survive a fork.
"""

import multiprocessing
import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from typing import Any

from pebble import ProcessExpired, ProcessPool

from registry.execution.base import Finished, Lost, Report, Result, Task, Work
from registry.execution.worker import Carried, become_worker, carry_out

MAX_ATTEMPTS = 3
"""How often a task is tried before it is given up."""

_QUEUED_PER_WORKER = 2


class Processes:
    """Run tasks in worker processes; see `registry.execution.base.Executor`.

    Args:
        num_workers: How many.
        deadline_seconds: A task that takes longer is taken to hang, and its worker is killed.
    """

    is_apart = True

    def __init__(self, num_workers: int, *, deadline_seconds: float) -> None:
        self.num_workers = num_workers
        self._deadline_seconds = deadline_seconds

    def run(
        self, work: Work[Task, Result], tasks: Sequence[Task], report: Report
    ) -> Iterator[Finished[Result] | Lost]:
        """See `Executor.run`."""
        num_workers = min(self.num_workers, len(tasks))
        if num_workers == 0:
            return
        context = multiprocessing.get_context("spawn")
        pool = ProcessPool(num_workers, initializer=become_worker, context=context)
        try:
            yield from _Dispatch(pool, work, tasks, report, deadline=self._deadline_seconds).run(
                num_queued=num_workers * _QUEUED_PER_WORKER
            )
            pool.close()
        finally:
            pool.stop()
            pool.join()


class _Dispatch:
    """The tasks of one call: which are queued, and how often each was tried."""

    def __init__(
        self,
        pool: ProcessPool,
        work: Work[Task, Result],
        tasks: Sequence[Task],
        report: Report,
        *,
        deadline: float,
    ) -> None:
        self._pool = pool
        self._work = pickle.dumps(work)
        self._tasks = tasks
        self._report = report
        self._deadline = deadline
        self._attempts = [0] * len(tasks)
        self._queued: dict[Future[Carried[Any]], int] = {}

    def run(self, *, num_queued: int) -> Iterator[Finished[Any] | Lost]:
        waiting = list(reversed(range(len(self._tasks))))
        while waiting or self._queued:
            while waiting and len(self._queued) < num_queued:
                self._queue(waiting.pop())
            done, _ = wait(self._queued, return_when=FIRST_COMPLETED)
            for future in done:
                number = self._queued.pop(future)
                reason = _find_loss(future, deadline=self._deadline)
                if reason is None:
                    carried = future.result()
                    self._report(num_bytes=carried.num_bytes, num_documents=carried.num_documents)
                    yield Finished(number, carried.result)
                elif self._attempts[number] < MAX_ATTEMPTS:
                    waiting.append(number)
                else:
                    yield Lost(number, reason, self._attempts[number])

    def _queue(self, number: int) -> None:
        self._attempts[number] += 1
        future = self._pool.schedule(
            carry_out, args=(self._work, self._tasks[number]), timeout=self._deadline
        )
        self._queued[future] = number


def _find_loss(future: "Future[Carried[Any]]", *, deadline: float) -> str | None:
    """Return why a task's worker is no more; None: it lives, with a result or an error."""
    try:
        error = future.exception()
    except CancelledError:
        return "its worker was lost"
    if isinstance(error, TimeoutError):
        return f"took longer than {deadline:,.0f} seconds"
    if isinstance(error, ProcessExpired):
        return f"took its worker's life (exit code {error.exitcode})"
    return None
