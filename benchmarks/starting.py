"""Start the command line, beside a Python that does nothing."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measuring import Measurement, Timing, alternate

MOST_TIMES_PYTHON = 20
_ROUNDS = 7


def measure() -> Iterator[Measurement]:
    """Measure the CPU time of `muster --help` over that of `python -c pass`, each at its best."""
    muster = str(Path(sys.executable).with_name("muster"))
    timings = alternate(
        {
            "python -c pass": partial(_run, sys.executable, "-c", "pass"),
            "muster --help": partial(_run, muster, "--help"),
        },
        rounds=_ROUNDS,
    )
    best = {name: min(run.cpu_seconds for run in taken) for name, taken in timings.items()}
    for name, cpu_seconds in best.items():
        yield Measurement(
            "start-up", name, cpu_seconds * 1e3, "cpu-ms", details={"rounds": _ROUNDS}
        )
    yield Measurement(
        benchmark="start-up",
        name="muster --help / python -c pass",
        value=best["muster --help"] / best["python -c pass"],
        unit="x",
        at_most=MOST_TIMES_PYTHON,
    )


def _run(*command: str) -> Timing:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    elapsed, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Timing(
        elapsed_seconds=elapsed,
        cpu_seconds=after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
    )
