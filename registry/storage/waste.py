"""List the objects of a store, and remove those that nobody wants and nobody is about to want.

Whoever writes an object holds the store's lock, together with others, while the object takes its
name, and makes it new, even if the same bytes lay there for years. Whoever removes one holds the
lock alone and looks at its age again first. So an object that is not new when it is removed is one
that nobody has just written. Elsewhere than in a local folder there is no such lock, and an old
object is made new by writing it again.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from registry.domain.digest import Digest, parse_digest
from registry.errors import InputError, StorageError
from registry.storage.staging import is_dead

if sys.platform != "win32":
    import fcntl

LEAST_GRACE = timedelta(hours=1)
"""How old an object is at least that may be removed: between writing it and sealing what refers to
it lies some work."""

LOCK = "gc.lock"
"""The file under a local root whose lock writers share and removers hold alone."""

STAGING = "staging"
"""The folder under a local root that holds files still being written."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a store."""

    path: str
    num_bytes: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class FoundObject(Found):
    """An object of a store."""

    digest: Digest


class Waste:
    """What lies in a store, and its removal.

    Args:
        url: The store's, as `ObjectStore` takes it.
    """

    def __init__(self, url: str) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(url)
        self._is_local = isinstance(self._fs, LocalFileSystem)

    def iter_objects(self) -> Iterator[FoundObject]:
        """Yield every object, one folder of the 256 after the other."""
        for folder in self._list(f"{self._root}/sha256"):
            for info in self._list(folder["name"]):
                name = Path(info["name"])
                try:
                    digest = parse_digest(name.parent.name + name.name)
                except InputError:
                    continue  # what has no name of ours is somebody else's
                yield FoundObject(info["name"], info["size"], _modified(info), digest)

    def iter_staged(self) -> Iterator[Found]:
        """Yield what dead writers left, where the system tells the dead from the living."""
        for info in self._list(f"{self._root}/{STAGING}") if self._is_local else ():
            if is_dead(Path(info["name"])):
                yield Found(info["name"], info["size"], _modified(info))

    @contextmanager
    def removing(self) -> Iterator[None]:
        """Keep writers waiting while objects are removed."""
        if not self._is_local:
            yield
            return
        with locked(Path(self._root), alone=True):
            yield

    def remove(self, found: Found) -> bool:
        """Remove a file unless it was written again meanwhile; false: it was, or is gone.

        Raises:
            StorageError: It may not be removed.
        """
        try:
            if _modified(self._fs.info(found.path)) != found.modified:
                return False
            self._fs.rm_file(found.path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageError(f"cannot remove {found.path}: {error.strerror}") from error
        return True

    def _list(self, folder: str) -> list[dict[str, Any]]:
        try:
            # Object stores keep listings; what another process wrote would not be in them.
            self._fs.invalidate_cache(folder)
            listed: list[dict[str, Any]] = self._fs.ls(folder, detail=True)
        except FileNotFoundError:
            return []
        return sorted(listed, key=lambda info: str(info["name"]))


@contextmanager
def locked(root: Path, *, alone: bool = False) -> Iterator[None]:
    """Hold the lock of a local store, alone or together with others; Windows has none."""
    if sys.platform == "win32":
        yield
        return
    root.mkdir(parents=True, exist_ok=True)
    try:
        # Some network file systems lock alone only what is open for writing.
        handle = os.open(root / LOCK, os.O_CREAT | (os.O_RDWR if alone else os.O_RDONLY), 0o666)
    except PermissionError:  # made by another user
        handle = os.open(root / LOCK, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def is_new(info: dict[str, Any]) -> bool:
    """Return whether a file is so new that it need not be written again to be left alone."""
    return datetime.now(UTC) - _modified(info) < LEAST_GRACE / 2


def _modified(info: dict[str, Any]) -> datetime:
    """Return when a file was written, by whichever name its file system calls that."""
    names = ("mtime", "LastModified", "last_modified", "updated", "created")
    value = next(info[name] for name in names if info.get(name) is not None)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromtimestamp(value, UTC)
