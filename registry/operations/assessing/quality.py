"""Quality buckets of versions: declared by a tag, and kept through normalization."""

from collections.abc import Sequence

from registry.domain.grouping import QUALITY_TAG
from registry.domain.names import Reference
from registry.domain.version import Version
from registry.operations.context import Context


def with_quality(context: Context, versions: Sequence[Version]) -> list[Version]:
    """Return versions with the tags of their quality buckets.

    A version that has none has those of what it was normalized from.
    """
    ancestry = context.catalog.lineage.ancestry(
        [Reference.parse(version.reference) for version in versions]
    )
    found = ancestry.inherited_tags(QUALITY_TAG)
    return [
        version.model_copy(
            update={"tags": tuple(dict.fromkeys((*version.tags, *found[version.reference])))}
        )
        for version in versions
    ]
