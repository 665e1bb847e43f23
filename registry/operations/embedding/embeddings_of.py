"""Which embeddings were made from a version; a look at the catalog alone."""

from registry.domain.names import Reference
from registry.domain.version import Content, Version, VersionState
from registry.operations.context import Context


def list_embeddings(context: Context, version: Version) -> list[Version]:
    """Return the embeddings made from a version, newest first, without withdrawn ones."""
    children = context.catalog.lineage.children(Reference.parse(version.reference))
    made = [context.catalog.versions.get(Reference.parse(child)) for child in children]
    fitting = [
        child
        for child in made
        if child.content is Content.EMBEDDINGS and child.state is VersionState.SEALED
    ]
    return sorted(fitting, key=lambda child: child.sealed_at, reverse=True)
