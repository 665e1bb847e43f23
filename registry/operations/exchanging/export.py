"""Write a version's shards as files, by their logical paths."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from registry.domain.answers import Export, ExportedFile
from registry.domain.digest import digest_of_file, finish, new_hasher
from registry.domain.names import Reference
from registry.domain.quantities import format_number
from registry.domain.version import Shard
from registry.errors import ConflictError, CorruptObjectError, InputError, StorageError
from registry.operations.context import Context
from registry.operations.passes.inputs import refuse_withdrawn
from registry.operations.passes.shards import open_shard
from registry.sources.file import SourceFile, foreign_errors
from registry.storage.objects import replaced_file, translated_errors

_PIECE_BYTES = 1 << 20


def export(context: Context, reference: Reference, folder: Path) -> Export:
    """Write every shard of a version under a folder; safe to repeat.

    A file that is already there is left alone if it holds the shard's bytes, else refused.

    Raises:
        InputError: The version was withdrawn, its files hold documents that it leaves out, or
            something else is in the way.
        UnreadableError: A file that is registered in place is gone.
        ConflictError: A file that is registered in place has changed.
        CorruptObjectError: A stored shard no longer matches its digest.
        StorageError: The folder cannot be written.
    """
    version = context.catalog.versions.get(reference)
    refuse_withdrawn(context, version)
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    _refuse_left_out(version.reference, shards)
    files: list[ExportedFile] = []
    for shard in shards:
        target = folder / shard.path
        if not _is_there(shard, target):
            _write(context, shard, target)
        files.append(ExportedFile(path=str(target), digest=shard.digest, num_bytes=shard.num_bytes))
    return Export(reference=version.reference, folder=str(folder), files=tuple(files))


def _refuse_left_out(reference: str, shards: Sequence[Shard]) -> None:
    """Refuse files that hold what was taken down: they lie where they were, as they were."""
    for shard in shards:
        if shard.reading is not None and shard.reading.without:
            number = format_number(len(shard.reading.without), "text")
            raise InputError(
                f"{shard.path} holds {number} that {reference} leaves out",
                hint=f"muster normalize {reference} --recipe text-default writes files without; "
                "export those",
            )


def _is_there(shard: Shard, target: Path) -> bool:
    try:
        if not target.exists():
            return False
        # The size is told at once and mostly tells them apart.
        same_size = target.is_file() and target.stat().st_size == shard.num_bytes
        if same_size and digest_of_file(target) == shard.digest:
            return True
    except OSError as error:
        raise StorageError(f"cannot read {target}: {error.strerror}") from error
    raise InputError(f"{target} is in the way: it holds other bytes", hint="name an empty folder")


def _write(context: Context, shard: Shard, target: Path) -> None:
    pieces = _read(open_shard(context.place, shard))
    hasher = new_hasher()
    with replaced_file(target) as staged:
        with translated_errors(str(target)), staged.open("wb") as file:
            for piece in pieces:
                hasher.update(piece)
                file.write(piece)
        if finish(hasher) != shard.digest:
            raise _changed(shard)


def _read(file: SourceFile) -> Iterator[bytes]:
    with foreign_errors(file.name), file.open() as stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece


def _changed(shard: Shard) -> ConflictError | CorruptObjectError:
    if shard.uri is None:
        return CorruptObjectError(
            f"object {shard.digest} no longer matches its digest", hint="restore it from a backup"
        )
    return ConflictError(
        f"{shard.path} changed since it was registered",
        hint="register it again, which makes a new version",
    )
