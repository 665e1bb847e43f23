"""A stream over bytes that are made as they are read."""

import io
from collections.abc import Generator


class Blocks(io.RawIOBase):
    """A stream of blocks that are made as they are read."""

    def __init__(self, blocks: Generator[bytes]) -> None:
        self._blocks = blocks
        self._held = memoryview(b"")
        self._num_read = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # any buffer
        """Read into a buffer; return how many bytes."""
        while not self._held:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._held = memoryview(block)
        part = self._held[: len(buffer)]
        buffer[: len(part)] = part
        self._held = self._held[len(part) :]
        self._num_read += len(part)
        return len(part)

    def tell(self) -> int:
        """Return how much was read."""
        return self._num_read

    def close(self) -> None:
        """Close the file as well."""
        self._blocks.close()
        super().close()
