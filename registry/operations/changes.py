"""How a version's files differ from those of another."""

from collections.abc import Sequence

from registry.domain.answers import Changes
from registry.domain.version import Shard, Version


def compare(
    previous: Version, before: Sequence[Shard], version: Version, after: Sequence[Shard]
) -> Changes:
    """Return what was added, removed and changed, by the files' logical paths and digests."""
    old = {shard.path: shard.digest for shard in before}
    new = {shard.path: shard.digest for shard in after}
    return Changes(
        previous=previous.reference,
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(path for path in new.keys() & old.keys() if new[path] != old[path])),
        documents=version.num_documents - previous.num_documents,
        num_bytes=version.num_bytes - previous.num_bytes,
    )
