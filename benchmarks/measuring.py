"""How a call is timed, and how contenders take turns."""

import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

Detail = int | float | str


@dataclass(frozen=True, slots=True)
class Timing:
    """What one run took."""

    elapsed_seconds: float
    cpu_seconds: float
    """User and system time of the process, all its threads together."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured number, its unit and, where there is one, its target."""

    benchmark: str
    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None: there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        if self.at_most is not None:
            return self.value <= self.at_most
        return None


@dataclass(slots=True)
class Stopwatch:
    """The timing of a block, once the block is left."""

    timing: Timing | None = None

    def read(self) -> Timing:
        """Return the timing.

        Raises:
            RuntimeError: The block is not left yet.
        """
        if self.timing is None:
            raise RuntimeError("the block is still running")
        return self.timing


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Time a block."""
    watch = Stopwatch()
    elapsed, cpu = time.perf_counter(), time.process_time()
    yield watch
    watch.timing = Timing(time.perf_counter() - elapsed, time.process_time() - cpu)


def alternate(
    contenders: Mapping[str, Callable[[], Timing]], *, rounds: int
) -> dict[str, list[Timing]]:
    """Run the contenders in turn, A B A B, so that a busy spell of the machine hits them all."""
    timings: dict[str, list[Timing]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            timings[name].append(run())
    return timings


def median_cpu_seconds(timings: Sequence[Timing]) -> float:
    """Return the median CPU time of some runs."""
    return median(timing.cpu_seconds for timing in timings)


def median_elapsed_seconds(timings: Sequence[Timing]) -> float:
    """Return the median wall time of some runs."""
    return median(timing.elapsed_seconds for timing in timings)


def median_ratio(
    one: Sequence[Timing], other: Sequence[Timing], *, of: Callable[[Timing], float]
) -> float:
    """Return the median, over the rounds, of one timing divided by the other of the same round."""
    return median(of(first) / of(second) for first, second in zip(one, other, strict=True))


def peak_memory_bytes() -> int:
    """Return the most memory that this process has held at once."""
    status = Path("/proc/self/status")
    if status.exists():
        # The kernel hands `ru_maxrss` on from parent to child; this figure begins anew.
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
