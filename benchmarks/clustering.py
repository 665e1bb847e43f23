"""The same pass on worker processes and on a Ray cluster of this machine's own."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.measuring import Measurement, Timing, alternate, median_ratio, stopwatch
from benchmarks.opening import new_home
from registry.api import open_registry
from registry.domain.execution import Execution, ExecutorKind

LEAST_SHARE_OF_PROCESSES = 0.85

_NODES = 2


def measure(files: Sequence[Path], *, tokenizer: Path | None, rounds: int) -> Iterator[Measurement]:
    """Measure wall time: connecting to the cluster and the start of its workers are included.

    The cluster runs before anything is timed. Each of its nodes has one CPU, its driver none.
    """
    with new_home() as home, _cluster() as address:
        with open_registry(home) as muster:
            muster.register([str(path) for path in files], name="bench/corpus")
            if tokenizer is None:
                muster.tokenizers.train(["bench/corpus"], name="engine", vocab_size=50_257)
            else:
                muster.tokenizers.add([tokenizer], name="engine")
            megabytes = muster.show("bench/corpus").version.num_text_bytes / 1e6
            # Compared with the reference once, before anything is timed.
            muster.tokenize_sample("bench/corpus", tokenizer="engine", fraction=0.01)
        passes = _Passes(home)
        processes = Execution(kind=ExecutorKind.PROCESSES, num_workers=_NODES)
        on_ray = Execution(kind=ExecutorKind.RAY, ray_address=address)
        contenders: dict[str, Callable[[], Timing]] = {
            "processes": lambda: passes.run(processes),
            "ray": lambda: passes.run(on_ray),
        }
        timings = alternate(contenders, rounds=rounds)
    yield Measurement(
        benchmark="cluster",
        name=f"Ray on {_NODES} local nodes / {_NODES} worker processes",
        value=median_ratio(
            timings["processes"], timings["ray"], of=lambda timing: timing.elapsed_seconds
        ),
        unit="x",
        at_least=LEAST_SHARE_OF_PROCESSES,
        details={"text_megabytes": round(megabytes), "rounds": rounds},
    )


@dataclass
class _Passes:
    """Passes into a dataset each, so that none finds what another made."""

    home: Path
    numbers: Iterator[int] = field(default_factory=count)

    def run(self, execution: Execution) -> Timing:
        name = f"bench/tokens-{next(self.numbers)}"
        with open_registry(self.home, execution=execution) as muster, stopwatch() as watch:
            muster.tokenize("bench/corpus", recipe="text-default", tokenizer="engine", name=name)
        return watch.read()


@contextmanager
def _cluster() -> Iterator[str]:
    """Start a cluster and give its address."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    )
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - an extra, and slow to load

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    try:
        for _ in range(_NODES):
            cluster.add_node(num_cpus=1)
        yield cluster.address
    finally:
        cluster.shutdown()
