"""The digest of a file that is read from end to end anyway."""

import io
from dataclasses import replace
from typing import BinaryIO, cast

from registry.domain.digest import Digest, digest_of_stream, finish, new_hasher
from registry.sources.file import SourceFile
from registry.sources.forwarding import Forwarding


class Digesting:
    """A file whose bytes are digested while somebody reads them, so that they travel once.

    What is read out of order, as Parquet is, is read once more in the end.
    """

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._hasher = new_hasher()
        self._num_bytes = 0
        self.file = replace(file, open=self._open)
        """The file to read."""

    def finish(self) -> Digest:
        """Return the digest of the whole file.

        Raises:
            OSError: It cannot be read.
        """
        if self._num_bytes == self._file.num_bytes:
            return finish(self._hasher)
        with self._file.open() as stream:
            return digest_of_stream(stream)

    def see(self, offset: int, data: memoryview) -> None:
        """Take note of bytes that were read."""
        if offset == self._num_bytes:
            self._hasher.update(bytes(data))
            self._num_bytes += len(data)

    def _open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Seen(self, self._file.open())))


class _Seen(Forwarding):
    """A stream that shows what is read of it."""

    def __init__(self, digesting: Digesting, raw: BinaryIO) -> None:
        super().__init__(raw)
        self._digesting = digesting

    def see(self, offset: int, data: memoryview) -> None:
        self._digesting.see(offset, data)
