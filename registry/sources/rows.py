"""Read a file as rows of a table: the same rows that are documents, with their columns as they are.

A row that is no document of its version (ragged, broken, without text) is no row of its table
either, so that the books of both agree.
"""

from collections.abc import Iterator

from registry.documents import Outcome
from registry.domain.reading import Container, Format, Reading, Span
from registry.errors import InputError
from registry.sources.arrow_ipc import iter_arrow_batches, open_arrow
from registry.sources.column_rows import read_columnar_rows
from registry.sources.file import SourceFile
from registry.sources.parquet import iter_batches, open_parquet
from registry.sources.row_batches import Columns
from registry.sources.text_rows import read_delimited_rows, read_json_rows


def read_rows(
    file: SourceFile,
    reading: Reading,
    *,
    columns: Columns,
    batch_bytes: int,
    max_document_bytes: int,
    span: Span | None = None,
) -> Iterator[Outcome]:
    """Yield the rows of a file (`registry.documents.with_sources`) and the rejected ones.

    The values of CSV, TSV and JSON are texts, those of JSON that are none in its own words; those
    of Parquet and Arrow have the type they have. Names that stand twice have a number behind them.

    Args:
        file: What is read.
        reading: How its rows become documents; without text columns, each row is one.
        columns: The columns that are wanted; None: all.
        batch_bytes: Bytes after which a batch is closed.
        max_document_bytes: A row whose text is longer is rejected, unless the reading says
            otherwise.
        span: The part to read; None: all of it.

    Raises:
        UnreadableError: The file is cut off or corrupt, or lacks a column.
        InputError: It is of a format without columns.
    """
    if reading.container is not Container.NONE:
        raise InputError(
            f"{file.name} is an archive, and a table is read from files themselves",
            hint="unpack it, and register what it held",
        )
    max_document_bytes = reading.max_document_bytes or max_document_bytes
    limits = {"batch_bytes": batch_bytes, "max_document_bytes": max_document_bytes}
    match reading.format:
        case Format.CSV | Format.TSV:
            yield from read_delimited_rows(file, reading, columns, **limits)
        case Format.JSONL | Format.JSON:
            yield from read_json_rows(file, reading, columns, span, **limits)
        case Format.PARQUET | Format.DOCUMENTS:
            with open_parquet(file, reading.compression) as parquet:
                batches = iter_batches(parquet, file.name, batch_bytes=batch_bytes, span=span)
                first = 1 if span is None else span.first_row
                yield from read_columnar_rows(
                    batches, file.name, reading, columns, max_document_bytes, first_row=first
                )
        case Format.ARROW:
            with open_arrow(file, reading.compression) as reader:
                batches = iter_arrow_batches(reader, file.name)
                yield from read_columnar_rows(
                    batches, file.name, reading, columns, max_document_bytes
                )
        case _:
            raise InputError(f"{file.name} is {reading.format}, which has no columns")
