"""Work that a spawned process can import."""

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from registry.domain.progress import Done
from registry.errors import ConflictError


@dataclass
class Square:
    """Square numbers, and say of each that it was one byte."""

    def __call__(self, task, report):
        report(Done(num_bytes=1, num_documents=task))
        return task * task


@dataclass
class Die:
    """Die by a signal at one task, as often as is asked."""

    folder: Path
    task: int
    times: int

    def __call__(self, task, report):
        marks = self.folder / f"{task}"
        marks.mkdir(exist_ok=True)
        attempt = len(list(marks.iterdir()))
        (marks / f"{attempt}-{os.getpid()}").touch()
        if task == self.task and attempt < self.times:
            os.kill(os.getpid(), signal.SIGKILL)
        return task


@dataclass
class Hang:
    """Hang at one task."""

    task: int

    def __call__(self, task, report):
        if task == self.task:
            time.sleep(3_600)
        return task


@dataclass
class Refuse:
    """Raise what an operation raises on purpose."""

    def __call__(self, task, report):
        raise ConflictError(f"task {task}", hint="none")


@dataclass
class Remember:
    """Tell which process works, and how many tasks it has had."""

    def __call__(self, task, report):
        self.seen = getattr(self, "seen", 0) + 1
        time.sleep(0.05)
        return os.getpid(), self.seen


MEETING = threading.Barrier(2)


class Meet:
    """Wait until another thread works as well."""

    def __call__(self, task, report):
        MEETING.wait(timeout=30)
        return task
