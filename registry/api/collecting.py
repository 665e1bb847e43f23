"""From a source to a version."""

from collections.abc import Sequence

from registry import operations
from registry.domain.answers import Registration
from registry.domain.card import Card
from registry.domain.collecting import CollectionPlan, Source
from registry.domain.contribution import ContributionColumns
from registry.domain.hub_source import HubSource
from registry.domain.names import DatasetName
from registry.domain.reading import Reading
from registry.domain.rejection_limit import MaxRejected
from registry.operations.context import Context


class Collecting:
    """The verbs that register data."""

    _context: Context
    _reader: Context

    def register(
        self,
        paths: Sequence[str],
        *,
        name: str,
        reading: Reading | None = None,
        card: Card | None = None,
        ingest: bool = False,
        dry_run: bool = False,
        max_rejected: MaxRejected = None,
    ) -> Registration:
        """Register files where they lie; see `operations.register.register`."""
        return operations.register.register(
            self._context,
            paths,
            name=DatasetName.parse(name),
            reading=reading,
            card=card,
            ingest=ingest,
            dry_run=dry_run,
            max_rejected=max_rejected,
        )

    def collect(
        self,
        source: Source | HubSource,
        *,
        name: str,
        reading: Reading | None = None,
        card: Card | None = None,
        ingest: bool = False,
        from_start: bool = False,
        max_rejected: MaxRejected = None,
    ) -> Registration:
        """Register a database, repository, API or dataset of the Hub.

        See `operations.collect.collect`, whose files land in the store anyway, and
        `operations.hub.register_hub`.
        """
        if isinstance(source, HubSource):
            return operations.hub.register_hub(
                self._context,
                source,
                name=DatasetName.parse(name),
                reading=reading,
                card=card,
                ingest=ingest,
                from_start=from_start,
                max_rejected=max_rejected,
            )
        return operations.collect.collect(
            self._context,
            source,
            name=DatasetName.parse(name),
            reading=reading,
            card=card,
            from_start=from_start,
            max_rejected=max_rejected,
        )

    def contribute(
        self,
        paths: Sequence[str],
        *,
        name: str,
        contributor: str | None = None,
        columns: ContributionColumns | None = None,
        reading: Reading | None = None,
        card: Card | None = None,
        dry_run: bool = False,
        max_rejected: MaxRejected = None,
    ) -> Registration:
        """Register what people gave, with consent; see `operations.contribute.contribute`."""
        return operations.contribute.contribute(
            self._context,
            paths,
            name=DatasetName.parse(name),
            contributor=contributor,
            columns=columns,
            reading=reading,
            card=card,
            dry_run=dry_run,
            max_rejected=max_rejected,
        )

    def plan_collection(
        self,
        source: Source | HubSource,
        *,
        name: str,
        reading: Reading | None = None,
        card: Card | None = None,
        from_start: bool = False,
    ) -> CollectionPlan:
        """Say what `collect` would read; see `operations.collect.plan_collection`."""
        if isinstance(source, HubSource):
            return operations.hub.plan_hub(
                self._context,
                source,
                name=DatasetName.parse(name),
                reading=reading,
                from_start=from_start,
            )
        return operations.collect.plan_collection(
            self._context,
            source,
            name=DatasetName.parse(name),
            reading=reading,
            card=card,
            from_start=from_start,
        )
