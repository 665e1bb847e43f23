"""Work in processes of its own on this machine, which may die, be killed or hang.

Processes are spawned, never forked: the engines' threads do not survive a fork.
"""

import multiprocessing
import pickle
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from typing import Any, TypeAlias

from pebble import ProcessExpired, ProcessPool

from registry.execution.base import Finished, Limits, Lost, Report, Result, Task, Work
from registry.execution.dispatching import Dispatch
from registry.execution.worker import Carried, become_worker, carry_out

_Handle: TypeAlias = "Future[Carried[Any]]"


class Processes:
    """Run tasks in worker processes; see `registry.execution.base.Executor`.

    Args:
        num_workers: How many.
        limits: What each may take.
    """

    is_apart = True

    def __init__(self, num_workers: int, *, limits: Limits) -> None:
        self.num_workers = num_workers
        self._limits = limits

    def run(
        self, work: Work[Task, Result], tasks: Sequence[Task], report: Report
    ) -> Iterator[Finished[Result] | Lost]:
        """See `Executor.run`."""
        if not tasks:
            return
        pool = _Pool(
            pickle.dumps(work),
            num_workers=min(self.num_workers, len(tasks)),
            limits=self._limits,
        )
        try:
            yield from Dispatch(pool, tasks, report).run()
        finally:
            pool.stop()


class _Pool:
    """See `registry.execution.dispatching.Pool`."""

    def __init__(self, work: bytes, *, num_workers: int, limits: Limits) -> None:
        self.num_workers = num_workers
        self._work = work
        self._limits = limits
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(num_workers, initializer=become_worker, context=context)

    def submit(self, task: Any) -> _Handle:  # noqa: ANN401 - any value that can be pickled
        arguments = (self._work, task, self._limits)
        return self._pool.schedule(carry_out, args=arguments, timeout=self._limits.task_seconds)

    def wait(self, handles: Collection[_Handle]) -> Iterator[tuple[_Handle, Carried[Any] | str]]:
        done, _ = wait(handles, return_when=FIRST_COMPLETED)
        for future in done:
            yield future, self._find_loss(future) or future.result()

    def stop(self) -> None:
        self._pool.stop()
        self._pool.join()

    def _find_loss(self, future: _Handle) -> str | None:
        """Return why a task's worker is no more; None: it lives, with a result or an error."""
        try:
            error = future.exception()
        except CancelledError:
            return "its worker was lost"
        if isinstance(error, TimeoutError):
            return f"took longer than {self._limits.task_seconds:,.0f} seconds"
        if isinstance(error, ProcessExpired):
            return f"took its worker's life (exit code {error.exitcode})"
        return None
