"""Ask ml-metadata for the ancestry of a version, in a Python of its own: it pins an old protobuf.

Reads a graph from standard input, as JSON: the parents of each version, and the version whose
ancestry is asked for. Prints the answer and what it took, as JSON. Imports nothing of muster.
"""

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as proto

_MOST_HOPS = 1_000_000
"""More than any answer has; the library itself stops after some."""


def main() -> None:
    """Build the graph, ask, and print."""
    asked = json.load(sys.stdin)
    with TemporaryDirectory() as folder:
        config = proto.ConnectionConfig()
        config.sqlite.filename_uri = str(Path(folder) / "mlmd.db")
        store = metadata_store.MetadataStore(config)
        before = time.perf_counter()
        artifacts = _fill(store, asked["parents"])
        fill_seconds = time.perf_counter() - before
        numbers = {artifact: number for number, artifact in enumerate(artifacts)}
        taken = []
        for _ in range(asked["rounds"]):
            elapsed, cpu = time.perf_counter(), time.process_time()
            found = _ask(store, artifacts[asked["end"]])
            taken.append((time.perf_counter() - elapsed, time.process_time() - cpu))
    answer = sorted(numbers[one] for one in found)
    print(json.dumps({"answer": answer, "taken": taken, "fill_seconds": fill_seconds}))


def _fill(store: metadata_store.MetadataStore, parents: list[list[int]]) -> list[int]:
    """Write an artifact and an execution for each version, and the events between them."""
    version, run = proto.ArtifactType(name="Version"), proto.ExecutionType(name="Run")
    version_type, run_type = store.put_artifact_type(version), store.put_execution_type(run)
    artifacts = store.put_artifacts(
        [
            proto.Artifact(type_id=version_type, uri=f"data/{number}")
            for number in range(len(parents))
        ]
    )
    runs = store.put_executions([proto.Execution(type_id=run_type) for _ in parents])
    events = []
    for number, made_from in enumerate(parents):
        made = proto.Event(execution_id=runs[number], artifact_id=artifacts[number])
        made.type = proto.Event.OUTPUT
        events.append(made)
        for parent in made_from:
            read = proto.Event(execution_id=runs[number], artifact_id=artifacts[parent])
            read.type = proto.Event.INPUT
            events.append(read)
    store.put_events(events)
    return list(artifacts)


def _ask(store: metadata_store.MetadataStore, artifact: int) -> list[int]:
    """Return the ids of everything upstream of an artifact, itself included."""
    options = proto.LineageSubgraphQueryOptions(
        direction=proto.LineageSubgraphQueryOptions.Direction.UPSTREAM, max_num_hops=_MOST_HOPS
    )
    options.starting_artifacts.filter_query = f"id = {artifact}"
    graph = store.get_lineage_subgraph(options)
    return [one.id for one in graph.artifacts]


if __name__ == "__main__":
    main()
