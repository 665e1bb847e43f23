"""Ask MLflow for the ancestry of a version, in a Python of its own.

MLflow keeps which datasets a run read and has no query over more than one step, so its client
walks from run to run. Here each version is a run, and a dataset that it read is named by the run
that made it. Reads and prints what `benchmarks.mlmd_lineage` does. Imports nothing of muster.
"""

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.entities import Dataset, DatasetInput
from mlflow.tracking import MlflowClient


def main() -> None:
    """Build the graph, ask, and print."""
    asked = json.load(sys.stdin)
    with TemporaryDirectory() as folder:
        client = MlflowClient(tracking_uri=f"sqlite:///{Path(folder) / 'mlflow.db'}")
        before = time.perf_counter()
        runs = _fill(client, asked["parents"])
        fill_seconds = time.perf_counter() - before
        numbers = {run: number for number, run in enumerate(runs)}
        taken = []
        for _ in range(asked["rounds"]):
            elapsed, cpu = time.perf_counter(), time.process_time()
            found = _ask(client, runs[asked["end"]])
            taken.append((time.perf_counter() - elapsed, time.process_time() - cpu))
    answer = sorted(numbers[one] for one in found)
    print(json.dumps({"answer": answer, "taken": taken, "fill_seconds": fill_seconds}))


def _fill(client: MlflowClient, parents: list[list[int]]) -> list[str]:
    """Write a run for each version, with the datasets that it read."""
    experiment = client.create_experiment("lineage")
    runs: list[str] = []
    for made_from in parents:
        run = client.create_run(experiment).info.run_id
        read = [
            DatasetInput(Dataset(runs[parent], str(parent), "local", f"data/{parent}"), tags=[])
            for parent in made_from
        ]
        if read:
            client.log_inputs(run, datasets=read)
        runs.append(run)
    return runs


def _ask(client: MlflowClient, run: str) -> set[str]:
    """Return everything upstream of a run, itself included."""
    found, front = {run}, [run]
    while front:
        inputs = client.get_run(front.pop()).inputs.dataset_inputs
        names = {one.dataset.name for one in inputs} - found
        found |= names
        front += names
    return found


if __name__ == "__main__":
    main()
