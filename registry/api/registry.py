"""The verbs of the data's life, and the nouns that have verbs of their own."""

from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from registry import operations
from registry.api.asking import Asking
from registry.api.collecting import Collecting
from registry.api.costs import Costs
from registry.api.datasets import Datasets
from registry.api.exchange import Exchange
from registry.api.laws import Laws
from registry.api.licences import Licences
from registry.api.making import Making
from registry.api.mixtures import Mixtures
from registry.api.models import Generations, Models
from registry.api.options import ExportOptions
from registry.api.quarantines import Quarantines
from registry.api.reports import Reports
from registry.api.runs import Runs
from registry.api.takedowns import Takedowns
from registry.api.targets import Targets
from registry.api.tokenizers import Tokenizers
from registry.domain.answers import Export, TokenExport, Verification
from registry.domain.keeping import AuditVerification, Collection, RegistryVerification
from registry.domain.names import Reference
from registry.domain.tokens import OutputFormat
from registry.operations.context import Context

if TYPE_CHECKING:
    from registry.operations.tokenizing.open_tokens import TokenReader


class Registry(Collecting, Making, Asking):
    """A registry: its catalog, its object store, and every verb on them.

    Use it as a context manager. References and names are given as text, as on the command line.
    """

    costs: Costs
    datasets: Datasets
    licences: Licences
    mixtures: Mixtures
    models: Models
    generations: Generations
    takedowns: Takedowns
    tokenizers: Tokenizers
    quarantine: Quarantines
    reports: Reports
    runs: Runs
    targets: Targets
    laws: Laws
    exchange: Exchange

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reader = context.for_reading
        self.costs = Costs(context)
        self.datasets = Datasets(context)
        self.licences = Licences(context)
        self.mixtures = Mixtures(context)
        self.models = Models(context)
        self.generations = Generations(context)
        self.takedowns = Takedowns(context)
        self.tokenizers = Tokenizers(context)
        self.quarantine = Quarantines(context)
        self.reports = Reports(context)
        self.runs = Runs(context)
        self.targets = Targets(context)
        self.laws = Laws(context)
        self.exchange = Exchange(context)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Registry({str(self._context.home)!r})"

    def close(self) -> None:
        """Give the catalog's connections back."""
        self._context.catalog.close()
        if self._context.replica is not None:
            self._context.replica.close()

    def verify(self, reference: str) -> Verification:
        """Read every byte of a version again and compare it with what was sealed."""
        return operations.verify.verify(self._context, Reference.parse(reference))

    def verify_all(self) -> RegistryVerification:
        """Verify bytes, manifests, derivations, books, counts and audit log of everything."""
        return operations.verify_all.verify_all(self._context)

    def verify_audit(self) -> AuditVerification:
        """Follow the audit log from its first entry to its last."""
        return operations.verify.verify_audit(self._context)

    def gc(self, *, grace: timedelta | None = None, dry_run: bool = False) -> Collection:
        """Remove objects that nothing refers to; see `operations.gc.collect`."""
        return operations.gc.collect(
            self._context, grace=operations.gc.GRACE if grace is None else grace, dry_run=dry_run
        )

    def export(self, reference: str, folder: Path) -> Export:
        """Write a version's shards as files."""
        return operations.export.export(self._context, Reference.parse(reference), folder)

    def export_tokens(
        self,
        reference: str,
        folder: Path,
        *,
        output_format: OutputFormat | str,
        **options: Unpack[ExportOptions],
    ) -> TokenExport:
        """Write tokens in a trainer's format; see `operations.export_tokens`."""
        return operations.export_tokens.export_tokens(
            self._context,
            Reference.parse(reference),
            folder,
            operations.export_plan.read_options(output_format=output_format, **options),
        )

    def open_tokens(self, reference: str) -> "TokenReader":
        """Open token shards for training; see `operations.open_tokens`."""
        return operations.open_tokens.open_tokens(self._context, Reference.parse(reference))
