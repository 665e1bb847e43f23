"""Readers: files into documents, beside what is read in bare Arrow and by other tools' readers.

What muster's readers do beyond a bare one: a locator and metadata for each row, what is wrong with
a row that is no document, limits, and batches of a bounded size.
"""

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.measuring import (
    Measurement,
    Timing,
    alternate,
    median_cpu_seconds,
    median_ratio,
    peak_memory_bytes,
    stopwatch,
)
from registry.domain.reading import Reading
from registry.sources.detecting import detect
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents

LEAST_JSONL_SPEED = 250
LEAST_RATIO = 0.90
MOST_MEGABYTES = 500

_ROW_GROUP_ROWS = 5_000


def measure(files: Sequence[Path], *, rounds: int) -> Iterator[Measurement]:
    """Measure the corpus as JSON Lines, CSV and Parquet; by CPU time, in one thread of Python.

    Args:
        files: The corpus, as JSON Lines.
        rounds: How often contenders alternate.
    """
    with TemporaryDirectory() as folder:
        lines = Path(folder) / "corpus.jsonl"
        lines.write_bytes(b"".join(file.read_bytes() for file in files))
        table = pa.Table.from_pylist([orjson.loads(line) for line in lines.open("rb")])
        rows, parquet = lines.with_suffix(".csv"), lines.with_suffix(".parquet")
        pa.csv.write_csv(table, rows)
        pq.write_table(table, parquet, compression="zstd", row_group_size=_ROW_GROUP_ROWS)
        num_rows = len(table)
        del table
        bare: dict[Path, tuple[str, Callable[[Path], int]]] = {
            lines: ("orjson", _read_lines),
            rows: ("pyarrow.csv", _read_csv),
            parquet: ("pyarrow.parquet", _read_parquet),
        }
        for path, (name, read) in bare.items():
            contenders = {"muster": _read, name: read, **_peers()}
            for one, call in contenders.items():
                if (found := call(path)) != num_rows:
                    msg = f"{one} read {found:,} of {num_rows:,} rows of {path.name}"
                    raise RuntimeError(msg)
            yield from _compare(path, contenders, bare=name, rounds=rounds)
    yield Measurement(
        "readers", "peak memory", peak_memory_bytes() / 1e6, "MB", at_most=MOST_MEGABYTES
    )


def _compare(
    path: Path, contenders: Mapping[str, Callable[[Path], int]], *, bare: str, rounds: int
) -> Iterator[Measurement]:
    timings = alternate(
        {name: partial(_timed, read, path) for name, read in contenders.items()}, rounds=rounds
    )
    what, megabytes = path.suffix.removeprefix("."), path.stat().st_size / 1e6
    for name, times in timings.items():
        is_held_to = name == "muster" and what == "jsonl"
        yield Measurement(
            "readers",
            f"{what}, {name}",
            megabytes / median_cpu_seconds(times),
            "MB/cpu-s",
            at_least=LEAST_JSONL_SPEED if is_held_to else None,
            details={"megabytes": round(megabytes), "rounds": rounds},
        )
    for peer in [*contenders][1:]:
        yield Measurement(
            "readers",
            f"{what}, muster / {peer}",
            median_ratio(timings[peer], timings["muster"], of=lambda timing: timing.cpu_seconds),
            "x",
            at_least=LEAST_RATIO if peer == bare and what != "jsonl" else None,
        )


def _timed(read: Callable[[Path], int], path: Path) -> Timing:
    with stopwatch() as watch:
        read(path)
    return watch.read()


def _read(path: Path) -> int:
    file = SourceFile.from_path(path)
    reading = detect(file, Reading(text_columns=("text",), id_column="id")).reading
    return sum(len(outcome.kept) for outcome in read_documents(file, reading))


def _read_lines(path: Path) -> int:
    with path.open("rb") as file:
        return len([orjson.loads(line)["text"] for line in file])


def _read_csv(path: Path) -> int:
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    with pa.csv.open_csv(path, parse_options=parse) as batches:
        return sum(len(batch) for batch in batches)


def _read_parquet(path: Path) -> int:
    with pq.ParquetFile(path) as file:
        return sum(len(batch) for batch in file.iter_batches(use_threads=False))


def _peers() -> dict[str, Callable[[Path], int]]:
    """Return the readers of other tools that are installed."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    found: dict[str, Callable[[Path], int]] = {}
    if importlib.util.find_spec("datatrove"):
        found["datatrove"] = _read_datatrove
    if importlib.util.find_spec("datasets"):
        found["datasets"] = _read_datasets
    return found


def _read_datatrove(path: Path) -> int:
    from datatrove.pipeline import readers  # noqa: PLC0415 - may not be installed

    kinds = {
        ".jsonl": readers.JsonlReader,
        ".csv": readers.CSVReader,
        ".parquet": readers.ParquetReader,
    }
    reader = kinds[path.suffix](str(path.parent), glob_pattern=path.name, file_progress=False)
    return sum(1 for _ in reader.run())


def _read_datasets(path: Path) -> int:
    from datasets import load_dataset  # noqa: PLC0415 - may not be installed

    kind = {".jsonl": "json"}.get(path.suffix, path.suffix.removeprefix("."))
    rows = load_dataset(kind, data_files=str(path), split="train", streaming=True)
    return sum(1 for _ in rows)
