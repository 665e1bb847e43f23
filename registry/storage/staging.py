"""Files that are still being written, told apart from those that a dead process left behind.

A writer holds a lock on its file for as long as it writes. The kernel drops the lock when the
process dies, however it dies, so a file that nobody locks is waste.
"""

import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from registry.storage.filesystem import find_network_file_system

if sys.platform != "win32":
    import fcntl

_PREFIX = ".writing-"


@contextmanager
def staged_file(folder: Path | None) -> Iterator[Path]:
    """Give an empty file to write to; what is still there at the end of the block is removed.

    Args:
        folder: Where it lies; None for the system's folder of temporary files.

    Raises:
        OSError: The file cannot be made.
    """
    handle, path = _make(folder)
    try:
        yield path
    finally:
        try:
            path.unlink(missing_ok=True)
        finally:
            os.close(handle)


@contextmanager
def staged_folder(parent: Path, *, name: str) -> Iterator[Path]:
    """Give an empty folder to fill; what is still there at the end of the block is removed.

    So is what dead writers of the same name left beside it.

    Args:
        parent: Where it lies.
        name: What it is meant to become.

    Raises:
        OSError: The folder cannot be made.
    """
    prefix = f".{name}{_PREFIX}"
    _sweep_folders(parent, prefix=prefix)
    handle, path = _make_folder(parent, prefix=prefix)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what dead writers left in a folder that holds staged files and nothing else.

    Nothing is removed on a network file system, where a lock may be known to one machine alone
    and a living file could look dead, nor on Windows, which has no such locks.
    """
    if sys.platform == "win32" or find_network_file_system(folder) is not None:
        return
    for path in folder.iterdir():
        with suppress(OSError):  # another user's, or just gone: theirs to remove
            _remove_if_dead(path)


def is_dead(path: Path) -> bool:
    """Return whether a staged file is certain to have no living writer; see `sweep`."""
    if sys.platform == "win32" or find_network_file_system(path.parent) is not None:
        return False
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:  # another user's, or just gone
        return False
    try:
        return _lock(handle, wait=False)
    finally:
        os.close(handle)


def _make(folder: Path | None) -> tuple[int, Path]:
    while True:
        handle, name = tempfile.mkstemp(dir=folder, prefix=_PREFIX)
        # Somebody may sweep the file away before it is locked; then there is no name left to it.
        if not _lock(handle) or os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)


def _make_folder(parent: Path, *, prefix: str) -> tuple[int, Path]:
    while True:
        path = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        with suppress(FileNotFoundError):  # swept away before it could be locked
            handle = os.open(path, os.O_RDONLY)
            _lock(handle)
            if path.exists():
                return handle, path
            os.close(handle)


def _sweep_folders(parent: Path, *, prefix: str) -> None:
    if sys.platform == "win32" or find_network_file_system(parent) is not None:
        return
    for path in parent.glob(f"{glob.escape(prefix)}*"):
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                if _lock(handle, wait=False):
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(handle)


def _remove_if_dead(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        if _lock(handle, wait=False):
            path.unlink()
    finally:
        os.close(handle)


def _lock(handle: int, *, wait: bool = True) -> bool:
    """Lock a file until its handle is closed; false where it is locked or cannot be."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
