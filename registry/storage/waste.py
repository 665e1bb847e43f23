"""List the objects of a store, and remove those that nobody wants and nobody is about to want.

Whoever writes an object holds the store's lock, together with others, while the object takes its
name, and makes it new, even if the same bytes lay there for years. Whoever removes one holds the
lock alone and looks at its age again first. So an object that is not new when it is removed is one
that nobody has just written. Elsewhere than in a local folder there is no such lock, and an old
object is made new by writing it again.
"""

import os
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
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

LEASES = "removing"
"""The folder under a root that is no local one that holds the leases of removers."""

LEASE = timedelta(minutes=10)
"""How long others wait for a remover that died. A remover stops at half of it."""

_PAUSE_SECONDS = 1.0

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
        self._stop_at: float | None = None

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

    def find(self, path: str) -> Found | None:
        """Return a file of the store; None: it is not there."""
        try:
            info = self._fs.info(path)
        except FileNotFoundError:
            return None
        return Found(info["name"], info["size"], _modified(info))

    def iter_staged(self) -> Iterator[Found]:
        """Yield what dead writers left, where the system tells the dead from the living."""
        for info in self._list(f"{self._root}/{STAGING}") if self._is_local else ():
            if is_dead(Path(info["name"])):
                yield Found(info["name"], info["size"], _modified(info))

    @contextmanager
    def removing(self) -> Iterator[None]:
        """Keep writers waiting while objects are removed."""
        with ExitStack() as stack:
            if self._is_local:
                stack.enter_context(locked(Path(self._root), alone=True))
            else:
                stack.enter_context(self._lease())
            yield

    def remove(self, found: Found) -> bool:
        """Remove a file unless it was written again meanwhile.

        Returns:
            False: it was, or is gone, or the lease has run too long.

        Raises:
            StorageError: It may not be removed.
        """
        if self._stop_at is not None and time.monotonic() > self._stop_at:
            return False
        try:
            if _modified(self._fs.info(found.path)) != found.modified:
                return False
            self._fs.rm_file(found.path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageError(f"cannot remove {found.path}: {error.strerror}") from error
        return True

    @contextmanager
    def _lease(self) -> Iterator[None]:
        folder = f"{self._root}/{LEASES}"
        path = f"{folder}/{uuid.uuid4().hex}"
        for info in self._list(folder):
            if not _holds(info):
                self._end_lease(info["name"])
        self._stop_at = time.monotonic() + LEASE.total_seconds() / 2
        try:
            self._fs.makedirs(folder, exist_ok=True)
            self._fs.pipe_file(path, f"{socket.gethostname()} {os.getpid()}".encode())
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror}") from error
        try:
            yield
        finally:
            self._stop_at = None
            self._end_lease(path)

    def _end_lease(self, path: str) -> None:
        with suppress(FileNotFoundError):  # another remover found that it had run out
            self._fs.rm_file(path)

    def _list(self, folder: str) -> list[dict[str, Any]]:
        return _list(self._fs, folder)


def wait_for_removers(fs: fsspec.AbstractFileSystem, root: str) -> None:
    """Wait until nobody removes objects of a store that is no local folder."""
    while any(map(_holds, _list(fs, f"{root}/{LEASES}"))):
        time.sleep(_PAUSE_SECONDS)


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
    return _now() - _modified(info) < LEAST_GRACE / 2


def _list(fs: fsspec.AbstractFileSystem, folder: str) -> list[dict[str, Any]]:
    try:
        # Object stores keep listings; what another process wrote would not be in them.
        fs.invalidate_cache(folder)
        listed: list[dict[str, Any]] = fs.ls(folder, detail=True)
    except FileNotFoundError:
        return []
    return sorted(listed, key=lambda info: str(info["name"]))


def _holds(lease: dict[str, Any]) -> bool:
    return _now() - _modified(lease) < LEASE


def _now() -> datetime:
    return datetime.now(UTC)


def _modified(info: dict[str, Any]) -> datetime:
    """Return when a file was written, by whichever name its file system calls that."""
    names = ("mtime", "LastModified", "last_modified", "updated", "created")
    value = next(info[name] for name in names if info.get(name) is not None)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromtimestamp(value, UTC)
