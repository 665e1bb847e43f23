"""Show some documents of a version, chosen by a seed."""

import random
from collections.abc import Iterator

from registry.domain.answers import Sample, SampledDocument
from registry.domain.names import Reference
from registry.operations.context import Context
from registry.operations.passes.inputs import open_input
from registry.operations.passes.shards import peek_shard


def sample(context: Context, reference: Reference, *, num_documents: int, seed: int) -> Sample:
    r"""Return documents drawn without replacement; the same seed draws the same ones.

    Text is shown as it lies; bytes that are not UTF-8 stand as `\xNN`.

    Raises:
        InputError: The version holds tokens.
        ConflictError: Its files changed.
    """
    version = open_input(context, reference)
    rows = draw_rows(version.num_documents, num_documents=num_documents, seed=seed)
    return Sample(
        reference=version.reference,
        seed=seed,
        num_documents=version.num_documents,
        documents=tuple(iter_documents(context, version.reference, rows)),
    )


def draw_rows(size: int, *, num_documents: int, seed: int) -> list[int]:
    """Return the numbers of some of so many documents, drawn without replacement, in order."""
    wanted = min(num_documents, size)
    return sorted(random.Random(seed).sample(range(size), wanted))  # noqa: S311 - a seeded draw, no secret


def iter_documents(context: Context, reference: str, rows: list[int]) -> Iterator[SampledDocument]:
    """Yield documents of a version by their numbers, which are in order.

    Raises:
        ConflictError: Its files changed.
    """
    first = 0
    for shard in context.catalog.versions.list_shards(Reference.parse(reference)):
        stop = first + shard.num_documents
        if any(first <= row < stop for row in rows):
            start = first
            for outcome in peek_shard(context.place, shard):
                for row in rows:
                    if start <= row < start + len(outcome.kept):
                        yield _document(outcome.kept.slice(row - start, 1).to_pylist()[0])
                start += len(outcome.kept)
                if start > rows[-1]:
                    return
        first = stop


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
