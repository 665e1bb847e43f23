"""The work area of a run: small checkpoints on the local disk that let the same command resume."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import JsonValue

from registry.domain.digest import Digest, canonical_json
from registry.storage.objects import make_folder, write_atomically


class WorkArea:
    """Checkpoints of one derivation, each written whole or not at all."""

    def __init__(self, home: Path, derivation: Digest) -> None:
        self._folder = home / "work" / derivation.removeprefix("sha256:")[:32]

    @contextmanager
    def lock(self, name: str = "", *, wait_seconds: float = 0) -> Iterator[bool]:
        """Keep other processes from the same work; false: another one has it.

        The lock ends with the block or with the process, however that dies.

        Args:
            name: Which work on the derivation is meant, if not all of it.
            wait_seconds: How long to wait for it.
        """
        path = self._folder.with_suffix(f".{name}.lock" if name else ".lock")
        make_folder(path.parent)
        lock = FileLock(path, timeout=wait_seconds)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def load(self, name: str) -> JsonValue:
        """Return a checkpoint, or None if it is not there or was not written by this program."""
        try:
            value: JsonValue = json.loads((self._folder / f"{name}.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return value

    def save(self, name: str, value: JsonValue) -> None:
        """Keep a checkpoint.

        Raises:
            StorageError: The disk is full, or not to be written.
        """
        write_atomically(self._folder / f"{name}.json", canonical_json(value))

    def clear(self) -> None:
        """Forget all checkpoints, once what they stand for is sealed."""
        shutil.rmtree(self._folder, ignore_errors=True)
