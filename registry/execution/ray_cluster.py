"""Work on the machines of a Ray cluster, any of which may be lost.

Ray Core's tasks alone: what goes to a worker and comes back is small, the bytes lie in the store,
which every machine must see. muster is installed on every machine.
"""

import logging
import os
import pickle
import socket
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, TypeAlias

from registry.errors import InputError, MissingExtraError
from registry.execution.base import Finished, Limits, Lost, Report, Result, Task, Work
from registry.execution.dispatching import Dispatch
from registry.execution.worker import Carried, carry_out, use_one_thread

if TYPE_CHECKING:
    import ray

_Handle: TypeAlias = "ray.ObjectRef[Carried[Any]]"

_POLL_SECONDS = 1.0
_KNOCK_SECONDS = 10.0


class RayCluster:
    """Run tasks on a Ray cluster; see `registry.execution.base.Executor`.

    Args:
        address: The cluster's (`auto`, `HOST:PORT`, `ray://HOST:PORT`).
        num_workers: Tasks at a time; None: one a CPU of the cluster.
        limits: What each may take.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: There is no cluster at the address.
    """

    is_apart = True

    def __init__(self, address: str, *, num_workers: int | None, limits: Limits) -> None:
        # Nothing is sent to whoever makes the library.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        try:
            import ray  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError(task="the executor ray", extra="ray") from error
        # A caller who is connected already has chosen the cluster.
        self._is_ours = not ray.is_initialized()
        try:
            _knock(address)
            ray.init(
                address=address,
                ignore_reinit_error=True,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(
                f"no Ray cluster at {address}: {error}", hint="ray start --head, or --ray-address"
            ) from error
        self.num_workers = num_workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._limits = limits

    def run(
        self, work: Work[Task, Result], tasks: Sequence[Task], report: Report
    ) -> Iterator[Finished[Result] | Lost]:
        """See `Executor.run`; the connection ends with the call."""
        import ray  # noqa: PLC0415 - an extra

        pool = _Pool(pickle.dumps(work), self.num_workers, self._limits)
        try:
            # Ray tells on standard output what befalls its workers; that is where answers go.
            with redirect_stdout(sys.stderr):
                yield from Dispatch(pool, tasks, report).run()
        finally:
            pool.stop()
            if self._is_ours:
                ray.shutdown()


class _Pool:
    """See `registry.execution.dispatching.Pool`."""

    def __init__(self, work: bytes, num_workers: int, limits: Limits) -> None:
        import ray  # noqa: PLC0415 - an extra

        self.num_workers = num_workers
        self._ray = ray
        self._work = ray.put(work)
        self._limits = limits
        # Tries are counted here, for every executor alike.
        self._carry_out = ray.remote(max_retries=0, num_cpus=1)(_carry_out)
        self._begun: dict[_Handle, float] = {}
        self._late: set[_Handle] = set()

    def submit(self, task: Any) -> _Handle:  # noqa: ANN401 - any value that can be pickled
        handle = self._carry_out.remote(self._work, task, self._limits)
        self._begun[handle] = time.monotonic()
        return handle

    def wait(self, handles: Collection[_Handle]) -> list[tuple[_Handle, Carried[Any] | str]]:
        done: list[_Handle] = []
        while not done:
            done, _ = self._ray.wait(list(handles), num_returns=1, timeout=_POLL_SECONDS)
            self._kill_late(handles)
        return [(handle, self._get(handle)) for handle in done]

    def stop(self) -> None:
        for handle in self._begun:
            self._ray.cancel(handle, force=True)

    def _get(self, handle: _Handle) -> Carried[Any] | str:
        self._begun.pop(handle)
        try:
            carried: Carried[Any] = self._ray.get(handle)
        except self._ray.exceptions.RayTaskError as error:
            # What the work itself raised.
            raise error.cause from error
        except self._ray.exceptions.RayError as error:
            if handle in self._late:
                return f"took longer than {self._limits.task_seconds:,.0f} seconds"
            return f"lost its worker ({type(error).__name__})"
        return carried

    def _kill_late(self, handles: Collection[_Handle]) -> None:
        # Counted from when a task was submitted: at most one waits before it at each worker.
        latest = time.monotonic() - 2 * self._limits.task_seconds
        for handle in handles:
            if self._begun[handle] < latest and handle not in self._late:
                self._late.add(handle)
                self._ray.cancel(handle, force=True)


def _knock(address: str) -> None:
    """See that somebody listens, since Ray itself waits for minutes.

    Raises:
        OSError: Nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_KNOCK_SECONDS).close()


def _carry_out(work: bytes, task: Any, limits: Limits) -> Carried[Any]:  # noqa: ANN401 - likewise
    use_one_thread()
    return carry_out(work, task, limits)
