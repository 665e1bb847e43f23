"""Normalize clean JSON Lines to Parquet: muster, a plain script with ftfy, and the floor."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import ftfy
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measuring import Measurement, Timing, alternate, median_cpu_seconds, stopwatch
from benchmarks.opening import new_registry

TARGET_MEGABYTES_PER_CPU_SECOND = 40
_BATCH_ROWS = 1000

Pairs = Iterable[tuple[str, str]]


def measure(files: Sequence[Path], *, rounds: int) -> Iterator[Measurement]:
    """Measure megabytes of text a CPU second, from registered files to sealed Parquet.

    The script with ftfy is far slower, so it takes the first file alone.
    """
    sizes = {path: _num_text_bytes(path) for path in files}
    contenders: dict[str, tuple[Callable[[], Timing], int]] = {
        "muster text-default": (partial(_muster, files), sum(sizes.values())),
        "orjson and parquet, no cleaning": (partial(_floor, files), sum(sizes.values())),
        "json, ftfy and parquet": (partial(_script, files[:1]), sizes[files[0]]),
    }
    runs = {name: run for name, (run, _) in contenders.items()}
    timings = alternate(runs, rounds=rounds)
    rates = {
        name: contenders[name][1] / 1e6 / median_cpu_seconds(taken)
        for name, taken in timings.items()
    }
    ours, *peers = rates
    for name, rate in rates.items():
        yield Measurement(
            benchmark="normalize",
            name=name,
            value=rate,
            unit="MB/cpu-s",
            at_least=TARGET_MEGABYTES_PER_CPU_SECOND if name == ours else None,
            details={"text_megabytes": round(contenders[name][1] / 1e6, 1), "rounds": rounds},
        )
    for name in peers:
        yield Measurement(
            benchmark="normalize",
            name=f"muster / {name}",
            value=rates[ours] / rates[name],
            unit="x",
        )


def _muster(files: Sequence[Path]) -> Timing:
    with new_registry() as muster:
        muster.register([str(path) for path in files], name="bench/corpus")
        with stopwatch() as watch:
            muster.normalize("bench/corpus", recipe="text-default")
    return watch.read()


def _floor(files: Sequence[Path]) -> Timing:
    with stopwatch() as watch:
        _write_parquet(
            (record["id"], record["text"])
            for line in _lines(files)
            if (record := orjson.loads(line))
        )
    return watch.read()


def _script(files: Sequence[Path]) -> Timing:
    with stopwatch() as watch:
        _write_parquet(
            (record["id"], ftfy.fix_text(record["text"]))
            for line in _lines(files)
            if (record := json.loads(line))
        )
    return watch.read()


def _lines(files: Sequence[Path]) -> Iterator[bytes]:
    for path in files:
        with path.open("rb") as file:
            yield from file


def _write_parquet(pairs: Pairs) -> None:
    schema = pa.schema([("id", pa.string()), ("text", pa.large_string())])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "documents.parquet"
        with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as writer:
            for batch in _batches(pairs, schema):
                writer.write_batch(batch)


def _batches(pairs: Pairs, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    ids: list[str] = []
    texts: list[str] = []
    for id_, text in pairs:
        ids.append(id_)
        texts.append(text)
        if len(ids) == _BATCH_ROWS:
            yield pa.RecordBatch.from_pydict({"id": ids, "text": texts}, schema=schema)
            ids, texts = [], []
    if ids:
        yield pa.RecordBatch.from_pydict({"id": ids, "text": texts}, schema=schema)


def _num_text_bytes(path: Path) -> int:
    return sum(len(orjson.loads(line)["text"].encode()) for line in _lines([path]))
