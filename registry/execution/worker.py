"""What runs in a worker process: it takes up the work once, then task after task."""

import os
import pickle
import signal
import threading
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import connection, parent_process
from typing import Any, Generic

import psutil

from registry.domain.progress import Done
from registry.execution.base import Limits, Result, Task, Work

_ONE_THREAD = {
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "2",
}


@dataclass(frozen=True, slots=True)
class Carried(Generic[Result]):
    """The result of a task, and what it reported meanwhile."""

    result: Result
    done: Done


class _Account:
    """Adds up what a task reports."""

    def __init__(self) -> None:
        self.done = Done()

    def __call__(self, done: Done) -> None:
        self.done += done


def carry_out(pickled: bytes, task: Task, limits: Limits) -> "Carried[Any]":
    """Do the pickled work on a task."""
    account = _Account()
    result = _unpickle(pickled)(task, account)
    if psutil.Process().memory_info().rss > limits.worker_bytes:
        # Engines remember what they have seen.
        _unpickle.cache_clear()
    return Carried(result, account.done)


def become_worker() -> None:
    """Use one thread for each library, leave an interrupt to the parent, and end with it."""
    use_one_thread()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def use_one_thread() -> None:
    """Let each library use one thread: there is a worker for every core."""
    os.environ.update(_ONE_THREAD)


@lru_cache(maxsize=1)
def _unpickle(pickled: bytes) -> Work[Any, Any]:
    # Kept from task to task: an encoder takes longer to load than a small task to do.
    work: Work[Any, Any] = pickle.loads(pickled)  # noqa: S301 - our own parent's
    return work


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
