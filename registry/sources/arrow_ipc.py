"""Arrow IPC: streams (as Hugging Face saves them) and files (Feather version 2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa

from registry.documents import Outcome
from registry.domain.reading import Compression, Field, Reading
from registry.errors import UnreadableError
from registry.sources.columnar import fields_of, read_batches
from registry.sources.compression import open_seekable
from registry.sources.file import SourceFile, foreign_errors

FILE_MAGIC = b"ARROW1"
STREAM_MAGIC = b"\xff\xff\xff\xff"

# A stream ends with this marker; one that was cut between two batches lacks it.
_END_OF_STREAM = STREAM_MAGIC + bytes(4)


def read_arrow(
    file: SourceFile, reading: Reading, *, batch_bytes: int, max_document_bytes: int
) -> Iterator[Outcome]:
    """Yield the documents of an Arrow file; see `registry.sources.columnar.read_batches`.

    Raises:
        UnreadableError: The file is corrupt or cut off, or a text column does not exist.
    """
    with open_arrow(file, reading.compression) as reader:
        yield from read_batches(
            iter_arrow_batches(reader, file.name),
            reading,
            path=file.name,
            batch_bytes=batch_bytes,
            max_document_bytes=max_document_bytes,
        )


def find_arrow_fields(file: SourceFile, compression: Compression) -> tuple[Field, ...]:
    """Return the columns of an Arrow file.

    Raises:
        UnreadableError: It is corrupt or cut off.
    """
    with open_arrow(file, compression) as reader, foreign_errors(file.name):
        return fields_of(reader.schema)


@contextmanager
def open_arrow(
    file: SourceFile, compression: Compression
) -> Iterator[pa.RecordBatchStreamReader | pa.RecordBatchFileReader]:
    """Open an Arrow file or stream.

    Raises:
        UnreadableError: It is corrupt or cut off.
    """
    with open_seekable(file, compression) as raw:
        with foreign_errors(file.name):
            is_file = raw.read(len(FILE_MAGIC)) == FILE_MAGIC
            if not is_file:
                _check_end(raw, file.name)
            raw.seek(0)
            reader = pa.ipc.open_file(raw) if is_file else pa.ipc.open_stream(raw)
        with reader:
            yield reader


def iter_arrow_batches(
    reader: pa.RecordBatchStreamReader | pa.RecordBatchFileReader, path: str
) -> Iterator[pa.RecordBatch]:
    """Yield the batches of an Arrow file, each checked.

    Raises:
        UnreadableError: One is corrupt; what came before it was yielded.
    """
    number = 0
    is_file = isinstance(reader, pa.RecordBatchFileReader)
    while not is_file or number < reader.num_record_batches:
        try:
            with foreign_errors(path):
                batch = reader.get_batch(number) if is_file else reader.read_next_batch()
                _check_buffers(batch)
        except StopIteration:
            return
        yield batch
        number += 1


def _check_end(raw: BinaryIO, path: str) -> None:
    num_bytes = raw.seek(0, 2)
    raw.seek(max(0, num_bytes - len(_END_OF_STREAM)))
    if raw.read() != _END_OF_STREAM:
        raise UnreadableError(
            path=path, reason="the Arrow stream is cut off before its end marker", offset=num_bytes
        )


def _check_buffers(batch: pa.RecordBatch) -> None:
    # Offsets are not checked by the reader and would lead it outside its memory. Strings are
    # looked at as bytes: one that is not UTF-8 costs its row, not the file.
    for column in batch.columns:
        if pa.types.is_string(column.type):
            column = column.view(pa.binary())  # noqa: PLW2901
        elif pa.types.is_large_string(column.type):
            column = column.view(pa.large_binary())  # noqa: PLW2901
        column.validate(full=True)
