"""Measure how varied a version's documents are, on a sample drawn by a seed."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pydantic import JsonValue

from registry.domain.digest import fingerprint
from registry.domain.embedding import Diversity, TextDiversity
from registry.domain.names import Reference
from registry.domain.run import Operation, Run, RunDraft
from registry.domain.version import Content, Metric, Version
from registry.embedding.diversity import (
    COMPRESSION,
    compression_ratio,
    distinct_ngrams,
    vendi_score,
)
from registry.embedding.term_vectors import Vectors
from registry.embedding.words import Numbers
from registry.errors import InputError
from registry.operations.context import CODE, Context, environment
from registry.operations.embedding.embedding_files import iter_embeddings, vectors_of
from registry.operations.embedding.embeddings import OpenEmbeddings, open_embeddings
from registry.operations.embedding.embeddings_of import list_embeddings
from registry.operations.embedding.measured_diversity import text_metrics, vendi_metrics
from registry.operations.passes.inputs import open_input
from registry.operations.passes.runs import open_or_resume, recorded_failure
from registry.operations.understanding.sample import draw_rows, iter_documents

MAX_SAMPLED_BYTES = 1 << 16
"""Bytes of a sampled document that are looked at, from its beginning."""

_MAX_SEED = 1 << 53
"""Above it a double, which a metric is, does not hold every integer."""


def measure(context: Context, reference: Reference, *, num_documents: int, seed: int) -> Diversity:
    """Measure compression ratio, distinct n-grams and, of embeddings, the Vendi score.

    They are recorded as metrics: those of the text with the documents, the score with the
    embeddings. What stands there already is not recorded again.

    Args:
        context: The open registry.
        reference: Documents, with their newest embeddings if there are any; or embeddings, with
            the documents they were made from.
        num_documents: Documents of the sample, at most.
        seed: Which documents; the same seed draws the same ones.

    Raises:
        InputError: The version holds tokens or no document, or a number is out of bounds.
        ConflictError: Its files changed.
    """
    if num_documents < 1 or not 0 <= seed < _MAX_SEED:
        raise InputError("a sample has 1 document or more, and a seed from 0 to 2^53 - 1")
    version, opened = _find(context, reference)
    measured = _measure(context, version, opened, num_documents=num_documents, seed=seed)
    metrics = [(version.reference, metric) for metric in text_metrics(measured)]
    known = set(version.metrics)
    if opened is not None:
        made = opened.version
        metrics += [(made.reference, metric) for metric in vendi_metrics(measured)]
        known |= set(made.metrics)
    if known.issuperset(metric for _, metric in metrics):
        return measured
    run = _record(context, measured, metrics)
    return measured.model_copy(update={"run": run.id})


def _find(context: Context, reference: Reference) -> tuple[Version, OpenEmbeddings | None]:
    """Return documents, and the embeddings of them if there are any."""
    version = context.catalog.versions.get(reference)
    if version.content is Content.EMBEDDINGS:
        (parent,) = context.catalog.lineage.parents(Reference.parse(version.reference))
        opened = open_embeddings(context, Reference.parse(version.reference))
        return context.catalog.versions.get(Reference.parse(parent)), opened
    made = list_embeddings(context, open_input(context, Reference.parse(version.reference)))
    if not made:
        return version, None
    return version, open_embeddings(context, Reference.parse(made[0].reference))


def _measure(
    context: Context,
    version: Version,
    opened: OpenEmbeddings | None,
    *,
    num_documents: int,
    seed: int,
) -> Diversity:
    rows = draw_rows(version.num_documents, num_documents=num_documents, seed=seed)
    texts = pa.array(_iter_texts(context, version, rows), pa.large_string())
    if not len(texts):
        raise InputError(f"{version.reference} holds no document")
    raw = [text.encode() for text in texts.to_pylist()]
    one, two, three = distinct_ngrams(texts)
    measured = Diversity(
        reference=version.reference,
        seed=seed,
        num_documents=len(texts),
        num_bytes=sum(map(len, raw)),
        text=TextDiversity(
            compression_ratio=round(compression_ratio(raw), 6),
            distinct=(round(one, 6), round(two, 6), round(three, 6)),
        ),
    )
    if opened is None:
        return measured
    size = opened.manifest.num_documents
    chosen = draw_rows(size, num_documents=num_documents, seed=seed)
    vectors = _read_vectors(context, opened, np.array(chosen, np.int64))
    vectors = vectors[vectors.any(axis=1)]
    score = vendi_score(vectors) if len(vectors) else None
    found = {"num_vectors": len(vectors), "vendi_score": score}
    return measured.model_copy(update={"embeddings": opened.version.reference, **found})


def _iter_texts(context: Context, version: Version, rows: list[int]) -> Iterator[str]:
    for document in iter_documents(context, version.reference, rows):
        text = document.text[:MAX_SAMPLED_BYTES].encode()[:MAX_SAMPLED_BYTES]
        yield text.decode("utf-8", "ignore")


def _read_vectors(context: Context, opened: OpenEmbeddings, rows: Numbers) -> Vectors:
    """Return the vectors of some documents, by their numbers, which are in order."""
    found = [np.empty((0, opened.manifest.model.dimensions), np.float32)]
    first = 0
    for batch in iter_embeddings(context.store, opened.shards):
        inside = rows[(rows >= first) & (rows < first + len(batch))] - first
        found.append(vectors_of(batch.column("embedding"))[inside])
        first += len(batch)
    return np.concatenate(found)


def _record(context: Context, measured: Diversity, metrics: list[tuple[str, Metric]]) -> Run:
    read = [name for name in (measured.reference, measured.embeddings) if name is not None]
    parameters: dict[str, JsonValue] = {
        "num_documents": measured.num_documents,
        "seed": measured.seed,
        "max_sampled_bytes": MAX_SAMPLED_BYTES,
        "compression": COMPRESSION,
    }
    operation = Operation.MEASURE_DIVERSITY
    draft = RunDraft(
        operation=operation,
        derivation=fingerprint(
            {"operation": operation, "code": CODE, "inputs": [*read], "parameters": parameters}
        ),
        parameters=parameters,
        environment=environment(),
        actor=context.actor,
        started_at=context.clock(),
    )
    run = open_or_resume(context, draft, inputs=read)
    with recorded_failure(context, run):
        return context.catalog.runs.finish(
            run.id, measured=metrics, at=context.clock(), actor=context.actor
        )
