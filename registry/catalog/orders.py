"""Drafts made ready before the transaction: digests computed, contradictions refused."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from registry.catalog.facts import schema_fingerprint, source_fingerprint
from registry.domain.digest import Digest
from registry.domain.ledger import Ledger
from registry.domain.names import Reference, parse_tag
from registry.domain.run import RunDraft
from registry.domain.version import Shard, VersionDraft
from registry.errors import InputError


@dataclass(slots=True)
class Order:
    """A draft, the run that made it, and what can be computed without the database."""

    draft: VersionDraft
    run: RunDraft | str
    """The run that is recorded with the version, or the public id of an open one."""

    name: str
    digest: Digest
    schema: Digest
    sources: tuple[Digest, ...]
    inputs: tuple[Reference, ...]
    sums: dict[str, int]
    """Documents, bytes, text bytes and shards of the whole version, by column."""

    @classmethod
    def prepare(cls, draft: VersionDraft, run: RunDraft | str) -> Self:
        """Make a draft ready to be sealed.

        Raises:
            BalanceError: The books of the run do not balance.
            InputError: Two shards have one path, two metrics one name, or a tag or an input does
                not parse.
        """
        Ledger(entries=draft.ledger).check()
        _check_unique(draft, "shards with the path", [shard.path for shard in draft.shards])
        _check_unique(draft, "metrics with the name", [metric.name for metric in draft.metrics])
        for tag in draft.tags:
            parse_tag(tag)
        return cls(
            draft=draft,
            run=run,
            name=str(draft.dataset),
            digest=draft.manifest_digest,
            schema=schema_fingerprint(draft.fields),
            sources=tuple(map(source_fingerprint, draft.sources)),
            inputs=tuple(map(Reference.parse, draft.inputs)),
            sums=_sum_shards(draft.shards),
        )


def _sum_shards(shards: Sequence[Shard]) -> dict[str, int]:
    return {
        "num_documents": sum(shard.num_documents for shard in shards),
        "num_bytes": sum(shard.num_bytes for shard in shards),
        "num_text_bytes": sum(shard.num_text_bytes for shard in shards),
        "num_shards": len(shards),
    }


def _check_unique(draft: VersionDraft, what: str, names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        name, number = Counter(names).most_common(1)[0]
        raise InputError(f"{draft.dataset}: {number} {what} {name!r}")
