"""Complete ancestry beside ml-metadata and MLflow, on the same graph, each answer compared.

Each peer runs in a Python of its own, since what they pin excludes each other and muster:

    python -m venv mlmd && mlmd/bin/pip install ml-metadata==1.17.1
    python -m venv flow && flow/bin/pip install mlflow-skinny sqlalchemy alembic
    python -m benchmarks peers --mlmd mlmd/bin/python --mlflow flow/bin/python
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.cataloguing import Parents, refer_to
from benchmarks.measuring import Measurement, Timing
from benchmarks.tracing import (
    NUM_GENERATIONS,
    ask,
    filled_catalog,
    find_largest_ancestry,
    random_graph,
    walk,
)
from registry.domain.selection import Selection

_NUM_VERSIONS = 1_000
_FOLDER = Path(__file__).parent


def measure(*, pythons: Mapping[str, Path], scale: float, rounds: int) -> Iterator[Measurement]:
    """Measure the ancestry of one version among many, and over a chain.

    Args:
        pythons: The Python of each peer, by the name of its script here.
        scale: 1 for 1,000 versions.
        rounds: Repetitions, of which the median counts.
    """
    graph = random_graph(max(int(_NUM_VERSIONS * scale), 10))
    chain = [[number - 1] if number else [] for number in range(NUM_GENERATIONS)]
    graphs = {f"among {len(graph):,}": graph, f"over {NUM_GENERATIONS} generations": chain}
    for where, parents in graphs.items():
        end = find_largest_ancestry(parents)
        expected = sorted(walk(parents, end))
        answer, taken = _ask_muster(parents, end, rounds)
        yield _measured(f"muster, {where}", taken, answer, expected)
        for name, python in pythons.items():
            answer, taken = _ask_peer(name, python, parents, end, rounds)
            yield _measured(f"{name}, {where}", taken, answer, expected)


def _measured(
    name: str, taken: list[Timing], answer: list[int], expected: list[int]
) -> Measurement:
    """Return what an ancestry took, and how much of it the answer holds."""
    return Measurement(
        benchmark="peers",
        name=f"ancestry {name}",
        value=median(one.elapsed_seconds for one in taken) * 1e3,
        unit="ms",
        details={
            "cpu_milliseconds": round(median(one.cpu_seconds for one in taken) * 1e3, 2),
            "num_versions": len(answer),
            "num_expected": len(expected),
            "is_complete": str(answer == expected).lower(),
            "rounds": len(taken),
        },
    )


def _ask_muster(parents: Parents, end: int, rounds: int) -> tuple[list[int], list[Timing]]:
    numbers = {refer_to(number): number for number in range(len(parents))}
    with filled_catalog(parents) as catalog:
        selection = Selection.parse(f"+{refer_to(end)}")
        found = catalog.lineage.select(selection)
        taken = [ask(partial(catalog.lineage.select, selection)) for _ in range(rounds)]
    return sorted(numbers[node.reference] for node in found.nodes), taken


def _ask_peer(
    name: str, python: Path, parents: Parents, end: int, rounds: int
) -> tuple[list[int], list[Timing]]:
    asked = json.dumps({"parents": [list(one) for one in parents], "end": end, "rounds": rounds})
    done = subprocess.run(
        [python, _FOLDER / f"{name}_lineage.py"],
        input=asked,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    return told["answer"], [Timing(*one) for one in told["taken"]]
