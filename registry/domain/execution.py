"""Where work is to run."""

from enum import StrEnum
from typing import Self

from registry.domain.base import Value
from registry.errors import InputError


class ExecutorKind(StrEnum):
    """What runs the units of a pass."""

    AUTO = "auto"
    """Worker processes where there is enough to do for several, else this process."""

    IN_PROCESS = "in-process"
    """Threads of this process, which start at once and share one interpreter."""

    PROCESSES = "processes"
    RAY = "ray"
    """The machines of a Ray cluster."""


class Part(Value):
    """The units that one of several independent processes works on: every n-th of them."""

    index: int
    """Which of the processes, from 0."""

    count: int
    """How many processes there are."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `INDEX/COUNT`, the index from 0.

        Raises:
            InputError: It is not of that form, or the index is not below the count.
        """
        index, _, count = text.partition("/")
        if not (index.isdecimal() and count.isdecimal() and int(index) < int(count)):
            raise InputError(
                f"--shard {text}: not INDEX/COUNT with an index from 0 to COUNT - 1",
                hint="--shard $SLURM_ARRAY_TASK_ID/16 in an array of 0-15",
            )
        return cls(index=int(index), count=int(count))

    @classmethod
    def of(cls, index: int, count: int) -> Self:
        """Return a part.

        Raises:
            InputError: The index is not from 0 to below the count.
        """
        if not 0 <= index < count:
            raise InputError(f"shard {index} of {count}: shards are counted from 0")
        return cls(index=index, count=count)

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, number: int) -> bool:
        """Return whether a unit is among them, by its number."""
        return number % self.count == self.index


class Execution(Value):
    """Where work is to run. It decides how long it takes, never what comes out."""

    kind: ExecutorKind = ExecutorKind.IN_PROCESS
    num_workers: int | None = None
    """How many tasks at a time; None: two threads, or a process on each core, of this machine or of
    the cluster."""

    ray_address: str = "auto"
    """Where the cluster is; `auto`: as `RAY_ADDRESS` says, else the one on this machine."""
