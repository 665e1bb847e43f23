"""Erase from the store what a takedown withdrew; a tombstone of each object stays.

Files that are registered in place are whoever's they are, and bytes that a version in use is made
of are needed: both are named, and what becomes of them is a person's to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from registry.domain.digest import Digest
from registry.domain.erasure import ErasedObject, Erasure, LeftBytes
from registry.domain.names import Reference
from registry.domain.takedown import ActionKind, Takedown
from registry.domain.urls import redact_url
from registry.domain.version import Shard
from registry.errors import ConflictError
from registry.operations.context import Context
from registry.storage.waste import Waste

_GONE = {ActionKind.REBUILT, ActionKind.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class _Part:
    """A shard of a version that was withdrawn."""

    reference: str
    shard: Shard


def erase(context: Context, takedown_id: int, *, dry_run: bool = False) -> Erasure:
    """Erase the objects of the versions that a takedown withdrew. Safe to interrupt and repeat.

    Nothing may be ingested meanwhile that has the same bytes.

    Args:
        context: The open registry.
        takedown_id: Its number; it may be closed.
        dry_run: Say what would go, and erase nothing.

    Raises:
        UnknownError: There is no such takedown.
        ConflictError: Versions of its list are not dealt with: to make them again, what they were
            made of may have to be read.
        StorageError: An object may not be removed.
    """
    found = context.catalog.takedowns.get(takedown_id)
    _require_versions_done(found)
    parts = list(_list_parts(context, found))
    digests = [part.shard.digest for part in parts]
    users = context.catalog.erasures.find_users(digests)
    before = context.catalog.erasures.find(digests)
    wanted: dict[Digest, ErasedObject] = {}
    left: list[LeftBytes] = []
    for part in parts:
        shard, used_by = part.shard, tuple(users.get(part.shard.digest, ()))
        if shard.uri is None and not used_by:
            wanted[shard.digest] = ErasedObject(
                digest=shard.digest,
                num_bytes=shard.num_bytes,
                reference=part.reference,
                path=shard.path,
            )
        else:
            left.append(
                LeftBytes(
                    reference=part.reference,
                    path=shard.path,
                    digest=shard.digest,
                    num_bytes=shard.num_bytes,
                    uri=None if shard.uri is None else redact_url(shard.uri),
                    used_by=used_by,
                )
            )
    new = tuple(one for digest, one in wanted.items() if digest not in before)
    if not dry_run:
        at, actor = context.clock(), context.actor
        context.catalog.erasures.record(takedown_id, new, actor=actor, at=at)
        _remove(context, wanted)
    return Erasure(
        takedown=takedown_id,
        status="planned" if dry_run else "done",
        erased=new,
        num_before=len(wanted) - len(new),
        left=tuple(left),
    )


def _require_versions_done(found: Takedown) -> None:
    for item in found.open_items:
        if item.kind.is_version:
            raise ConflictError(
                f"entry {item.number} of takedown {found.id}, {item.reference}, is open",
                hint=f"muster takedown plan {found.id}",
            )


def _list_parts(context: Context, found: Takedown) -> Iterator[_Part]:
    for item in found.items:
        if item.kind.is_version and item.done is not None and item.done.action in _GONE:
            for shard in context.catalog.versions.list_shards(Reference.parse(item.reference)):
                yield _Part(item.reference, shard)


def _remove(context: Context, wanted: dict[Digest, ErasedObject]) -> None:
    """Remove what lies there, also what an interrupted call left."""
    waste = Waste(context.store.url)
    with waste.removing():
        for digest in wanted:
            found = waste.find(context.store.path_of(digest))
            if found is not None:
                waste.remove(found)
