"""The whole pass: JSON Lines in, normalized, ids counted and written, beside its peers."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pyarrow as pa
from awkward import from_arrow
from gigatoken.gigatoken_rs import load_hf_json
from tokenizers import Tokenizer

from benchmarks.measuring import (
    Measurement,
    Timing,
    alternate,
    median_elapsed_seconds,
    median_ratio,
    stopwatch,
)
from benchmarks.opening import new_home
from registry.api import open_registry
from registry.domain.execution import Execution, ExecutorKind
from registry.tokenization.training import train_bpe

VOCAB_SIZE = 50_257
"""That of GPT-2."""

MOST_WORKER_MEGABYTES = 600

_CORES = 2
_DATATROVE = "datatrove, 2 tasks"
_BARE_FAST, _BARE_REFERENCE = "bare fast engine", "bare reference engine"
_FAST, _ALONE = "muster fast, 2 workers", "muster fast, 1 worker"
_APART = "muster fast, 2 worker processes"
_REFERENCE, _COUNTING = "muster reference, 2 workers", "muster fast, Parquet, counting only"
_RATIOS = (
    (_FAST, _DATATROVE, 40.0),
    (_REFERENCE, _DATATROVE, 1.5),
    (_FAST, _BARE_FAST, 0.60),
    (_REFERENCE, _BARE_REFERENCE, 0.90),
    (_COUNTING, _BARE_FAST, 0.70),
    (_FAST, _ALONE, 1.8),
)
"""What is divided by what, in speed, and the least it should be."""

_TEXT = "bench/corpus.text-default"


def measure(files: Sequence[Path], *, tokenizer: Path | None, rounds: int) -> Iterator[Measurement]:
    """Measure wall time, the start of worker processes included, and ratios within a round.

    The bare engines have the normalized text in memory and drop what they return: the fast one is
    given Arrow arrays, the reference lists of strings, both all cores. datatrove reads the same
    files, in two tasks of its local executor.
    """
    with new_home() as home, TemporaryDirectory() as folder:
        inputs = _copy(files, Path(folder) / "in")
        with open_registry(home) as muster:
            muster.register([str(inputs)], name="bench/corpus")
            muster.normalize("bench/corpus", recipe="text-default")
            texts = [batch.column("text") for batch in muster.stream(_TEXT)]
            megabytes = muster.show("bench/corpus").version.num_text_bytes / 1e6
            path = tokenizer or _train(texts[:4], Path(folder))
            muster.tokenizers.add([path], name="engine")
            # Compared with the reference once, before anything is timed.
            muster.tokenize_sample(_TEXT, tokenizer="engine", fraction=0.01, engine="fast")
        passes = _Passes(home)
        contenders: dict[str, Callable[[], Timing]] = {
            _BARE_FAST: partial(_encode_fast, path, texts),
            _FAST: partial(passes.run, workers=_CORES, engine="fast"),
            _COUNTING: passes.count,
            _ALONE: partial(passes.run, workers=1, engine="fast"),
            _APART: partial(passes.run, workers=_CORES, engine="fast", kind=ExecutorKind.PROCESSES),
            _BARE_REFERENCE: partial(_encode, path, texts),
            _REFERENCE: partial(passes.run, workers=_CORES, engine="reference"),
        }
        if find_spec("datatrove"):
            contenders[_DATATROVE] = partial(_datatrove, inputs, path, Path(folder) / "out")
        timings = alternate(contenders, rounds=rounds)
    yield from _report(timings, megabytes=megabytes)
    yield Measurement(
        benchmark="pass",
        name="largest worker, peak memory",
        value=max(passes.peaks) / 1e6,
        unit="MB",
        at_most=MOST_WORKER_MEGABYTES,
    )


@dataclass
class _Passes:
    """Passes of muster, each into a dataset of its own, so that none finds what another made."""

    home: Path
    numbers: Iterator[int] = field(default_factory=count)
    peaks: list[int] = field(default_factory=list)

    def run(self, *, workers: int, engine: str, kind: ExecutorKind = ExecutorKind.AUTO) -> Timing:
        """From JSON Lines to token shards."""
        name = f"bench/tokens-{next(self.numbers)}"
        execution = Execution(kind=kind, num_workers=workers)
        with (
            open_registry(self.home, execution=execution) as muster,
            _watched(self.peaks),
            stopwatch() as watch,
        ):
            muster.tokenize(
                "bench/corpus",
                recipe="text-default",
                tokenizer="engine",
                engine=engine,
                name=name,
            )
        return watch.read()

    def count(self) -> Timing:
        """Count the tokens of normalized Parquet."""
        # Another token behind each document makes it another count.
        eos = chr(ord("A") + next(self.numbers))
        execution = Execution(kind=ExecutorKind.AUTO, num_workers=_CORES)
        with open_registry(self.home, execution=execution) as muster, stopwatch() as watch:
            muster.tokenize(
                _TEXT, tokenizer="engine", engine="fast", count_only=True, eos_token=eos
            )
        return watch.read()


@contextmanager
def _watched(peaks: list[int]) -> Iterator[None]:
    """Note the most memory that a child has held at once."""
    ended = threading.Event()
    me = psutil.Process()

    def watch() -> None:
        while not ended.wait(0.05):
            for child in me.children(recursive=True):
                try:
                    peaks.append(child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _copy(files: Sequence[Path], folder: Path) -> Path:
    folder.mkdir()
    for path in files:
        shutil.copyfile(path, folder / path.name)
    return folder


def _train(texts: Sequence[pa.Array], folder: Path) -> Path:
    path = folder / "tokenizer.json"
    path.write_bytes(train_bpe(texts, vocab_size=VOCAB_SIZE))
    return path


def _encode_fast(path: Path, batches: Sequence[pa.Array]) -> Timing:
    engine = load_hf_json(path.read_bytes())
    with stopwatch() as watch:
        for batch in batches:
            engine.encode_batch(from_arrow(batch), parallel=True)
    return watch.read()


def _encode(path: Path, batches: Sequence[pa.Array]) -> Timing:
    engine = Tokenizer.from_file(str(path))
    engine.no_truncation()
    engine.no_padding()
    texts = [batch.to_pylist() for batch in batches]
    with stopwatch() as watch:
        for batch in texts:
            engine.encode_batch_fast(batch, add_special_tokens=False)
    return watch.read()


def _datatrove(inputs: Path, tokenizer: Path, out: Path) -> Timing:
    """Run it in a process of its own, which says how long its executor took."""
    command = [sys.executable, "-m", "benchmarks.datatrove_pass", inputs, tokenizer, out]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = json.loads(found.stdout.splitlines()[-1])["seconds"]
    return Timing(elapsed_seconds=seconds, cpu_seconds=float("nan"))


def _report(timings: Mapping[str, list[Timing]], *, megabytes: float) -> Iterator[Measurement]:
    for name, taken in timings.items():
        yield Measurement(
            benchmark="pass",
            name=name,
            value=megabytes / median_elapsed_seconds(taken),
            unit="MB/s",
            details={"text_megabytes": round(megabytes), "rounds": len(taken)},
        )
    for one, other, least in _RATIOS:
        if other in timings:
            yield Measurement(
                benchmark="pass",
                name=f"{one} / {other}",
                value=median_ratio(
                    timings[other], timings[one], of=lambda timing: timing.elapsed_seconds
                ),
                unit="x",
                at_least=least,
            )
