"""Compressed files that are cut off, as far as they go."""

import io
from collections.abc import Generator
from dataclasses import replace
from typing import BinaryIO, Final, cast

from registry.domain.reading import Compression, Reading
from registry.errors import UnreadableError
from registry.sources.blocks import Blocks
from registry.sources.compression import BLOCK_BYTES, CUT_OFF, open_decompressed
from registry.sources.file import SourceFile

_STEPS: Final = (BLOCK_BYTES, 64 << 10, 1 << 10, 1)
"""How much is asked for at a time: where the end of the file is met, what was asked for is lost, so
it is asked for again in smaller pieces, down to the last byte."""


class Partial:
    """A compressed file whose bytes end where they can be decompressed no further.

    Args:
        file: The file.
        compression: Of the whole of it.
    """

    def __init__(self, file: SourceFile, compression: Compression) -> None:
        self._file = file
        self._compression = compression
        self.offset: int | None = None
        """Where the compressed file ends too early, once that was met."""

        self.file = replace(file, open=self._open, local_path=None)
        """Its decompressed bytes."""

    def _open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(Blocks(self._read())))

    def _read(self) -> Generator[bytes]:
        given = 0
        for size in _STEPS:
            with open_decompressed(self._file, self._compression) as stream:
                left = given
                while left:
                    left -= len(stream.read(min(left, BLOCK_BYTES)))
                try:
                    while block := stream.read(size):
                        given += len(block)
                        yield block
                except UnreadableError as error:
                    if not error.reason.endswith(CUT_OFF):
                        raise
                    self.offset = error.offset
                else:
                    return


def as_partial(file: SourceFile, reading: Reading) -> tuple[SourceFile, Reading, Partial | None]:
    """Return a file with its bytes as far as they go, and how it is read then."""
    if not reading.keeps_partial or reading.compression is Compression.NONE:
        return file, reading, None
    partial = Partial(file, reading.compression)
    plain = {"compression": Compression.NONE, "keeps_partial": False}
    return partial.file, reading.model_copy(update=plain), partial
