"""Ask for a readiness report over many counted versions, and for many point estimates."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from benchmarks.cataloguing import ACTOR, AT, make_orders, refer_to
from benchmarks.measuring import (
    Measurement,
    Timing,
    alternate,
    median_cpu_seconds,
    median_elapsed_seconds,
    stopwatch,
)
from benchmarks.opening import new_catalog
from registry.api import Registry
from registry.catalog.catalog import Catalog
from registry.document_index.building import DocumentIndexBuilder
from registry.domain.count import CountMethod, TokenCount
from registry.domain.digest import digest_of_bytes
from registry.domain.names import Reference
from registry.domain.tokenizer import CountingPolicy, Tokenizer
from registry.operations.context import Context
from registry.operations.passes.indexes import write_index
from registry.scaling.estimates import estimate_targets
from registry.scaling.uncertainty import NUM_DRAWS
from registry.settings import Settings
from registry.storage.objects import ObjectStore

REPORT_SECONDS = 1.0
ESTIMATES_PER_SECOND = 10_000

_VERSIONS = 1_000
_DOCUMENTS = 100
"""In each version; a tenth of them stands in the next one as well."""

_TOKENS = 1_000
"""Of each document."""

_ESTIMATES = 1_000_000
_SIZES = (400_000_000, 7_000_000_000, 70_000_000_000)


def measure(*, scale: float, rounds: int) -> Iterator[Measurement]:
    """Measure a report after start-up, and targets a second.

    Args:
        scale: 1 for the sizes of the targets; less for a quick look.
        rounds: Repetitions, of which the median counts.
    """
    number = max(int(_VERSIONS * scale), 10)
    with new_catalog() as catalog, TemporaryDirectory() as folder:
        registry = _open(catalog, Path(folder), number)
        references = [refer_to(place) for place in range(number)]
        _ = _report(registry, references[:1])  # what is loaded on first use is start-up
        taken = alternate(
            {
                "report on named versions": partial(_report, registry, references),
                "report on all that is counted": partial(_report, registry, []),
            },
            rounds=rounds,
        )
    for name, timings in taken.items():
        yield Measurement(
            benchmark="report",
            name=name,
            value=median_elapsed_seconds(timings),
            unit="s",
            at_most=REPORT_SECONDS,
            details={
                "num_versions": number,
                "num_documents": number * _DOCUMENTS,
                "num_targets": len(_SIZES),
                "num_draws": NUM_DRAWS,
                "cpu_seconds": round(median_cpu_seconds(timings), 3),
                "rounds": rounds,
            },
        )
    estimates = [_estimate() for _ in range(rounds)]
    yield Measurement(
        benchmark="report",
        name="point estimates",
        value=_ESTIMATES / median_elapsed_seconds(estimates),
        unit="targets/s",
        at_least=ESTIMATES_PER_SECOND,
        details={
            "num_targets": _ESTIMATES,
            "targets_per_cpu_second": round(_ESTIMATES / median_cpu_seconds(estimates)),
        },
    )


def _report(registry: Registry, references: list[str]) -> Timing:
    with stopwatch() as watch:
        report = registry.report(references, num_parameters=_SIZES, keep=False)
    assert report.duplicate_documents is not None
    return watch.read()


def _estimate() -> Timing:
    sizes = np.geomspace(1e6, 1e12, _ESTIMATES)
    with stopwatch() as watch:
        estimate_targets(sizes, 1e11)
    return watch.read()


def _open(catalog: Catalog, home: Path, number: int) -> Registry:
    """Fill a catalog with versions that are counted, each with an index of its documents."""
    store = ObjectStore(str(home / "objects"))
    fingerprint = digest_of_bytes(b"tokenizer")
    catalog.tokenizers.add(
        Tokenizer(
            name="bench",
            fingerprint=fingerprint,
            kind="bpe",
            engine="tokenizers",
            file_digest=digest_of_bytes(b"file"),
            vocab_size=50_257,
            highest_id=50_256,
        ),
        actor=ACTOR,
        at=AT,
    )
    catalog.versions.seal_many(make_orders([()] * number), actor=ACTOR, at=AT)
    for place in range(number):
        catalog.counts.record(
            Reference.parse(refer_to(place)),
            _count(store, fingerprint, place),
            run=None,
            actor=ACTOR,
            at=AT,
        )
    return Registry(
        Context(catalog=catalog, store=store, home=home, settings=Settings(), clock=lambda: AT)
    )


def _count(store: ObjectStore, fingerprint: str, place: int) -> TokenCount:
    first = place * _DOCUMENTS * 9 // 10
    texts = pa.array([f"document {first + row}" for row in range(_DOCUMENTS)], pa.large_string())
    builder = DocumentIndexBuilder()
    builder.add(texts, np.full(_DOCUMENTS, _TOKENS, dtype=np.int64))
    num_tokens = _DOCUMENTS * _TOKENS
    return TokenCount(
        tokenizer_fingerprint=fingerprint,
        policy=CountingPolicy(),
        method=CountMethod.EXACT,
        num_tokens=num_tokens,
        num_special_tokens=0,
        num_documents=_DOCUMENTS,
        num_bytes=4 * num_tokens,
        num_tokens_low=num_tokens,
        num_tokens_high=num_tokens,
        document_index=write_index(store, builder.to_batch()),
    )
