"""Parquet, one row group after the other and each in small batches."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from registry.documents import Outcome
from registry.domain.reading import Compression, Reading, Span
from registry.errors import UnreadableError
from registry.sources.columnar import mean_lengths, read_batches
from registry.sources.compression import open_seekable
from registry.sources.file import SourceFile, foreign_errors

# What is read ahead of a column, so that a row group of any size passes through little memory.
_BUFFER_BYTES = 1 << 20

_MAX_BATCH_ROWS = 8192


def read_parquet(
    file: SourceFile,
    reading: Reading,
    *,
    batch_bytes: int,
    max_document_bytes: int,
    span: Span | None = None,
) -> Iterator[Outcome]:
    """Yield the documents of a Parquet file; see `registry.sources.columnar.read_batches`.

    Raises:
        UnreadableError: The file is corrupt or encrypted, or a text column does not exist.
    """
    with open_parquet(file, reading.compression) as parquet:
        yield from read_batches(
            iter_batches(parquet, file.name, batch_bytes=batch_bytes, span=span),
            reading,
            first_row=1 if span is None else span.first_row,
            path=file.name,
            batch_bytes=batch_bytes,
            max_document_bytes=max_document_bytes,
        )


def find_parquet_schema(file: SourceFile, compression: Compression) -> pa.Schema:
    """Return the Arrow schema of a Parquet file.

    Raises:
        UnreadableError: Its footer is corrupt, or it is encrypted.
    """
    with open_parquet(file, compression) as parquet, foreign_errors(file.name):
        return parquet.schema_arrow


def find_mean_lengths(file: SourceFile, compression: Compression) -> dict[str, float]:
    """Return how long the strings of each column are in the first rows of a Parquet file.

    Raises:
        UnreadableError: Its footer or its first pages are corrupt.
    """
    with open_parquet(file, compression) as parquet:
        batches = iter_batches(parquet, file.name, batch_bytes=_BUFFER_BYTES)
        return next(map(mean_lengths, batches), {})


@contextmanager
def open_parquet(file: SourceFile, compression: Compression) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; checksums of pages are verified where they exist.

    Raises:
        UnreadableError: Its footer is corrupt or encrypted.
    """
    with open_seekable(file, compression) as raw:
        with foreign_errors(file.name):
            parquet = pq.ParquetFile(
                pa.PythonFile(raw, mode="r"),
                buffer_size=_BUFFER_BYTES,
                pre_buffer=False,
                page_checksum_verification=True,
            )
        with parquet:
            yield parquet


def iter_batches(
    parquet: pq.ParquetFile, path: str, *, batch_bytes: int, span: Span | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a Parquet file, or of some row groups, in batches of about so many bytes.

    Raises:
        UnreadableError: A page is corrupt; what came before it was yielded.
    """
    groups = range(parquet.num_row_groups) if span is None else range(span.start, span.stop)
    for group in groups:
        with foreign_errors(path):
            facts = parquet.metadata.row_group(group)
            row_bytes = max(1, facts.total_byte_size // max(1, facts.num_rows))
            num_rows = max(1, min(_MAX_BATCH_ROWS, batch_bytes // row_bytes))
            batches = parquet.iter_batches(num_rows, row_groups=[group], use_threads=False)
        num_missing = facts.num_rows
        for batch in _translated(batches, path):
            num_missing -= batch.num_rows
            yield batch
        # Arrow ends a group with its shortest column and says nothing.
        if num_missing:
            raise UnreadableError(
                path=path, reason=f"row group {group} lacks {num_missing:,} of its rows"
            )


def _translated(batches: Iterator[pa.RecordBatch], path: str) -> Iterator[pa.RecordBatch]:
    while True:
        with foreign_errors(path):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch
