"""datatrove's own pipeline from JSON Lines to token shards, run and timed by itself."""

import json
import sys
import time
from pathlib import Path

from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens import DocumentTokenizer

_TASKS = 2


def main() -> None:
    """Run the pipeline over a folder, and print the seconds that it took as JSON."""
    inputs, tokenizer, out = sys.argv[1:]
    pipeline = [
        JsonlReader(inputs),
        DocumentTokenizer(
            f"{out}/{time.time_ns()}",
            tokenizer_name_or_path=tokenizer,
            eos_token="<|endoftext|>",
            shuffle_documents=False,
        ),
    ]
    logs = Path(out) / f"logs-{time.time_ns()}"
    started = time.perf_counter()
    LocalPipelineExecutor(pipeline, tasks=_TASKS, workers=_TASKS, logging_dir=str(logs)).run()
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
