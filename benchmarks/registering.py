"""Register one JSON Lines file and one Parquet file in place: speed and peak memory."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measuring import Measurement, Timing, alternate, peak_memory_bytes, stopwatch
from benchmarks.opening import new_registry

MOST_PEAK_MEGABYTES = 500
BIG_BYTES = 2_000_000_000

_SCHEMA = pa.schema([("id", pa.string()), ("text", pa.large_string())])
_BATCH_ROWS = 256


def measure(files: Sequence[Path], *, rounds: int, is_big: bool) -> Iterator[Measurement]:
    """Measure `register` of a single file, each time in a new process.

    Args:
        files: The corpus, joined to one file of each format.
        rounds: Repetitions, of which the median counts.
        is_big: Write files of 2 GB, repeating the corpus, and hold memory to its target.
    """
    with TemporaryDirectory() as folder:
        num_bytes = BIG_BYTES if is_big else sum(path.stat().st_size for path in files)
        paths = {
            "JSON Lines": _write_jsonl(Path(folder) / "one.jsonl", files, num_bytes),
            "Parquet, one row group": _write_parquet(
                Path(folder) / "one.parquet", files, num_bytes
            ),
        }
        peaks: dict[str, list[int]] = {name: [] for name in paths}
        timings = alternate(
            {name: partial(_register, path, peaks[name]) for name, path in paths.items()},
            rounds=1 if is_big else rounds,
        )
        for name, path in paths.items():
            yield from _report(name, path.stat().st_size, timings[name], max(peaks[name]))


def _report(
    name: str, num_bytes: int, timings: Sequence[Timing], peak_bytes: int
) -> Iterator[Measurement]:
    details = {"file_megabytes": round(num_bytes / 1e6), "rounds": len(timings)}
    rate = median(num_bytes / 1e6 / timing.cpu_seconds for timing in timings)
    yield Measurement("register", name, rate, "MB/cpu-s", details=details)
    yield Measurement(
        benchmark="register",
        name=f"{name}: peak memory",
        value=peak_bytes / 1e6,
        unit="MB",
        at_most=MOST_PEAK_MEGABYTES,
        details=details,
    )


def _register(path: Path, peaks: list[int]) -> Timing:
    # Spawned, not forked, so that its memory is its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        timing, peak = pool.submit(_register_here, path).result()
    peaks.append(peak)
    return timing


def _register_here(path: Path) -> tuple[Timing, int]:
    with new_registry() as muster, stopwatch() as watch:
        muster.register([str(path)], name="bench/one")
    return watch.read(), peak_memory_bytes()


def _write_jsonl(path: Path, files: Sequence[Path], num_bytes: int) -> Path:
    with path.open("wb") as file:
        for batch in _batches(files, num_bytes):
            file.writelines(orjson.dumps(row) + b"\n" for row in batch.to_pylist())
    return path


def _write_parquet(path: Path, files: Sequence[Path], num_bytes: int) -> Path:
    options = {"compression": "none", "use_dictionary": False}
    with pq.ParquetWriter(path, _SCHEMA, **options) as writer:
        for batch in _batches(files, num_bytes):
            # Batches are appended to the open row group as long as it may grow.
            writer.write_batch(batch, row_group_size=num_bytes)
    return path


def _batches(files: Sequence[Path], num_bytes: int) -> Iterator[pa.RecordBatch]:
    """Yield the corpus, again and again, until its text has so many bytes."""
    numbers = count()
    written = 0
    ids: list[str] = []
    texts: list[str] = []
    while written < num_bytes:
        for path in files:
            for line in path.read_bytes().splitlines():
                text = orjson.loads(line)["text"]
                ids.append(f"{next(numbers)}")
                texts.append(text)
                written += len(line)
                if len(ids) == _BATCH_ROWS:
                    yield pa.RecordBatch.from_pydict({"id": ids, "text": texts}, schema=_SCHEMA)
                    ids, texts = [], []
                if written >= num_bytes:
                    break
            if written >= num_bytes:
                break
    if ids:
        yield pa.RecordBatch.from_pydict({"id": ids, "text": texts}, schema=_SCHEMA)
