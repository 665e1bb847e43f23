"""Our own normalized shards: Parquet whose columns are those of a document already."""

from collections.abc import Iterator

import pyarrow as pa

from registry.documents import DOCUMENTS, NO_REJECTIONS, RAW_DOCUMENTS, Outcome
from registry.domain.reading import Reading, Span
from registry.errors import UnreadableError
from registry.sources.columnar import cut
from registry.sources.file import SourceFile
from registry.sources.parquet import iter_batches, open_parquet


def read_normalized(
    file: SourceFile,
    reading: Reading,
    *,
    batch_bytes: int,
    max_document_bytes: int,
    span: Span | None = None,
) -> Iterator[Outcome]:
    """Yield the documents of a normalized shard as they stand, ids and sources included.

    Nothing is rejected: the shard was written by us, so `max_document_bytes` held for it before.

    Raises:
        UnreadableError: The file is corrupt or has other columns.
    """
    del max_document_bytes
    with open_parquet(file, reading.compression) as parquet:
        if not is_normalized(parquet.schema_arrow):
            raise UnreadableError(path=file.name, reason="not a shard of normalized documents")
        for batch in iter_batches(parquet, file.name, batch_bytes=batch_bytes, span=span):
            columns = [
                column.cast(field.type) for column, field in zip(batch, RAW_DOCUMENTS, strict=True)
            ]
            kept = pa.RecordBatch.from_arrays(columns, schema=RAW_DOCUMENTS)
            yield from cut(Outcome(kept=kept, rejected=NO_REJECTIONS), batch_bytes)


def is_normalized(schema: pa.Schema) -> bool:
    """Say whether a schema is that of normalized documents."""
    return bool(schema.remove_metadata().equals(DOCUMENTS))
