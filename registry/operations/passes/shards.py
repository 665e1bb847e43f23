"""Read the shards of a version back as documents, and refuse bytes that are no longer the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

from registry.documents import Outcome
from registry.domain.base import Value
from registry.domain.digest import Digest, digest_of_stream
from registry.domain.quantities import format_number
from registry.domain.reading import Reading, Span
from registry.domain.version import Shard
from registry.errors import (
    ConflictError,
    CorruptObjectError,
    MusterError,
    UnreadableError,
)
from registry.operations.passes.ahead import meanwhile
from registry.operations.place import Place
from registry.sources.file import SourceFile
from registry.sources.places import Stamp, open_file, path_of, read_stamp
from registry.sources.reading import read_documents
from registry.sources.splitting import split

Reader: TypeAlias = Callable[..., Iterator[Outcome]]
"""Reads a file: `registry.sources.reading.read_documents`, or another with its arguments."""

WORTH_A_THREAD_BYTES = 1 << 18
"""A smaller file is digested before a thread for it would have started."""


class Slice(Value):
    """A shard, or a part of a large one."""

    shard: Shard
    span: Span | None = None
    """Which part; None: the shard as a whole."""

    @property
    def num_bytes(self) -> int:
        """Bytes of text; of a part, as if every document of the shard had the same."""
        shard = self.shard
        return shard.num_text_bytes * self.num_documents // max(1, shard.num_documents)

    @property
    def num_documents(self) -> int:
        """Documents of the slice; of a part, rows that are none among them."""
        most = self.shard.num_documents
        return most if self.span is None else min(self.span.num_rows, most)


def split_shard(place: Place, shard: Shard, *, num_parts: int) -> tuple[Slice, ...]:
    """Cut a shard into at most so many parts; its bytes are digested meanwhile in a thread.

    Raises:
        ConflictError: The file in place holds other bytes than those registered.
        CorruptObjectError: The object in the store holds other bytes than those sealed.
        UnreadableError: The file is gone, or is not what it was said to be.
    """
    file = open_shard(place, shard)
    with _digested(shard, file):
        spans = split(file, shard.reading or Reading(), num_parts=num_parts)
    return tuple(Slice(shard=shard, span=span) for span in spans) or (Slice(shard=shard),)


def read_slice(place: Place, part: Slice, *, read: Reader = read_documents) -> Iterator[Outcome]:
    """Yield the documents of a slice, in order; or its rows, with another reader.

    A whole shard is digested as in `read_shard`. Of a part, which `split_shard` had digested, only
    size and modification time are compared.

    Raises:
        ConflictError: The file changed since it was registered.
        CorruptObjectError: The object in the store holds other bytes than those sealed.
        UnreadableError: The file is gone, or is not what it was said to be.
    """
    if part.span is None:
        yield from read_shard(place, part.shard, read=read)
        return
    file = open_shard(place, part.shard)
    yield from _read(place, part.shard, file, span=part.span, read=read)
    if not _is_untouched(part.shard):
        raise _other_bytes(part.shard)


def read_shard(place: Place, shard: Shard, *, read: Reader = read_documents) -> Iterator[Outcome]:
    """Yield the documents of one shard, in order; its bytes are digested meanwhile in a thread.

    Raises:
        ConflictError: The file in place holds other bytes than those registered, or other settings
            than at its registration gave other documents.
        CorruptObjectError: The object in the store holds other bytes than those sealed.
        UnreadableError: The file is gone, or is not what it was said to be.
    """
    file = open_shard(place, shard)
    num_documents = 0
    with _digested(shard, file):
        for outcome in _read(place, shard, file, read=read):
            num_documents += len(outcome.kept)
            yield outcome
    check_documents(shard.path, shard.num_documents, num_documents)


def check_documents(name: str, registered: int, read: int) -> None:
    """Refuse another number of documents than was registered.

    Raises:
        ConflictError: It is another one.
    """
    if read != registered:
        raise ConflictError(
            f"{name} holds {format_number(registered, 'document')} and {read:,} were read",
            hint="read it with the MUSTER_MAX_DOCUMENT_BYTES under which it was registered",
        )


def peek_shard(place: Place, shard: Shard, *, read: Reader = read_documents) -> Iterator[Outcome]:
    """Yield the documents of one shard for somebody who looks at a few and stops.

    Of the bytes only size and modification time are compared.

    Raises:
        ConflictError: The file changed since it was registered.
        UnreadableError: The file is gone, or is not what it was said to be.
    """
    file = open_shard(place, shard)
    if not _is_untouched(shard) and _digest(file) != shard.digest:
        raise _other_bytes(shard)
    yield from _read(place, shard, file, read=read)


def _read(
    place: Place, shard: Shard, file: SourceFile, *, read: Reader, span: Span | None = None
) -> Iterator[Outcome]:
    settings = place.settings
    return read(
        file,
        shard.reading or Reading(),
        span=span,
        batch_bytes=settings.batch_bytes,
        max_document_bytes=settings.max_document_bytes,
    )


def open_shard(place: Place, shard: Shard) -> SourceFile:
    """Return the file of a shard, where it lies now; its bytes are not looked at.

    Raises:
        UnreadableError: A file in place is gone.
    """
    if shard.uri is None:
        digest = shard.digest
        return SourceFile(
            name=shard.path,
            open=lambda: place.store.open(digest),
            num_bytes=shard.num_bytes,
            local_path=place.store.local_path_of(digest),
        )
    try:
        return open_file(shard.uri, name=shard.path)
    except UnreadableError as error:
        raise UnreadableError(
            path=_place(shard.uri),
            reason=f"is registered here and cannot be read: {error.reason}",
            hint="put it back, or register the data where it is now",
        ) from error


@contextmanager
def _digested(shard: Shard, file: SourceFile) -> Iterator[None]:
    """Digest a file while the block reads it, and refuse other bytes than its shard's.

    A file elsewhere travels once: with the entity tag of its registration, before and after, it is
    the same.
    """
    if shard.etag is not None and _is_untouched(shard):
        yield
        if not _is_untouched(shard):
            raise _other_bytes(shard)
        return
    pays = file.num_bytes >= WORTH_A_THREAD_BYTES
    with meanwhile(partial(_digest, file), pays=pays) as digest:
        yield
        if digest() != shard.digest:
            raise _other_bytes(shard)


def _is_untouched(shard: Shard) -> bool:
    """Whether a file in place has the stamp of its registration; objects never change."""
    if shard.uri is None:
        return True
    stamp = Stamp(shard.num_bytes, modified_ns=shard.modified_ns, etag=shard.etag)
    return read_stamp(shard.uri) == stamp


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
        f"{_place(shard.uri)} changed since it was registered",
        hint="register it again, which makes a new version",
    )


def _place(uri: str) -> str:
    """Return a place as a person writes it."""
    return str(path_of(uri) or uri)
