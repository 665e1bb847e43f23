"""Content-addressed objects on any fsspec file system.

An object lies at `ROOT/sha256/ab/cdef...`, named by its digest. It appears there whole or not at
all: bytes are written to a staging file, flushed to the disk, digested, then renamed. Writing the
same bytes twice leaves one object.
"""

import errno
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from registry.domain.base import Value
from registry.domain.digest import Digest, digest_of_bytes, digest_of_file
from registry.errors import CorruptObjectError, StorageError, UnknownError
from registry.storage.staging import staged_file, staged_folder, sweep
from registry.storage.waste import STAGING, is_new, locked, wait_for_removers

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


class StoredObject(Value):
    """An object that lies in the store."""

    digest: Digest
    num_bytes: int


class ObjectStore:
    """Objects by digest under one root.

    Args:
        url: A folder, or any URL that fsspec understands: `memory://x`, `s3://bucket/prefix`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._fs, self._root = fsspec.core.url_to_fs(url)
        self._is_local = isinstance(self._fs, LocalFileSystem)

    def __repr__(self) -> str:
        return f"ObjectStore({self.url!r})"

    @property
    def is_shared(self) -> bool:
        """Whether other processes see the same objects."""
        return not isinstance(self._fs, MemoryFileSystem)

    def path_of(self, digest: Digest) -> str:
        """Return where an object lies or would lie, on the store's file system."""
        hexadecimal = digest.removeprefix("sha256:")
        return f"{self._root}/sha256/{hexadecimal[:2]}/{hexadecimal[2:]}"

    def local_path_of(self, digest: Digest) -> Path | None:
        """Return the object's path if the store is a local folder, else None."""
        return Path(self.path_of(digest)) if self._is_local else None

    def exists(self, digest: Digest) -> bool:
        """Return whether the object is there."""
        return bool(self._fs.exists(self.path_of(digest)))

    def claim(self, digest: Digest) -> bool:
        """Return whether the object is there and new, for somebody who is about to refer to it.

        In a local folder it is made new. Elsewhere nothing but writing it again does that, so what
        is old there is told as absent. Garbage collection leaves new objects alone.
        """
        path = self.local_path_of(digest)
        if path is None:
            target = self.path_of(digest)
            return self._is_new(target) and self._lasts(target)
        with locked(Path(self._root)):
            try:
                os.utime(path)
            except FileNotFoundError:
                return False
            except PermissionError:
                # Another user's object. It is there, and who may not renew it may not remove it.
                return path.exists()
        return True

    def open(self, digest: Digest) -> BinaryIO:
        """Return a stream over the object's bytes.

        Raises:
            UnknownError: It is not there.
        """
        try:
            return cast("BinaryIO", self._fs.open(self.path_of(digest), "rb"))  # fsspec is untyped
        except FileNotFoundError as error:
            raise UnknownError(what="object", value=digest, hint="muster verify") from error

    def read(self, digest: Digest) -> bytes:
        """Return the object's bytes, checked against the digest.

        Raises:
            UnknownError: It is not there.
            CorruptObjectError: Its bytes no longer match.
        """
        with self.open(digest) as stream:
            data = stream.read()
        if digest_of_bytes(data) != digest:
            raise CorruptObjectError(
                f"object {digest} no longer matches its digest", hint="restore it from a backup"
            )
        return data

    def make_root(self) -> None:
        """Make the folder of a local store; safe to repeat. Elsewhere there are no folders.

        Raises:
            StorageError: It cannot be made.
        """
        if self._is_local:
            make_folder(Path(self._root))

    def probe(self) -> None:
        """Write a small file, read it and remove it again; no folder is made for it.

        Raises:
            StorageError: One of these is not possible, or gives other bytes.
        """
        if self._is_local and not Path(self._root).is_dir():
            raise StorageError(
                f"{self._root} is not there",
                hint="mount it or restore it from a backup; muster init makes an empty one",
            )
        path = f"{self._root}/probe-{uuid.uuid4().hex}"
        with translated_errors(self.url):
            self._fs.pipe_file(path, b"muster")
            found = self._fs.cat_file(path)
            self._fs.rm_file(path)
        if found != b"muster":
            raise StorageError(f"{self.url} gives other bytes than were written")

    def put_bytes(self, data: bytes) -> StoredObject:
        """Store bytes held in memory; safe to repeat.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        with self.stage() as path:
            with translated_errors(self.url):
                path.write_bytes(data)
            return self.commit(path)

    @contextmanager
    def stage(self) -> Iterator[Path]:
        """Give a local path to write to; whatever is still there at the end is removed.

        What a block reads besides may fail in its own words; only a lack of space, which no
        reading meets, is translated for it.

        Raises:
            StorageError: The file cannot be made, or there is no space left.
        """
        with ExitStack() as stack:
            with translated_errors(self.url):
                path = stack.enter_context(staged_file(self._staging_folder()))
            with self._space_left():
                yield path

    @contextmanager
    def stage_folder(self) -> Iterator[Path]:
        """Give a local folder to write files in, for `commit`; it is removed at the end.

        Raises:
            StorageError: The folder cannot be made, or there is no space left.
        """
        with ExitStack() as stack:
            with translated_errors(self.url):
                parent = self._staging_folder() or Path(tempfile.gettempdir())
                folder = stack.enter_context(staged_folder(parent, name="many"))
            with self._space_left():
                yield folder

    def commit(self, path: Path) -> StoredObject:
        """Make a staged file an object: flush, digest, rename. The staged file is gone after it.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        with translated_errors(self.url):
            flush(path)
            stored = StoredObject(digest=digest_of_file(path), num_bytes=path.stat().st_size)
            target = self.path_of(stored.digest)
            if self._is_local:
                with locked(Path(self._root)):
                    os.utime(path)  # new from now on, whenever its last byte was written
                    _publish(path, Path(target))
            else:
                self._upload(path, target)
            return stored

    @contextmanager
    def _space_left(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _NO_SPACE | {errno.EFBIG}:
                raise
            raise _translate(error, self.url) from error

    def _upload(self, path: Path, target: str) -> None:
        """Have an object there that is new, and that nobody is about to remove."""
        while True:
            if not self._is_new(target):
                # An upload to an object store becomes visible in one stroke when it is complete.
                self._fs.put_file(str(path), target)
            if self._lasts(target):
                return

    def _lasts(self, path: str) -> bool:
        """Return whether an object that is new is there once nobody removes any."""
        wait_for_removers(self._fs, self._root)
        return self._find(path) is not None

    def _is_new(self, path: str) -> bool:
        """Return whether a file of a store that is no local folder was written just now."""
        info = self._find(path)
        return info is not None and is_new(info)

    def _find(self, path: str) -> dict[str, Any] | None:
        # Object stores keep listings; what another process wrote or removed is not in them.
        self._fs.invalidate_cache(path.rpartition("/")[0])
        try:
            return cast("dict[str, Any]", self._fs.info(path))  # fsspec is untyped
        except FileNotFoundError:
            return None

    def _staging_folder(self) -> Path | None:
        if not self._is_local:
            return None
        folder = Path(self._root) / STAGING
        _make_lasting_folder(folder)
        sweep(folder)
        return folder


def make_folder(path: Path) -> None:
    """Make a local folder and those above it; safe to repeat.

    Raises:
        StorageError: It cannot be made.
    """
    with translated_errors(str(path)):
        _make_lasting_folder(path)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a local file so that it is there whole or not at all.

    Raises:
        StorageError: The disk is full, or not to be written.
    """
    with replaced_file(path) as staged, translated_errors(str(path)):
        staged.write_bytes(data)


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, whose bytes become the local file at the end of the block.

    An error in the block leaves the file as it was, and nothing beside it.

    Raises:
        StorageError: The file cannot be made, flushed or put in its place.
    """
    with ExitStack() as stack:
        with translated_errors(str(path)):
            _make_lasting_folder(path.parent)
            staged = stack.enter_context(staged_file(path.parent))
        yield staged
        with translated_errors(str(path)):
            flush(staged)
            _publish(staged, path)


@contextmanager
def translated_errors(where: str) -> Iterator[None]:
    """Turn an `OSError` of writing into a `StorageError` that names the place.

    Raises:
        StorageError: The disk is full, or not to be written.
    """
    try:
        yield
    except OSError as error:
        raise _translate(error, where) from error


def flush(path: Path) -> None:
    """Make a local file last a crash of the machine."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a local folder last a crash of the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _translate(error: OSError, where: str) -> StorageError:
    if error.errno in _NO_SPACE:
        return StorageError(
            f"no space left at {where}", hint="free some space, then run the same command again"
        )
    return StorageError(f"cannot write at {where}: {error}")


def _publish(staged: Path, target: Path) -> None:
    _make_lasting_folder(target.parent)
    staged.chmod(0o644)  # it was made private; objects are as shared as their folder
    staged.replace(target)
    sync_folder(target.parent)


def _make_lasting_folder(folder: Path) -> None:
    """Make a folder and those above it, so that a crash of the machine does not take them away."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in made:
        sync_folder(place.parent)
