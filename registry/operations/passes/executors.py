"""From what the caller wishes to an executor that runs."""

import os

from registry.domain.execution import Execution, ExecutorKind
from registry.errors import InputError
from registry.execution.base import Executor, Limits
from registry.execution.in_process import InProcess
from registry.execution.processes import Processes
from registry.execution.ray_cluster import RayCluster
from registry.operations.place import Place

_LEAST_SECONDS_APART = 8.0
"""Work of one core for which processes, which take a second or two to start, are sooner done than
threads, which wait for each other at the interpreter."""

_THREADS = 2
"""About half of a pass holds the interpreter, so further threads would wait for it."""


def choose_executor(execution: Execution, place: Place, *, core_seconds: float) -> Executor:
    """Return the executor for work that would take one core so long.

    Raises:
        InputError: Workers are wanted and cannot see the store, or there is no such cluster.
        MissingExtraError: Ray is wanted and not installed.
    """
    num_workers = execution.num_workers or count_cores()
    kind = execution.kind
    if kind is ExecutorKind.AUTO:
        pays = core_seconds >= _LEAST_SECONDS_APART and num_workers > 1 and place.store.is_shared
        kind = ExecutorKind.PROCESSES if pays else ExecutorKind.IN_PROCESS
    if kind is ExecutorKind.IN_PROCESS:
        return InProcess(execution.num_workers or min(num_workers, _THREADS))
    if not place.store.is_shared:
        raise InputError(
            f"worker processes do not see the store {place.store.url}, which lies in memory",
            hint="set MUSTER_STORE to a folder, or leave out --workers",
        )
    settings = place.settings
    limits = Limits(task_seconds=settings.unit_seconds, worker_bytes=settings.worker_bytes)
    if kind is ExecutorKind.RAY:
        return RayCluster(execution.ray_address, num_workers=execution.num_workers, limits=limits)
    return Processes(num_workers, limits=limits)


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
