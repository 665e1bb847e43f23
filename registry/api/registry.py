"""The verbs of the data's life, and the nouns that have verbs of their own."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from registry import operations
from registry.api.costs import Costs
from registry.api.datasets import Datasets
from registry.api.exchange import Exchange
from registry.api.laws import Laws
from registry.api.licences import Licences
from registry.api.mixtures import Mixtures
from registry.api.models import Generations, Models
from registry.api.options import (
    CountingOptions,
    ExportOptions,
    ReportOptions,
    TrainingOptions,
    make_counting,
    read_question,
    read_training,
)
from registry.api.quarantines import Quarantines
from registry.api.reports import Reports
from registry.api.runs import Runs
from registry.api.takedowns import Takedowns
from registry.api.targets import Targets
from registry.api.tokenizers import Tokenizers
from registry.domain.answers import (
    Export,
    Normalization,
    PartialRun,
    Preview,
    Registration,
    Sample,
    TokenExport,
    Tokenization,
    Verification,
    VersionDescription,
)
from registry.domain.card import Card
from registry.domain.collecting import CollectionPlan, Source
from registry.domain.contribution import ContributionColumns
from registry.domain.embedding import Diversity, Embedding, Neighbours
from registry.domain.engine import EngineChoice
from registry.domain.execution import Part
from registry.domain.hub_source import HubSource
from registry.domain.keeping import AuditVerification, Collection, RegistryVerification
from registry.domain.lineage import Lineage
from registry.domain.names import DatasetName, Reference
from registry.domain.paths import Paths
from registry.domain.reading import Reading
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import MaxRejected
from registry.domain.report import Report
from registry.domain.report_answers import TrainingPlan
from registry.domain.tokens import OutputFormat
from registry.operations.context import Context

if TYPE_CHECKING:
    from registry.operations.tokenizing.open_tokens import TokenReader
    from registry.operations.tokenizing.stream import DocumentStream


class Registry:
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

    # The data's life.

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
            from_start=from_start,
        )

    def normalize(
        self,
        reference: str,
        *,
        recipe: str | Recipe | None = None,
        name: str | None = None,
        fitted_on: str | None = None,
        max_rejected: MaxRejected = None,
    ) -> Normalization:
        """Normalize documents or a table; see `operations.normalize.normalize`."""
        return operations.normalize.normalize(
            self._context,
            Reference.parse(reference),
            recipe=None if recipe is None else operations.normalize.find_recipe(recipe),
            name=None if name is None else DatasetName.parse(name),
            fitted_on=None if fitted_on is None else Reference.parse(fitted_on),
            max_rejected=max_rejected,
        )

    def undo(self, reference: str, *, name: str | None = None) -> Normalization:
        """Write a table as it was before its recipe; see `operations.normalize.undo`."""
        return operations.normalize.undo(
            self._context,
            Reference.parse(reference),
            name=None if name is None else DatasetName.parse(name),
        )

    def normalize_part(
        self, reference: str, *, recipe: str | Recipe, part: Part, name: str | None = None
    ) -> PartialRun:
        """Normalize some units of a version; `merge` seals them all."""
        return operations.normalize.normalize_part(
            self._context,
            Reference.parse(reference),
            recipe=operations.normalize.find_recipe(recipe),
            part=part,
            name=None if name is None else DatasetName.parse(name),
        )

    def preview(self, reference: str, *, recipe: str | Recipe, num_documents: int = 5) -> Preview:
        """Show documents before and after a recipe, and write nothing."""
        return operations.normalize.preview(
            self._context,
            Reference.parse(reference),
            recipe=operations.normalize.find_recipe(recipe),
            num_documents=num_documents,
        )

    def stream(
        self,
        reference: str,
        *,
        tokenizer: str | None = None,
        engine: EngineChoice | str = EngineChoice.AUTO,
        shuffle_seed: int | None = None,
        epoch: int = 0,
        shard: tuple[int, int] = (0, 1),
        resume: Mapping[str, object] | None = None,
        **options: Unpack[CountingOptions],
    ) -> "DocumentStream":
        """Hand out documents on the fly; see `operations.stream.DocumentStream`.

        Args:
            reference: A version of documents.
            tokenizer: Also give `input_ids`, with the special tokens that the options ask for.
            engine: What encodes.
            shuffle_seed: Another order, decided by the seed.
            epoch: Which order of that seed.
            shard: Which of how many readers this is, from 0.
            resume: What `state()` of such a stream returned.
            options: `recipe`, and special tokens.
        """
        recipe = options.get("recipe")
        plan = operations.stream.StreamPlan(
            recipe=None if recipe is None else operations.normalize.find_recipe(recipe),
            counting=None
            if tokenizer is None
            else make_counting(self._context, tokenizer, options, count_only=True),
            engine=EngineChoice(engine),
            shuffle_seed=shuffle_seed,
            epoch=epoch,
            part=Part.of(*shard),
        )
        return operations.stream.DocumentStream(
            self._context, Reference.parse(reference), plan, resume=resume
        )

    def tokenize(
        self,
        reference: str,
        *,
        tokenizer: str,
        count_only: bool = False,
        name: str | None = None,
        engine: EngineChoice | str = EngineChoice.AUTO,
        max_rejected: MaxRejected = None,
        **options: Unpack[CountingOptions],
    ) -> Tokenization:
        """Count tokens exactly and write token shards; see `operations.tokenize`."""
        return operations.tokenize.tokenize(
            self._context,
            Reference.parse(reference),
            make_counting(self._context, tokenizer, options, count_only=count_only),
            name=None if name is None else DatasetName.parse(name),
            engine=EngineChoice(engine),
            max_rejected=max_rejected,
        )

    def tokenize_part(
        self,
        reference: str,
        *,
        tokenizer: str,
        part: Part,
        count_only: bool = False,
        name: str | None = None,
        engine: EngineChoice | str = EngineChoice.AUTO,
        **options: Unpack[CountingOptions],
    ) -> PartialRun:
        """Tokenize some units of a version; `merge` seals them all."""
        return operations.tokenize.tokenize_part(
            self._context,
            Reference.parse(reference),
            make_counting(self._context, tokenizer, options, count_only=count_only),
            part=part,
            name=None if name is None else DatasetName.parse(name),
            engine=EngineChoice(engine),
        )

    def tokenize_sample(
        self,
        reference: str,
        *,
        tokenizer: str,
        fraction: float,
        seed: int = 0,
        engine: EngineChoice | str = EngineChoice.AUTO,
        max_rejected: MaxRejected = None,
        **options: Unpack[CountingOptions],
    ) -> Tokenization:
        """Estimate tokens from a sample, with a 95 % confidence interval."""
        return operations.estimate.tokenize_sample(
            self._context,
            Reference.parse(reference),
            make_counting(self._context, tokenizer, options, count_only=True),
            fraction=fraction,
            seed=seed,
            engine=EngineChoice(engine),
            max_rejected=max_rejected,
        )

    def embed(
        self,
        reference: str,
        *,
        model: str = "static",
        name: str | None = None,
        max_rejected: MaxRejected = None,
        **parameters: Unpack[TrainingOptions],
    ) -> Embedding:
        """Write a vector for each document; see `operations.embed.embed`."""
        return operations.embed.embed(
            self._context,
            Reference.parse(reference),
            model=model,
            parameters=read_training(model, parameters),
            name=None if name is None else DatasetName.parse(name),
            max_rejected=max_rejected,
        )

    def diversity(self, reference: str, *, num_documents: int = 2_000, seed: int = 0) -> Diversity:
        """Measure how varied a sample is; see `operations.diversity.measure`."""
        return operations.diversity.measure(
            self._context, Reference.parse(reference), num_documents=num_documents, seed=seed
        )

    def report(self, references: Sequence[str] = (), **options: Unpack[ReportOptions]) -> Report:
        """Say whether the data is enough; see `operations.report.report`."""
        return operations.report.report(self._context, read_question(references, options))

    def plan(
        self,
        references: Sequence[str] = (),
        *,
        flops: float | None = None,
        device_hours: str | None = None,
        utilisation: float = 0.4,
        tokenizer: str | None = None,
        law: str | None = None,
        epochs: int = 4,
    ) -> TrainingPlan:
        """Say what to train with a budget of compute; see `operations.plan.plan`."""
        return operations.plan.plan(
            self._context,
            [Reference.parse(text) for text in references],
            flops=flops,
            device_hours=device_hours,
            utilisation=utilisation,
            tokenizer=tokenizer,
            law=law,
            epochs=epochs,
        )

    # Looking.

    def show(self, reference: str) -> VersionDescription:
        """Return a version with its dataset, counts and neighbours."""
        return operations.describe.show(self._reader, Reference.parse(reference))

    def sample(self, reference: str, *, num_documents: int = 5, seed: int = 0) -> Sample:
        """Return documents drawn by a seed."""
        return operations.sample.sample(
            self._context, Reference.parse(reference), num_documents=num_documents, seed=seed
        )

    def similar(
        self,
        reference: str,
        *,
        text: str | None = None,
        document: str | None = None,
        term: str | None = None,
        num_neighbours: int = 10,
    ) -> Neighbours:
        """Return what is nearest to one of a text, a document by its id, and a term."""
        return operations.similar.find_similar(
            self._context,
            Reference.parse(reference),
            {"text": text, "document": document, "term": term},
            num_neighbours=num_neighbours,
        )

    def lineage(
        self,
        reference: str,
        *,
        up: int | None = None,
        down: int | None = None,
        limit: int | None = None,
        fields: bool = False,
    ) -> Lineage:
        """Return all that a version was made from, or a selection; see `operations.lineage`."""
        return operations.lineage.trace(
            self._reader, reference, up=up, down=down, limit=limit, fields=fields
        )

    def impact(
        self,
        reference: str,
        *,
        down: int | None = None,
        limit: int | None = None,
        fields: bool = False,
    ) -> Lineage:
        """Return everything that was made from a version, or so many generations of it."""
        return operations.lineage.trace_impact(
            self._reader,
            Reference.parse(reference),
            down=down,
            limit=limit,
            fields=fields,
        )

    def why(self, reference: str, *, source: str, limit: int = 20) -> Paths:
        """Return the paths from a source to a version, with what each run kept and dropped."""
        return operations.why.why(
            self._reader,
            Reference.parse(reference),
            source=Reference.parse(source),
            limit=limit,
        )

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
