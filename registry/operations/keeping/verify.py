"""Read bytes again and say whether they are what was sealed: of a version, or of the audit log."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from registry.domain.answers import Verification, VerifiedShard
from registry.domain.digest import Digest, digest_of_stream
from registry.domain.keeping import AuditVerification
from registry.domain.names import Reference
from registry.domain.progress import Done
from registry.domain.version import Content, Shard, Version, manifest_digest
from registry.errors import UnknownError, UnreadableError
from registry.operations.context import Context
from registry.sources.places import open_file

_THREADS = 8
"""Digesting leaves the interpreter free, and a thread that waits for a disk costs no core."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Bytes that are to be read again."""

    name: str
    """What a finding calls them."""

    digest: Digest
    uri: str | None = None
    """Where they lie in place; None: in the object store."""

    num_bytes: int = 0


def verify(context: Context, reference: Reference) -> Verification:
    """Digest every shard of a version again, in place or in the store, and its manifest.

    Of a mixture those of its parts are digested too.

    Raises:
        UnknownError: There is no such version.
    """
    version = context.catalog.versions.get(reference)
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    sealed = [*map(sealed_as, shards), *_list_parts(context, version)]
    stored = [one.digest for one in sealed if one.uri is None]
    erased = keep_gone(context, context.catalog.erasures.find(stored))
    wanted = [one for one in sealed if one.uri is not None or one.digest not in erased]
    num_bytes = sum(one.num_bytes for one in wanted)
    context.progress.start("verify", total_bytes=num_bytes)
    try:
        problems = list(find_problems(context, wanted))
    finally:
        context.progress.finish()
    if manifest_digest(tuple(shards)) != version.digest:
        problems.append(("manifest", f"the shards are not those of {version.digest}"))
    return Verification(
        reference=version.reference,
        num_shards=len(wanted),
        num_bytes=num_bytes,
        num_erased=len(sealed) - len(wanted),
        problems=tuple(VerifiedShard(path=path, problem=problem) for path, problem in problems),
    )


def _list_parts(context: Context, version: Version) -> Iterator[Sealed]:
    """Yield the shards of a mixture's parts, which are its documents."""
    if version.content is not Content.MIXTURE:
        return
    for part in context.catalog.mixtures.get(Reference.parse(version.reference)).parts:
        for shard in context.catalog.versions.list_shards(Reference.parse(part.reference)):
            yield sealed_as(shard, of=part.reference)


def verify_audit(context: Context) -> AuditVerification:
    """Follow the audit log from its first entry to its last."""
    num_entries, last_hash, broken = context.catalog.audit.follow()
    return AuditVerification(num_entries=num_entries, last_hash=last_hash, broken=broken)


def keep_gone(context: Context, erased: Iterable[Digest]) -> set[Digest]:
    """Return which of the objects that were erased have not come back since."""
    return {digest for digest in erased if not context.store.exists(digest)}


def sealed_as(shard: Shard, *, of: str = "") -> Sealed:
    """Return what is to be read of a shard."""
    name = f"{of} {shard.path}" if of else shard.path
    return Sealed(name, shard.digest, shard.uri, shard.num_bytes)


def find_problems(context: Context, wanted: Iterable[Sealed]) -> Iterator[tuple[str, str]]:
    """Digest bytes in threads, and yield name and problem of those that are not what was sealed.

    In order, and with a few files at a time, however many there are.
    """
    waiting: deque[tuple[Sealed, Future[str | None]]] = deque()

    def take() -> Iterator[tuple[str, str]]:
        one, future = waiting.popleft()
        problem = future.result()
        context.progress.advance(Done(num_bytes=one.num_bytes))
        if problem is not None:
            yield one.name, problem

    with ThreadPoolExecutor(_THREADS) as pool:
        for one in wanted:
            waiting.append((one, pool.submit(_find_problem, context, one)))
            if len(waiting) > 2 * _THREADS:
                yield from take()
        while waiting:
            yield from take()


def _find_problem(context: Context, sealed: Sealed) -> str | None:
    try:
        digest = (
            _digest_of_object(context, sealed.digest)
            if sealed.uri is None
            else _digest_of_file(sealed.uri, sealed.name)
        )
    except (OSError, UnknownError, UnreadableError) as error:
        return f"cannot be read: {error}"
    return None if digest == sealed.digest else f"holds other bytes: {digest}"


def _digest_of_object(context: Context, digest: Digest) -> Digest:
    with context.store.open(digest) as stream:
        return digest_of_stream(stream)


def _digest_of_file(uri: str, name: str) -> Digest:
    with open_file(uri, name=name).open() as stream:
        return digest_of_stream(stream)
