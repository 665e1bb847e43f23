"""Work in this process: threads that share its memory, its libraries and its interpreter."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from copy import copy
from queue import SimpleQueue

from registry.domain.progress import Done
from registry.execution.base import Finished, Report, Result, Task, Work


class InProcess:
    """Run tasks here; see `registry.execution.base.Executor`.

    Args:
        num_workers: How many threads; with one, tasks run in the caller's own and in order.
    """

    is_apart = False

    def __init__(self, num_workers: int = 1) -> None:
        self.num_workers = num_workers

    def run(
        self, work: Work[Task, Result], tasks: Sequence[Task], report: Report
    ) -> Iterator[Finished[Result]]:
        """See `Executor.run`."""
        num_workers = min(self.num_workers, len(tasks))
        if num_workers < 2:
            for number, task in enumerate(tasks):
                yield Finished(number, work(task, report))
            return
        account = _Account(report)
        # What work keeps from task to task is for one thread at a time. The caller's own is among
        # them: what it has loaded by the end is there for the caller.
        works = SimpleQueue[Work[Task, Result]]()
        for one in (work, *(copy(work) for _ in range(num_workers - 1))):
            works.put(one)

        def carry_out(task: Task) -> Result:
            mine = works.get()
            try:
                return mine(task, account)
            finally:
                works.put(mine)

        with ThreadPoolExecutor(num_workers, thread_name_prefix="worker") as pool:
            futures: dict[Future[Result], int] = {
                pool.submit(carry_out, task): number for number, task in enumerate(tasks)
            }
            try:
                for future in as_completed(futures):
                    yield Finished(futures[future], future.result())
            finally:
                account.stop()
                pool.shutdown(cancel_futures=True)


class _Account:
    """Passes on what threads report, one at a time; once stopped, it ends who reports."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._is_stopped = False

    def __call__(self, done: Done) -> None:
        with self._lock:
            if self._is_stopped:
                raise _StoppedError
            self._report(done)

    def stop(self) -> None:
        with self._lock:
            self._is_stopped = True


class _StoppedError(Exception):
    """The caller wants no more of it."""
