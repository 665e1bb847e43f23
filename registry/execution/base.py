"""What every executor offers: the same work on many tasks, each result as it comes.

Work is cut so that no task needs another's result, and gives the same result wherever and in
whatever order it runs. Tasks and results are small values: the bytes lie in the store.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from registry.domain.progress import Done

Task = TypeVar("Task")
Result = TypeVar("Result")
Task_contra = TypeVar("Task_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)


class Report(Protocol):
    """Where work says how much more of it is done."""

    def __call__(self, done: Done, /) -> None:
        """So much more is done."""


class Work(Protocol[Task_contra, Result_co]):
    """What is done to each task. It can be pickled, and keeps what is dear between tasks."""

    def __call__(self, task: Task_contra, report: Report, /) -> Result_co:
        """Do it. A task that is done twice leaves the same behind as one done once."""


@dataclass(frozen=True, slots=True)
class Finished(Generic[Result]):
    """A task that is done."""

    number: int
    """The task's place among the tasks."""

    result: Result


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose every attempt took its worker's life, or went on beyond the deadline."""

    number: int
    reason: str
    num_attempts: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker in a process of its own may take."""

    task_seconds: float
    """A task that takes longer is taken to hang, and its worker is killed."""

    worker_bytes: int
    """A worker that holds more behind a task lets go of what it keeps from task to task."""


class Executor(Protocol):
    """Runs work on tasks."""

    num_workers: int
    """How many tasks run at a time."""

    is_apart: bool
    """Whether tasks run in other processes, which share nothing with this one but the store."""

    def run(
        self, work: Work[Task, Result], tasks: Sequence[Task], report: Report
    ) -> Iterator[Finished[Result] | Lost]:
        """Yield what becomes of each task, as it becomes known, in any order.

        What the work raises on purpose is raised here, and no further task is begun. When the
        caller stops early, so do the workers.
        """
