"""`Registry.datasets`: datasets, their versions, tags and cards."""

from registry import operations
from registry.domain.card import Card
from registry.domain.difference import VersionDifference
from registry.domain.names import DatasetName, Reference, parse_tag
from registry.domain.version import Dataset, DatasetKind, DatasetSummary, Lifecycle, Version
from registry.operations.context import Context


class Datasets:
    """What is in the catalog, and what somebody states about it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reader = context.for_reading

    def search(self, query: str, *, limit: int = 20) -> list[DatasetSummary]:
        """Return datasets whose name, description or tags hold the words, best first."""
        return self._reader.catalog.datasets.search(query, limit=limit)

    def list_versions(self, name: str) -> list[Version]:
        """Return all versions of a dataset, oldest first."""
        return self._reader.catalog.versions.list_for(DatasetName.parse(name))

    def describe(
        self, reference: str, card: Card, *, lifecycle: Lifecycle | None = None
    ) -> Dataset:
        """State licence, description, owner, tags or kind; each change is in the audit log."""
        return operations.describe.set_dataset(
            self._context, Reference.parse(reference), card, lifecycle=lifecycle
        )

    def diff(self, before: str, after: str) -> VersionDifference:
        """Return how two versions differ; see `operations.diff`."""
        return operations.diff.diff(self._reader, Reference.parse(before), Reference.parse(after))

    def withdraw(self, reference: str, *, reason: str) -> Version:
        """Mark a version as withdrawn; its bytes and lineage stay, reports warn of it."""
        return self._context.catalog.versions.withdraw(
            Reference.parse(reference),
            reason=reason,
            actor=self._context.actor,
            at=self._context.clock(),
        )

    def tag(self, reference: str, tag: str) -> Dataset:
        """Point a tag at a version, wherever it pointed before."""
        return operations.describe.tag(self._context, Reference.parse(reference), parse_tag(tag))

    def untag(self, reference: str, tag: str) -> Dataset:
        """Remove a tag from a dataset, or from the version that is named."""
        return operations.describe.untag(self._context, Reference.parse(reference), parse_tag(tag))

    def list(
        self,
        *,
        kind: DatasetKind | None = None,
        tag: str | None = None,
        space: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[DatasetSummary]:
        """Return datasets by name, each with its newest version, a page at a time."""
        return self._reader.catalog.datasets.list(
            kind=kind, tag=tag, space=space, limit=limit, after=after
        )
