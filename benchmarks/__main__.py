"""Run the benchmarks: one JSON line a measurement, then a table.

`python -m benchmarks --help` says what can be chosen.
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson

from benchmarks import (
    archiving,
    cataloguing,
    clustering,
    collecting,
    finding,
    normalizing,
    passing,
    peers,
    reading,
    registering,
    reporting,
    starting,
    tokenizing,
    tracing,
)
from benchmarks.corpus import make_corpus
from benchmarks.machine import describe_machine
from benchmarks.measuring import Detail, Measurement
from benchmarks.table import print_table

NAMES = (
    "normalize",
    "tokenize",
    "pass",
    "cluster",
    "catalog",
    "lineage",
    "peers",
    "find",
    "start-up",
    "register",
    "archives",
    "readers",
    "databases",
    "report",
)
MOST_PASS_ROUNDS = 3
"""datatrove and the reference take minutes a round."""

RESULTS = Path(__file__).parent / "results.jsonl"


def main() -> None:
    """Measure what was asked for, and print it as it comes."""
    options = _parse()
    machine = describe_machine()
    results = []
    for measurement in _measure(options):
        results.append(measurement)
        print(_line(measurement), flush=True)
    print_table(results, machine)
    if options.save:
        _append(results, machine)


def _measure(options: argparse.Namespace) -> Iterator[Measurement]:
    for name in options.names or NAMES:
        yield from _run(name, options)


def _run(name: str, options: argparse.Namespace) -> Iterable[Measurement]:
    """Run one benchmark; a corpus is made only for those that read one."""
    rounds = options.rounds
    if name in {"catalog", "lineage", "peers", "find", "start-up", "report", "databases"}:
        return _run_on_catalog(name, options)
    if name in {"pass", "cluster"}:
        return {"pass": passing.measure, "cluster": clustering.measure}[name](
            make_corpus(options.pass_megabytes * 1_000_000),
            tokenizer=options.tokenizer,
            rounds=min(rounds, MOST_PASS_ROUNDS),
        )
    files = make_corpus(options.megabytes * 1_000_000)
    if name == "register":
        return registering.measure(files, rounds=rounds, is_big=options.big)
    of_files = {"normalize": normalizing, "archives": archiving, "readers": reading}
    if name in of_files:
        return of_files[name].measure(files, rounds=rounds)
    few = files[: max(1, options.tokenize_megabytes // 10)]
    return tokenizing.measure(few, tokenizer=options.tokenizer, rounds=rounds)


def _run_on_catalog(name: str, options: argparse.Namespace) -> Iterable[Measurement]:
    rounds, scale = options.rounds, options.catalog_scale
    if name == "start-up":
        return starting.measure()
    if name == "report":
        return reporting.measure(scale=scale, rounds=rounds)
    if name == "peers":
        given = {"mlmd": options.mlmd, "mlflow": options.mlflow}
        pythons = {peer: python for peer, python in given.items() if python is not None}
        return peers.measure(pythons=pythons, scale=scale, rounds=rounds)
    if name == "catalog":
        return cataloguing.measure(scale=scale, rounds=rounds)
    on_servers = {
        "lineage": tracing.measure,
        "find": finding.measure,
        "databases": collecting.measure,
    }
    measure = on_servers[name]
    return measure(scale=scale, rounds=rounds, server=options.postgres)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; else all")
    parser.add_argument("--megabytes", type=int, default=60, help="size of the corpus (60)")
    parser.add_argument(
        "--tokenize-megabytes", type=int, default=20, help="how much of it is tokenized (20)"
    )
    parser.add_argument(
        "--pass-megabytes", type=int, default=200, help="how much the whole pass has (200)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often contenders alternate (5)")
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer.json; else one is trained")
    parser.add_argument(
        "--catalog-scale", type=float, default=1.0, help="share of the catalog's sizes (1.0)"
    )
    parser.add_argument(
        "--postgres",
        metavar="URL",
        help="ask this server: lineage, find (else SQLite), databases (else its own)",
    )
    parser.add_argument("--mlmd", type=Path, help="a Python that has ml-metadata 1.17.1")
    parser.add_argument("--mlflow", type=Path, help="a Python that has mlflow-skinny")
    parser.add_argument("--big", action="store_true", help="register files of 2 GB, 4 GB of disk")
    parser.add_argument("--save", action="store_true", help=f"append to {RESULTS.name}")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}")
    return options


def _line(value: Measurement) -> str:
    return orjson.dumps(asdict(value) | {"is_met": value.is_met}).decode()


def _append(results: Iterable[Measurement], machine: dict[str, Detail]) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with RESULTS.open("ab") as file:
        for result in results:
            row = {"at": at} | asdict(result) | {"is_met": result.is_met, "machine": machine}
            file.write(orjson.dumps(row) + b"\n")


if __name__ == "__main__":
    # Worker processes import this module anew.
    main()
