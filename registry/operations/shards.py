"""Read the shards of a version back as documents, and refuse bytes that are no longer the same."""

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from registry.documents import Outcome
from registry.domain.digest import Digest, digest_of_stream
from registry.domain.reading import Reading
from registry.domain.version import Shard, Version
from registry.errors import (
    ConflictError,
    CorruptObjectError,
    InputError,
    MusterError,
    UnreadableError,
)
from registry.operations.context import Context
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents

_Item = TypeVar("_Item")


def uri_of(path: Path) -> str:
    """Return the `file:` URI of a local file."""
    return path.absolute().as_uri()


def path_of(uri: str) -> Path:
    """Return the local file that a `file:` URI means."""
    return Path(unquote(urlsplit(uri).path))


def require_documents(version: Version) -> Version:
    """Return the version if it holds documents.

    Raises:
        InputError: It holds tokens.
    """
    if version.content != "documents":
        raise InputError(
            f"{version.reference} holds tokens, not documents",
            hint=f"muster lineage {version.reference}",
        )
    return version


def read_shard(context: Context, shard: Shard) -> Iterator[Outcome]:
    """Yield the documents of one shard, in order; its bytes are digested meanwhile in a thread.

    Raises:
        ConflictError: The file in place holds other bytes than those registered, or other settings
            than at its registration gave other documents.
        CorruptObjectError: The object in the store holds other bytes than those sealed.
        UnreadableError: The file is gone, or is not what it was said to be.
    """
    file = open_shard(context, shard)
    num_documents = 0
    with ThreadPoolExecutor(max_workers=1) as pool:
        digest = pool.submit(_digest, file)
        for outcome in _read(context, shard, file):
            num_documents += len(outcome.kept)
            yield outcome
        if digest.result() != shard.digest:
            raise _other_bytes(shard)
    if num_documents != shard.num_documents:
        raise ConflictError(
            f"{shard.path} holds {shard.num_documents:,} documents and {num_documents:,} were read",
            hint="read it with the MUSTER_MAX_DOCUMENT_BYTES under which it was registered",
        )


def peek_shard(context: Context, shard: Shard) -> Iterator[Outcome]:
    """Yield the documents of one shard for somebody who looks at a few and stops.

    Of the bytes only size and modification time are compared.

    Raises:
        ConflictError: The file changed since it was registered.
        UnreadableError: The file is gone, or is not what it was said to be.
    """
    file = open_shard(context, shard)
    if shard.uri is not None:
        facts = path_of(shard.uri).stat()
        is_same = (facts.st_size, facts.st_mtime_ns) == (shard.num_bytes, shard.modified_ns)
        if not is_same and _digest(file) != shard.digest:
            raise _other_bytes(shard)
    yield from _read(context, shard, file)


def _read(context: Context, shard: Shard, file: SourceFile) -> Iterator[Outcome]:
    settings = context.settings
    return read_documents(
        file,
        shard.reading or Reading(),
        batch_bytes=settings.batch_bytes,
        max_document_bytes=settings.max_document_bytes,
    )


def open_shard(context: Context, shard: Shard) -> SourceFile:
    """Return the file of a shard, where it lies now; its bytes are not looked at.

    Raises:
        UnreadableError: A file in place is gone.
    """
    if shard.uri is None:
        digest = shard.digest
        return SourceFile(
            name=shard.path,
            open=lambda: context.store.open(digest),
            num_bytes=shard.num_bytes,
            local_path=context.store.local_path_of(digest),
        )
    path = path_of(shard.uri)
    try:
        path.stat()
    except OSError as error:
        raise UnreadableError(
            path=str(path),
            reason=f"is registered here and cannot be read: {error.strerror}",
            hint="put it back, or register the data where it is now",
        ) from error
    return SourceFile.from_path(path, name=shard.path)


def _digest(file: SourceFile) -> Digest:
    with file.open() as stream:
        return digest_of_stream(stream)


def _other_bytes(shard: Shard) -> MusterError:
    if shard.uri is None:
        return CorruptObjectError(
            f"the object of {shard.path} holds other bytes than were sealed ({shard.digest})",
            hint="restore it from a backup, or make the version again",
        )
    return ConflictError(
        f"{path_of(shard.uri)} changed since it was registered",
        hint="register it again, which makes a new version",
    )


def read_ahead(items: Iterator[_Item], *, depth: int = 2) -> Iterator[_Item]:
    """Yield the same items while a thread makes the next ones.

    At most `depth` items wait. An error in the thread is raised here, at its place in the order;
    when the consumer stops early, the thread stops at its next item.
    """
    ready: queue.Queue[_Item | _End] = queue.Queue(maxsize=depth)
    stopped = threading.Event()
    thread = threading.Thread(
        target=_produce, args=(items, ready, stopped), name="read-ahead", daemon=True
    )
    thread.start()
    try:
        while not isinstance(item := ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class _End:
    """Behind it nothing comes; the error that ended the items, if one did."""

    error: BaseException | None = None


def _produce(
    items: Iterator[_Item], ready: "queue.Queue[_Item | _End]", stopped: threading.Event
) -> None:
    end = _End()
    try:
        for item in items:
            if not _offer(item, ready, stopped):
                return
    except BaseException as error:  # noqa: BLE001 - handed to the consumer, who raises it
        end = _End(error)
    _offer(end, ready, stopped)


def _offer(
    item: _Item | _End, ready: "queue.Queue[_Item | _End]", stopped: threading.Event
) -> bool:
    """Wait until the item is taken in; false when the consumer has stopped."""
    while not stopped.is_set():
        try:
            ready.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False
