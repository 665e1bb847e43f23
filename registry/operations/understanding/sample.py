"""Show some documents of a version, chosen by a seed."""

import random
from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from registry.documents import row_bytes, split_sources
from registry.domain.answers import Sample, SampledDocument
from registry.domain.names import Reference
from registry.domain.version import Content
from registry.operations.context import Context
from registry.operations.passes.inputs import open_input
from registry.operations.passes.shards import Reader, peek_shard
from registry.sources.reading import read_documents
from registry.sources.rows import read_rows


def sample(context: Context, reference: Reference, *, num_documents: int, seed: int) -> Sample:
    r"""Return documents drawn without replacement; the same seed draws the same ones.

    Text is shown as it lies; bytes that are not UTF-8 stand as `\xNN`.

    Raises:
        InputError: The version holds tokens.
        ConflictError: Its files changed.
    """
    version = open_input(context, reference, or_table=True, or_withdrawn=True)
    rows = draw_rows(version.num_documents, num_documents=num_documents, seed=seed)
    iterate = iter_rows if version.content is Content.TABLE else iter_documents
    return Sample(
        reference=version.reference,
        seed=seed,
        num_documents=version.num_documents,
        documents=tuple(iterate(context, version.reference, rows)),
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
    for batch in _pick(context, reference, rows, read=read_documents):
        yield _document(batch.to_pylist()[0])


def iter_rows(context: Context, reference: str, rows: list[int]) -> Iterator[SampledDocument]:
    """Yield rows of a table by their numbers, which are in order, a column a line."""
    for batch in _pick(context, reference, rows, read=partial(read_rows, columns=None)):
        sources, values = split_sources(batch)
        (row,) = values.to_pylist()
        text = "\n".join(f"{name}: {_say(value)}" for name, value in row.items())
        source = str(sources[0])
        num_bytes = int(row_bytes(values)[0])
        yield SampledDocument(
            id=source, source=source, text=text, metadata="{}", num_bytes=num_bytes
        )


def _pick(
    context: Context, reference: str, rows: list[int], *, read: Reader
) -> Iterator[pa.RecordBatch]:
    first = 0
    for shard in context.catalog.versions.list_shards(Reference.parse(reference)):
        stop = first + shard.num_documents
        if any(first <= row < stop for row in rows):
            start = first
            for outcome in peek_shard(context.place, shard, read=read):
                for row in rows:
                    if start <= row < start + len(outcome.kept):
                        yield outcome.kept.slice(row - start, 1)
                start += len(outcome.kept)
                if start > rows[-1]:
                    return
        first = stop


def _say(value: object) -> str:
    return "" if value is None else str(value)


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
