"""One file of a source, and the one place where errors of foreign libraries become ours."""

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

import pyarrow as pa

from registry.errors import UnreadableError
from registry.sources.unpacking import Meter

_FOREIGN_ERRORS = (
    OSError,
    EOFError,
    NotImplementedError,
    UnicodeError,
    pa.ArrowException,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that can be opened any number of times."""

    name: str
    """The logical path inside the version, with `/`; `archive.zip!/member.txt` for a member."""

    open: Callable[[], BinaryIO]
    """Returns a fresh stream of the bytes as they lie, compressed if they are."""

    num_bytes: int
    local_path: Path | None = None
    """Where the bytes lie in a local file, so that Arrow can open it itself."""

    uri: str | None = None
    """Where the file lies, if it can be registered in place."""

    proof: str | None = None
    """What its place states of its content for good: a SHA-256, or the SHA-1 of a git blob."""

    meter: Meter | None = None
    """Counts what becomes of it, and refuses too much; None: it was read before."""

    @classmethod
    def from_path(cls, path: Path, *, name: str | None = None) -> Self:
        """Return a local file, by its base name unless another logical name is given.

        Raises:
            UnreadableError: It cannot be opened, or its name is no clean UTF-8.
        """
        name = path.name if name is None else name
        check_name(name)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError(path=str(path), reason="not a regular file")
            with path.open("rb"):
                pass
        except OSError as error:
            raise UnreadableError(path=str(path), reason=explain(error)) from error
        uri = path.absolute().as_uri()
        return cls(name, lambda: path.open("rb"), status.st_size, path, uri)


def check_name(name: str) -> None:
    """Refuse a name that cannot stand in a manifest.

    Raises:
        UnreadableError: It holds control characters or bytes that are not UTF-8.
    """
    if not name.isprintable() and any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in name):
        raise UnreadableError(path=ascii(name), reason="its name holds control characters")
    if any(0xD800 <= ord(character) < 0xE000 for character in name):
        raise UnreadableError(path=ascii(name), reason="its name is not UTF-8")


def is_left_out(name: str) -> bool:
    """Say whether a file is left out of what it lies in: hidden, or compiled Python."""
    parts = PurePosixPath(name).parts
    is_hidden = any(part.startswith(".") and part != ".." for part in parts)
    return is_hidden or "__pycache__" in parts or name.endswith(".pyc")


@contextmanager
def foreign_errors(path: str, *also: type[Exception]) -> Iterator[None]:
    """Turn what a library raises about a file into an `UnreadableError` with its name.

    Args:
        path: The file's name.
        also: Exceptions that this library alone raises about damaged files.
    """
    try:
        yield
    except (*_FOREIGN_ERRORS, *also) as error:
        raise UnreadableError(path=path, reason=explain(error)) from error


def explain(error: BaseException) -> str:
    """Return the reason in an exception's own words, on one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    first_line: str = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return first_line
