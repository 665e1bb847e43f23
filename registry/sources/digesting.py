"""The digest of a file that is read from end to end anyway."""

import io
from dataclasses import replace
from typing import BinaryIO, cast

from registry.domain.digest import (
    NUM_BLOB_DIGITS,
    Digest,
    finish,
    new_blob_hasher,
    new_hasher,
)
from registry.errors import ConflictError
from registry.sources.file import SourceFile
from registry.sources.forwarding import Forwarding

_PIECE_BYTES = 1 << 20


class Digesting:
    """A file whose bytes are digested while somebody reads them, so that they travel once.

    What is read out of order, as Parquet is, is read once more in the end.
    """

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._begin()
        self.file = replace(file, open=self._open)
        """The file to read."""

    def finish(self) -> Digest:
        """Return the digest of the whole file.

        Raises:
            OSError: It cannot be read.
            ConflictError: What came is not what its place states of it.
        """
        if self._num_bytes != self._file.num_bytes:
            self._begin()
            with self._file.open() as stream:
                while piece := stream.read(_PIECE_BYTES):
                    self.see(self._num_bytes, memoryview(piece))
        self._prove()
        return finish(self._hasher)

    def see(self, offset: int, data: memoryview) -> None:
        """Take note of bytes that were read."""
        if offset == self._num_bytes:
            self._hasher.update(bytes(data))
            if self._blob is not None:
                self._blob.update(bytes(data))
            self._num_bytes += len(data)

    def _begin(self) -> None:
        proof = self._file.proof or ""
        is_blob = len(proof) == NUM_BLOB_DIGITS
        self._hasher = new_hasher()
        self._blob = new_blob_hasher(self._file.num_bytes) if is_blob else None
        self._num_bytes = 0

    def _prove(self) -> None:
        """Refuse what was cut short or mixed up on the way, where its place says what it is."""
        proof = self._file.proof
        if proof is not None and proof != (self._blob or self._hasher).hexdigest():
            raise ConflictError(
                f"{self._file.uri}: {self._num_bytes:,} bytes came that are not the "
                f"{self._file.num_bytes:,} of its commit",
                hint="run the same command again",
            )

    def _open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Seen(self, self._file.open())))


class _Seen(Forwarding):
    """A stream that shows what is read of it."""

    def __init__(self, digesting: Digesting, raw: BinaryIO) -> None:
        super().__init__(raw)
        self._digesting = digesting

    def see(self, offset: int, data: memoryview) -> None:
        self._digesting.see(offset, data)
