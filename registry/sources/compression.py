"""Compressed files as plain streams, which never end early in silence.

Arrow's decompressor is used because it knows the end of a stream from the end of the file: it
refuses a stream cut at any byte and bytes behind the last one, reads files of several gzip members
or zstd frames, and never inflates more than it was asked for, however dense the file.
"""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa

from registry.domain.reading import Compression, Span
from registry.errors import StorageError, UnreadableError
from registry.sources.file import SourceFile, explain, foreign_errors
from registry.sources.unpacking import Meter

BLOCK_BYTES = 4 << 20
"""How much is read at once."""

CUT_OFF = "is cut off"
"""How the reason ends where a compressed stream ends too early."""

_SPOOL_BYTES = 32 << 20


class ByteStream:
    """The decompressed bytes of a file, in order; every error is an `UnreadableError`."""

    def __init__(
        self,
        path: str,
        raw: BinaryIO,
        compression: Compression,
        *,
        num_bytes: int | None = None,
        meter: Meter | None = None,
    ) -> None:
        """Take a raw stream; of an uncompressed one at most `num_bytes` from where it stands."""
        self.path = path
        self.compression = compression
        self._num_left = num_bytes
        self._num_read = 0
        self._meter = None if compression is Compression.NONE else meter
        self._raw = raw
        self._decompressed = (
            raw
            if compression is Compression.NONE
            else pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), compression.value)
        )

    def read(self, num_bytes: int = BLOCK_BYTES) -> bytes:
        """Return the next bytes, as many as asked for except at the end.

        Raises:
            UnreadableError: The file is cut off or corrupt; the offset counts the file's own,
                compressed bytes. Or more comes of it than may.
        """
        if self._num_left is not None:
            num_bytes = min(num_bytes, self._num_left)
        try:
            with foreign_errors(self.path):
                block: bytes = self._decompressed.read(num_bytes)
        except UnreadableError as error:
            if error.path != self.path or error.offset is not None:
                raise
            reason = _compression_reason(error.reason, self.compression)
            raise UnreadableError(
                path=self.path, reason=reason, offset=self._offset()
            ) from error.__cause__
        if self._num_left is not None:
            self._num_left -= len(block)
        if self._meter is not None:
            self._num_read += len(block)
            self._meter.add_stream(self._num_read, path=self.path)
        return block

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._decompressed.close()
        self._raw.close()

    def _offset(self) -> int | None:
        try:
            return self._raw.tell()
        except (OSError, ValueError):
            return None


def open_decompressed(file: SourceFile, compression: Compression) -> ByteStream:
    """Open a file as the stream of its decompressed bytes.

    Raises:
        UnreadableError: It cannot be opened, or is empty where a compressed stream is expected.
    """
    if compression is not Compression.NONE and file.num_bytes == 0:
        raise UnreadableError(
            path=file.name, reason=f"an empty file is not a {compression} stream", offset=0
        )
    with foreign_errors(file.name):
        raw = file.open()
        return ByteStream(file.name, raw, compression, meter=file.meter)


def open_part(file: SourceFile, compression: Compression, span: Span | None) -> ByteStream:
    """Open the bytes of an uncompressed file that a span names; of any file, where it is None.

    Raises:
        UnreadableError: It cannot be opened.
    """
    if span is None:
        return open_decompressed(file, compression)
    with foreign_errors(file.name):
        raw = file.open()
        raw.seek(span.start)
        num_bytes = span.stop - span.start
        return ByteStream(file.name, raw, Compression.NONE, num_bytes=num_bytes)


@contextmanager
def open_seekable(file: SourceFile, compression: Compression) -> Iterator[BinaryIO]:
    """Open a file for reading at any place; compressed ones are spooled first.

    Raises:
        UnreadableError: It cannot be opened or decompressed.
    """
    if compression is Compression.NONE:
        with foreign_errors(file.name):
            raw = file.open()
        # A zip's member can seek, but begins to inflate anew for each step back.
        if not isinstance(raw, zipfile.ZipExtFile):
            with raw:
                yield raw
            return
        raw.close()
    with (
        open_decompressed(file, compression) as stream,
        spool(stream, file.name) as plain,
        plain.open() as raw,
    ):
        yield raw


@contextmanager
def spool(stream: ByteStream, name: str) -> Iterator[SourceFile]:
    """Keep a stream so that it can be opened again: small ones in memory, others on disk.

    The file is gone when the context ends.

    Raises:
        UnreadableError: The stream cannot be read.
        StorageError: The temporary folder is full or cannot be written.
    """
    head = stream.read(_SPOOL_BYTES)
    if len(head) < _SPOOL_BYTES:
        yield SourceFile(name, lambda: io.BytesIO(head), len(head))
        return
    with tempfile.NamedTemporaryFile(prefix="muster-") as copy:
        num_bytes = 0
        while head:
            _write(copy, head)
            num_bytes += len(head)
            head = stream.read()
        path = Path(copy.name)
        yield SourceFile(name, lambda: path.open("rb"), num_bytes, path)


def _write(copy: "tempfile._TemporaryFileWrapper[bytes]", block: bytes) -> None:
    try:
        copy.write(block)
        copy.flush()
    except OSError as error:
        raise StorageError(f"cannot unpack into {copy.name}: {explain(error)}") from error


def _compression_reason(reason: str, compression: Compression) -> str:
    if "Truncated" in reason:
        return f"the {compression} stream {CUT_OFF}"
    if compression is Compression.NONE:
        return reason
    return f"the {compression} stream is corrupt ({reason})"
