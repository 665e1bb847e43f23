"""Show some documents of a version, chosen by a seed."""

import random

from registry.domain.answers import Sample, SampledDocument
from registry.domain.names import Reference
from registry.operations.context import Context
from registry.operations.shards import peek_shard, require_documents


def sample(context: Context, reference: Reference, *, num_documents: int, seed: int) -> Sample:
    r"""Return documents drawn without replacement; the same seed draws the same ones.

    Text is shown as it lies; bytes that are not UTF-8 stand as `\xNN`.

    Raises:
        InputError: The version holds tokens.
        ConflictError: Its files changed.
    """
    version = require_documents(context.catalog.versions.get(reference))
    size = min(num_documents, version.num_documents)
    rows = sorted(random.Random(seed).sample(range(version.num_documents), size))  # noqa: S311 - a seeded draw, no secret
    return Sample(
        reference=version.reference,
        seed=seed,
        num_documents=version.num_documents,
        documents=tuple(_read_rows(context, version.reference, rows)),
    )


def _read_rows(context: Context, reference: str, rows: list[int]) -> list[SampledDocument]:
    found: list[SampledDocument] = []
    first = 0
    for shard in context.catalog.versions.list_shards(Reference.parse(reference)):
        stop = first + shard.num_documents
        if any(first <= row < stop for row in rows):
            start = first
            for outcome in peek_shard(context.place, shard):
                found.extend(
                    _document(outcome.kept.slice(row - start, 1).to_pylist()[0])
                    for row in rows
                    if start <= row < start + len(outcome.kept)
                )
                start += len(outcome.kept)
                if start > rows[-1]:
                    return found
        first = stop
    return found


def _document(row: dict[str, object]) -> SampledDocument:
    raw = row["text"]
    data = raw if isinstance(raw, bytes) else str(raw).encode()
    return SampledDocument(
        id=str(row["id"]),
        source=str(row["source"]),
        text=data.decode("utf-8", "backslashreplace"),
        metadata=str(row["metadata"]),
        num_bytes=len(data),
    )
