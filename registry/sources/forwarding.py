"""A stream that hands on to another one, for those that watch or translate what it does."""

import io
from collections.abc import Callable
from typing import Any, TypeVar

_Answer = TypeVar("_Answer")


class Forwarding(io.RawIOBase):
    """A readable, seekable stream over another one; a subclass says what it does besides."""

    def __init__(self, raw: Any) -> None:  # noqa: ANN401 - also the streams of untyped libraries
        self._raw = raw

    def call(self, action: Callable[[], _Answer]) -> _Answer:
        """Do something to the other stream."""
        return action()

    def see(self, offset: int, data: memoryview) -> None:
        """Take note of what was read."""

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as RawIOBase has it
        """Read into a buffer; return how many bytes."""
        view = memoryview(buffer)
        offset: int = self.call(self._raw.tell)
        data: bytes = self.call(lambda: self._raw.read(len(view)))
        view[: len(data)] = data
        self.see(offset, view[: len(data)])
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; return where the stream stands."""
        return int(self.call(lambda: self._raw.seek(offset, whence)))

    def tell(self) -> int:
        """Return where the stream stands."""
        return int(self.call(self._raw.tell))

    def close(self) -> None:
        """Close both streams."""
        self._raw.close()
        super().close()
