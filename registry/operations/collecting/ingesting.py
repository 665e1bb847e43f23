"""Copy registered files into the object store."""

import shutil
from collections.abc import Sequence

from registry.domain.version import Shard
from registry.errors import InputError
from registry.operations.context import Context
from registry.sources.places import open_file
from registry.storage.objects import translated_errors


def ingest_shards(context: Context, shards: Sequence[Shard]) -> tuple[Shard, ...]:
    """Return shards that lie in the store; what is there already is not copied.

    Raises:
        InputError: A file changed while it was copied.
        StorageError: The disk is full.
    """
    return tuple(_copy(context, shard) for shard in shards)


def _copy(context: Context, shard: Shard) -> Shard:
    if shard.uri is not None and not context.store.claim(shard.digest):
        file = open_file(shard.uri, name=shard.path)
        with context.store.stage() as staged:
            with (
                translated_errors(f"the object store, from {shard.path}"),
                file.open() as source,
                staged.open("wb") as copy,
            ):
                shutil.copyfileobj(source, copy, 1 << 20)
            stored = context.store.commit(staged)
        if stored.digest != shard.digest:
            raise InputError(f"{shard.path} changed while it was copied", hint="run it again")
    return shard.model_copy(update={"uri": None, "modified_ns": None, "etag": None})
