"""From a source to a version."""

from collections.abc import Sequence
from typing import Unpack

from registry import operations
from registry.domain.answers import Registration
from registry.domain.collecting import CollectionPlan, Source
from registry.domain.contribution import ContributionColumns
from registry.domain.hub_source import HubSource
from registry.domain.intake import Intake, IntakeOptions
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
        ingest: bool = False,
        dry_run: bool = False,
        **stated: Unpack[IntakeOptions],
    ) -> Registration:
        """Register files where they lie; see `operations.register.register`."""
        return operations.register.register(
            self._context, paths, Intake.read(name, stated), ingest=ingest, dry_run=dry_run
        )

    def collect(
        self,
        source: Source | HubSource,
        *,
        name: str,
        ingest: bool = False,
        from_start: bool = False,
        **stated: Unpack[IntakeOptions],
    ) -> Registration:
        """Register a database, repository, API or dataset of the Hub.

        See `operations.collect.collect`, whose files land in the store anyway, and
        `operations.hub.register_hub`.
        """
        intake = Intake.read(name, stated)
        if isinstance(source, HubSource):
            return operations.hub.register_hub(
                self._context, source, intake, ingest=ingest, from_start=from_start
            )
        return operations.collect.collect(self._context, source, intake, from_start=from_start)

    def contribute(
        self,
        paths: Sequence[str],
        *,
        name: str,
        contributor: str | None = None,
        columns: ContributionColumns | None = None,
        consent: str | None = None,
        dry_run: bool = False,
        **stated: Unpack[IntakeOptions],
    ) -> Registration:
        """Register what people gave, with consent; see `operations.contribute.contribute`."""
        return operations.contribute.contribute(
            self._context,
            paths,
            Intake.read(name, stated),
            contributor=contributor,
            consent=consent,
            columns=columns,
            dry_run=dry_run,
        )

    def plan_collection(
        self,
        source: Source | HubSource,
        *,
        name: str,
        from_start: bool = False,
        **stated: Unpack[IntakeOptions],
    ) -> CollectionPlan:
        """Say what `collect` would read; see `operations.collect.plan_collection`."""
        intake = Intake.read(name, stated)
        if isinstance(source, HubSource):
            return operations.hub.plan_hub(self._context, source, intake, from_start=from_start)
        return operations.collect.plan_collection(
            self._context, source, intake, from_start=from_start
        )
