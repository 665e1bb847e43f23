"""Write a version's shards as files, by their logical paths."""

import os
import shutil
from pathlib import Path

from registry.domain.answers import Export, ExportedFile
from registry.domain.names import Reference
from registry.domain.version import Shard
from registry.errors import InputError, StorageError
from registry.operations.context import Context
from registry.operations.shards import path_of


def export(context: Context, reference: Reference, folder: Path) -> Export:
    """Write every shard of a version under a folder.

    A file that is already there is left alone if it has the shard's size, else refused.

    Raises:
        InputError: A different file is in the way.
        StorageError: The folder cannot be written.
    """
    version = context.catalog.versions.get(reference)
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    files: list[ExportedFile] = []
    for shard in shards:
        target = folder / shard.path
        _write(context, shard, target)
        files.append(ExportedFile(path=str(target), digest=shard.digest, num_bytes=shard.num_bytes))
    return Export(reference=version.reference, folder=str(folder), files=tuple(files))


def _write(context: Context, shard: Shard, target: Path) -> None:
    if target.exists():
        if target.stat().st_size == shard.num_bytes:
            return
        raise InputError(f"{target} is in the way", hint="name an empty folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.with_name(f".{target.name}.{os.getpid()}")
        _copy(context, shard, staged)
        staged.replace(target)
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error}") from error


def _copy(context: Context, shard: Shard, target: Path) -> None:
    source = (
        path_of(shard.uri) if shard.uri is not None else context.store.local_path_of(shard.digest)
    )
    if source is None:
        with context.store.open(shard.digest) as stream, target.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        return
    shutil.copyfile(source, target)
