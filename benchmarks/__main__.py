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
    cataloguing,
    clustering,
    finding,
    normalizing,
    passing,
    peers,
    registering,
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
    names = options.names or NAMES
    files = make_corpus(options.megabytes * 1_000_000)
    few = files[: max(1, options.tokenize_megabytes // 10)]
    runs: dict[str, Iterable[Measurement]] = {
        "normalize": normalizing.measure(files, rounds=options.rounds),
        "tokenize": tokenizing.measure(few, tokenizer=options.tokenizer, rounds=options.rounds),
        "pass": passing.measure(
            make_corpus(options.pass_megabytes * 1_000_000),
            tokenizer=options.tokenizer,
            rounds=min(options.rounds, MOST_PASS_ROUNDS),
        ),
        "cluster": clustering.measure(
            make_corpus(options.pass_megabytes * 1_000_000),
            tokenizer=options.tokenizer,
            rounds=min(options.rounds, MOST_PASS_ROUNDS),
        ),
        "catalog": cataloguing.measure(scale=options.catalog_scale, rounds=options.rounds),
        "lineage": tracing.measure(scale=options.catalog_scale, rounds=options.rounds),
        "peers": peers.measure(
            pythons={
                name: python
                for name, python in (("mlmd", options.mlmd), ("mlflow", options.mlflow))
                if python is not None
            },
            scale=options.catalog_scale,
            rounds=options.rounds,
        ),
        "find": finding.measure(scale=options.catalog_scale, rounds=options.rounds),
        "start-up": starting.measure(),
        "register": registering.measure(files, rounds=options.rounds, is_big=options.big),
    }
    for name in names:
        yield from runs[name]


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
