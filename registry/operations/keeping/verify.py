"""Read every byte of a version again and say whether it is what was sealed."""

from registry.domain.answers import Verification, VerifiedShard
from registry.domain.digest import Digest, digest_of_stream
from registry.domain.names import Reference
from registry.domain.progress import Done
from registry.domain.version import Shard
from registry.errors import UnknownError, UnreadableError
from registry.operations.context import Context
from registry.sources.places import open_file


def verify(context: Context, reference: Reference) -> Verification:
    """Digest every shard of a version again, in place or in the store.

    Raises:
        UnknownError: There is no such version.
    """
    version = context.catalog.versions.get(reference)
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    context.progress.start("verify", total_bytes=version.num_bytes)
    problems: list[VerifiedShard] = []
    try:
        for shard in shards:
            problem = _find_problem(context, shard)
            if problem is not None:
                problems.append(VerifiedShard(path=shard.path, problem=problem))
            context.progress.advance(Done(num_bytes=shard.num_bytes))
    finally:
        context.progress.finish()
    return Verification(
        reference=version.reference,
        num_shards=version.num_shards,
        num_bytes=version.num_bytes,
        problems=tuple(problems),
    )


def _find_problem(context: Context, shard: Shard) -> str | None:
    try:
        digest = (
            _digest_of_object(context, shard.digest)
            if shard.uri is None
            else _digest_of_file(shard)
        )
    except (OSError, UnknownError, UnreadableError) as error:
        return f"cannot be read: {error}"
    return None if digest == shard.digest else f"holds other bytes: {digest}"


def _digest_of_object(context: Context, digest: Digest) -> Digest:
    with context.store.open(digest) as stream:
        return digest_of_stream(stream)


def _digest_of_file(shard: Shard) -> Digest:
    with open_file(shard.uri or "", name=shard.path).open() as stream:
        return digest_of_stream(stream)
