"""Hand tasks to workers that may die: a few at a time, each tried several times."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from registry.execution.base import Finished, Lost, Report
from registry.execution.worker import Carried

MAX_ATTEMPTS = 3
"""How often a task is tried before it is given up."""

_QUEUED_PER_WORKER = 2

Handle = TypeVar("Handle")


class Pool(Protocol[Handle]):
    """Workers of some kind."""

    num_workers: int

    def submit(self, task: Any) -> Handle:  # noqa: ANN401 - any value that can be pickled
        """Give a task to the next worker that is free."""

    def wait(self, handles: Collection[Handle]) -> Iterable[tuple[Handle, Carried[Any] | str]]:
        """Return what came of some of the submitted tasks, once there is something.

        In place of the result of a task whose worker is no more stands the reason. What the work
        raised is raised.
        """


class Dispatch(Generic[Handle]):
    """The tasks of one call: which are with a worker, and how often each was tried."""

    def __init__(self, pool: Pool[Handle], tasks: Sequence[Any], report: Report) -> None:
        self._pool = pool
        self._tasks = tasks
        self._report = report
        self._attempts = [0] * len(tasks)
        self._submitted: dict[Handle, int] = {}

    def run(self) -> Iterator[Finished[Any] | Lost]:
        """Yield what becomes of each task; see `Executor.run`."""
        waiting = list(reversed(range(len(self._tasks))))
        most = self._pool.num_workers * _QUEUED_PER_WORKER
        while waiting or self._submitted:
            while waiting and len(self._submitted) < most:
                self._submit(waiting.pop())
            for handle, carried in self._pool.wait(self._submitted):
                number = self._submitted.pop(handle)
                if isinstance(carried, Carried):
                    yield self._finish(number, carried)
                elif self._attempts[number] < MAX_ATTEMPTS:
                    waiting.append(number)
                else:
                    yield Lost(number, carried, self._attempts[number])

    def _submit(self, number: int) -> None:
        self._attempts[number] += 1
        self._submitted[self._pool.submit(self._tasks[number])] = number

    def _finish(self, number: int, carried: Carried[Any]) -> Finished[Any]:
        self._report(carried.done)
        return Finished(number, carried.result)
