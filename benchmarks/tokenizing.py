"""Tokenize from sealed Parquet to sealed shards, beside the bare engine on text held in memory."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pyarrow as pa
from tokenizers import Tokenizer

from benchmarks.measuring import Measurement, Timing, alternate, median_ratio, stopwatch
from benchmarks.opening import new_registry
from registry.api import Registry
from registry.tokenization.training import train_bpe

TARGET_RATIO = 0.90
VOCAB_SIZE = 50_257
"""That of GPT-2."""

_INPUT = "bench/corpus.text-default"


def measure(files: Sequence[Path], *, tokenizer: Path | None, rounds: int) -> Iterator[Measurement]:
    """Measure `tokenize` (count and shards) against `encode_batch_fast`, by wall time.

    Both have the same text, batches and threads. What the bare engine returns is dropped unread.
    """
    with new_registry() as muster, TemporaryDirectory() as folder:
        muster.register([str(path) for path in files], name="bench/corpus")
        muster.normalize("bench/corpus", recipe="text-default")
        texts = [batch.column("text") for batch in muster.stream(_INPUT)]
        path = tokenizer or _train(texts, Path(folder))
        muster.tokenizers.add([path], name="engine")
        timings = alternate(
            {
                "engine alone": partial(_encode, path, [text.to_pylist() for text in texts]),
                "muster tokenize": partial(_tokenize, muster, count()),
            },
            rounds=rounds,
        )
        num_bytes = muster.show(_INPUT).version.num_text_bytes
    yield from _report(timings, num_bytes=num_bytes)


def _train(texts: Sequence[pa.Array], folder: Path) -> Path:
    """Train a byte-level BPE of GPT-2's size, with its pre-tokenizer."""
    path = folder / "tokenizer.json"
    path.write_bytes(train_bpe(texts, vocab_size=VOCAB_SIZE))
    return path


def _encode(path: Path, batches: Sequence[list[str]]) -> Timing:
    # Loaded anew, untimed: muster's engine, too, meets the text with empty caches.
    engine = Tokenizer.from_file(str(path))
    engine.no_truncation()
    engine.no_padding()
    with stopwatch() as watch:
        for batch in batches:
            engine.encode_batch_fast(batch, add_special_tokens=False)
    return watch.read()


def _tokenize(muster: Registry, numbers: Iterator[int]) -> Timing:
    # A dataset of its own for each run, else the second run would find what the first one made.
    name = f"bench/tokens-{next(numbers)}"
    with stopwatch() as watch:
        muster.tokenize(_INPUT, tokenizer="engine", name=name, engine="reference")
    return watch.read()


def _report(timings: dict[str, list[Timing]], *, num_bytes: int) -> Iterator[Measurement]:
    megabytes = num_bytes / 1e6
    for name, taken in timings.items():
        yield Measurement(
            benchmark="tokenize",
            name=name,
            value=median(megabytes / timing.elapsed_seconds for timing in taken),
            unit="MB/s",
            details={"text_megabytes": round(megabytes, 1), "rounds": len(taken)},
        )
    engine, ours = timings.values()
    cpu_ratio = median_ratio(engine, ours, of=lambda timing: timing.cpu_seconds)
    yield Measurement(
        benchmark="tokenize",
        name="muster / engine, wall time",
        value=median_ratio(engine, ours, of=lambda timing: timing.elapsed_seconds),
        unit="x",
        at_least=TARGET_RATIO,
        details={"cpu_ratio": round(cpu_ratio, 3)},
    )
