"""Zip and tar archives: each member becomes a file of its own, in the archive's order."""

import struct
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from registry.domain.reading import MEMBER_MARK, Compression, Container, Reading
from registry.errors import UnreadableError
from registry.sources.compression import (
    BLOCK_BYTES,
    ByteStream,
    open_decompressed,
    open_seekable,
    spool,
)
from registry.sources.file import SourceFile, check_name, foreign_errors, is_left_out

# What zipfile and tarfile let through where a header is damaged.
_DAMAGE = (ValueError, OverflowError, RuntimeError, struct.error)

_ENCRYPTED = 0x1
_TAR_BLOCK_BYTES = 512


def name_inside(name: str) -> str:
    """Return the name of a member without that of the archive it lies in."""
    return name.partition(MEMBER_MARK)[2]


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link in a tar: what it names is read where that stands."""

    name: str
    """That of a member."""

    target: str


def iter_members(file: SourceFile, reading: Reading) -> Iterator[SourceFile]:
    """Yield the files of an archive; see `iter_entries`."""
    return (entry for entry in iter_entries(file, reading) if isinstance(entry, SourceFile))


def iter_entries(file: SourceFile, reading: Reading) -> Iterator[SourceFile | Link]:
    """Yield the members of an archive; each can be opened until the next one is asked for.

    Folders, devices, other names of the same file and what `registry.sources.finding` leaves out
    of a folder are left out.

    Raises:
        UnreadableError: The archive is corrupt, cut off or encrypted, has more members or becomes
            more than it may, or a member's name leads outside it.
    """
    if reading.container is Container.ZIP:
        yield from _iter_zip(file, reading.compression)
    else:
        yield from _iter_tar(file, reading.compression)


def _iter_zip(file: SourceFile, compression: Compression) -> Iterator[SourceFile]:
    with open_seekable(file, compression) as raw:
        with foreign_errors(file.name, *_DAMAGE):
            archive = zipfile.ZipFile(raw)
        with archive:
            infos = archive.infolist()
            if file.meter is not None:
                file.meter.add_members(len(infos), path=file.name)
                file.meter.add_unpacked(sum(info.file_size for info in infos), path=file.name)
            for number, info in enumerate(infos):
                name = _member_name(file.name, info.filename)
                if info.is_dir() or is_left_out(info.filename):
                    continue
                if info.flag_bits & _ENCRYPTED:
                    raise UnreadableError(path=name, reason="it is encrypted")
                yield SourceFile(
                    name,
                    partial(_open_zip_member, archive, info, name),
                    info.file_size,
                    meter=None if file.meter is None else file.meter.inside(number),
                )


def _open_zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> BinaryIO:
    with foreign_errors(name, *_DAMAGE):
        return cast("BinaryIO", archive.open(info))  # IO[bytes] is what BinaryIO is


def _iter_tar(file: SourceFile, compression: Compression) -> Iterator[SourceFile | Link]:
    with open_decompressed(file, compression) as stream:
        tracked = _TrackedStream(stream)
        with foreign_errors(file.name, *_DAMAGE):
            # tarfile closes nothing that it was given, and the stream closes itself.
            archive = tarfile.TarFile.open(fileobj=tracked, mode="r|")  # type: ignore[call-overload]
        for number in count(1):
            with foreign_errors(file.name, *_DAMAGE):
                info = archive.next()
            if info is None:
                break
            # tarfile keeps the header of every member that it has read.
            archive.members.clear()
            if file.meter is not None:
                file.meter.add_members(number, path=file.name)
            name = _member_name(file.name, info.name)
            if is_left_out(info.name):
                continue
            if info.issym():
                yield Link(name, info.linkname)
            if not info.isfile():
                continue
            member = archive.extractfile(info)
            if member is None:
                continue
            with spool(ByteStream(name, member, Compression.NONE), name) as unpacked:
                meter = None if file.meter is None else file.meter.inside(number)
                yield replace(unpacked, meter=meter)
        tracked.check_end(archive.offset, file.name)


class _TrackedStream:
    """A tar's bytes, watched for where their last content lies.

    tarfile takes a cut-off archive or a damaged header for the end; a true end is two blocks of
    zeros and nothing behind them but zeros.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._num_bytes = 0
        self._content_end = 0

    def read(self, num_bytes: int) -> bytes:
        """Return the next bytes, as tarfile asks for them."""
        block = self._stream.read(num_bytes)
        content = len(block.rstrip(b"\0"))
        if content:
            self._content_end = self._num_bytes + content
        self._num_bytes += len(block)
        return block

    def check_end(self, end: int, path: str) -> None:
        """Read to the end of the stream and refuse it if the archive ended otherwise.

        Raises:
            UnreadableError: Content or nothing at all stands where zeros should.
        """
        while self.read(BLOCK_BYTES):
            pass
        if self._content_end > end:
            raise UnreadableError(path=path, reason="a damaged header in the tar", offset=end)
        if self._num_bytes < end + 2 * _TAR_BLOCK_BYTES:
            raise UnreadableError(path=path, reason="the tar is cut off", offset=self._num_bytes)


def _member_name(archive: str, member: str) -> str:
    path = PurePosixPath(member.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts[:1] and path.parts[0].endswith(":")):
        raise UnreadableError(
            path=f"{archive}{MEMBER_MARK}{member!a}",
            reason="its name leads outside the archive",
        )
    name = f"{archive}{MEMBER_MARK}{PurePosixPath(member)}"
    check_name(name)
    return name
