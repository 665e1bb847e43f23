"""Which versions hold the same documents as others that were normalized from them."""

from collections.abc import Sequence

from registry.domain.names import Reference
from registry.domain.run import Operation
from registry.domain.version import Version
from registry.operations.context import Context


def find_originals(context: Context, versions: Sequence[Version]) -> set[str]:
    """Return those of the versions that another one of them was normalized from, by reference.

    Only a way of normalizations alone leads to the same documents: what was derived in any other
    manner, such as synthetic data, holds documents of its own.
    """
    listed = {version.reference for version in versions}
    return {
        original
        for version in versions
        for original in _normalized_from(context, version.reference)
        if original in listed
    }


def _normalized_from(context: Context, reference: str) -> set[str]:
    lineage = context.catalog.lineage.upstream(Reference.parse(reference))
    parents: dict[str, list[str]] = {}
    for edge in lineage.edges:
        if edge.operation is Operation.NORMALIZE:
            parents.setdefault(edge.child, []).append(edge.parent)
    found: set[str] = set()
    front = [lineage.reference]
    while front:
        reached = [parent for child in front for parent in parents.get(child, ())]
        front = [parent for parent in reached if parent not in found]
        found.update(front)
    return found
