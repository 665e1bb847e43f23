"""The one front door of the library: opens catalog and store, and offers every verb."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from registry import operations
from registry.catalog.catalog import Catalog
from registry.domain.answers import (
    AddedTokenizer,
    Export,
    Normalization,
    PartialRun,
    Preview,
    Quarantine,
    Registration,
    RunDescription,
    Sample,
    TokenExport,
    Tokenization,
    TokenizerDescription,
    Verification,
    VersionDescription,
)
from registry.domain.card import Card
from registry.domain.engine import EngineChoice
from registry.domain.execution import Execution, Part
from registry.domain.lineage import Lineage
from registry.domain.names import DatasetName, Reference, parse_tag
from registry.domain.reading import Reading
from registry.domain.recipe import Recipe
from registry.domain.report import Report
from registry.domain.run import Run
from registry.domain.tokenizer import Tokenizer
from registry.domain.tokens import OutputFormat, Packing
from registry.domain.urls import redact_url
from registry.domain.version import Dataset, DatasetKind, DatasetSummary, Lifecycle, Version
from registry.errors import InputError
from registry.operations.context import Context, NoProgress, Progress
from registry.operations.home import find_home, read_settings
from registry.settings import Settings
from registry.storage.objects import ObjectStore

if TYPE_CHECKING:
    import pyarrow as pa

    from registry.operations.counting import Counting
    from registry.operations.open_tokens import TokenReader


class CountingOptions(TypedDict, total=False):
    """What a count depends on, beside the tokenizer."""

    recipe: str | Recipe | None
    """Applied on the fly; None: documents as they stand."""

    eos: bool | None
    """Whether each document ends with EOS; None: if the tokenizer has one."""

    bos: bool | None
    """Whether each document begins with BOS; None: if the tokenizer has one."""

    eos_token: str | None
    """The entry of the vocabulary that is taken as EOS."""

    bos_token: str | None
    """The entry of the vocabulary that is taken as BOS."""

    parse_special: bool
    """Whether the text of a control token inside a document becomes that token."""


class ExportOptions(TypedDict, total=False):
    """What exported tokens depend on, beside version and format."""

    sequence_length: int | None
    """Tokens of a sequence that documents are packed into; None: a row is a document."""

    packing: Packing | str
    """How they are packed; concatenated unless said otherwise."""

    shuffle_seed: int | None
    """Which order of the documents; None: as they stand."""

    val_fraction: float | None
    """The share of documents that goes to the split `val`."""

    max_shard_tokens: int | None
    """Tokens of a file at most; None: as the format does."""


class Registry:
    """A registry: its catalog, its object store, and every verb on them.

    Use it as a context manager. References and names are given as text, as on the command line.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

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
    ) -> Registration:
        """Register files where they lie; see `registry.operations.register.register`."""
        return operations.register.register(
            self._context,
            paths,
            name=DatasetName.parse(name),
            reading=reading,
            card=card,
            ingest=ingest,
            dry_run=dry_run,
        )

    def normalize(
        self, reference: str, *, recipe: str | Recipe, name: str | None = None
    ) -> Normalization:
        """Normalize a version; see `registry.operations.normalize.normalize`."""
        return operations.normalize.normalize(
            self._context,
            Reference.parse(reference),
            recipe=operations.normalize.find_recipe(recipe),
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
        self, reference: str, *, recipe: str | Recipe | None = None
    ) -> Iterator["pa.RecordBatch"]:
        """Yield documents normalized on the fly: the same, byte for byte, as `normalize` writes.

        Without a recipe they are decoded strictly and otherwise left as they are.
        """
        return operations.normalize.stream(
            self._context,
            Reference.parse(reference),
            recipe=None if recipe is None else operations.normalize.find_recipe(recipe),
        )

    def tokenize(
        self,
        reference: str,
        *,
        tokenizer: str,
        count_only: bool = False,
        name: str | None = None,
        engine: EngineChoice | str = EngineChoice.AUTO,
        **options: Unpack[CountingOptions],
    ) -> Tokenization:
        """Count tokens exactly and write token shards; see `registry.operations.tokenize`."""
        return operations.tokenize.tokenize(
            self._context,
            Reference.parse(reference),
            self._counting(tokenizer, options, count_only=count_only),
            name=None if name is None else DatasetName.parse(name),
            engine=EngineChoice(engine),
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
            self._counting(tokenizer, options, count_only=count_only),
            part=part,
            name=None if name is None else DatasetName.parse(name),
            engine=EngineChoice(engine),
        )

    def merge(self, run_id: str) -> Normalization | Tokenization:
        """Seal a run whose parts are all finished; see `registry.operations.merge.merge`."""
        return operations.merge.merge(self._context, run_id)

    def tokenize_sample(
        self,
        reference: str,
        *,
        tokenizer: str,
        fraction: float,
        seed: int = 0,
        engine: EngineChoice | str = EngineChoice.AUTO,
        **options: Unpack[CountingOptions],
    ) -> Tokenization:
        """Estimate tokens from a sample, with a 95 % confidence interval."""
        return operations.estimate.tokenize_sample(
            self._context,
            Reference.parse(reference),
            self._counting(tokenizer, options, count_only=True),
            fraction=fraction,
            seed=seed,
            engine=EngineChoice(engine),
        )

    def report(
        self,
        references: Sequence[str] = (),
        *,
        num_parameters: Sequence[int],
        tokenizer: str | None = None,
        law: str | None = None,
    ) -> Report:
        """Say whether the data is enough; see `registry.operations.report.report`."""
        return operations.report.report(
            self._context,
            [Reference.parse(text) for text in references],
            num_parameters=num_parameters,
            tokenizer=tokenizer,
            law=law,
        )

    # Looking.

    def list_datasets(
        self,
        *,
        kind: DatasetKind | None = None,
        tag: str | None = None,
        space: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[DatasetSummary]:
        """Return datasets by name, each with its newest version, a page at a time."""
        return self._context.catalog.datasets.list(
            kind=kind, tag=tag, space=space, limit=limit, after=after
        )

    def search(self, query: str, *, limit: int = 20) -> list[DatasetSummary]:
        """Return datasets whose name, description or tags hold the words, best first."""
        return self._context.catalog.datasets.search(query, limit=limit)

    def show(self, reference: str) -> VersionDescription:
        """Return a version with its dataset, counts and neighbours."""
        return operations.describe.show(self._context, Reference.parse(reference))

    def list_versions(self, name: str) -> list[Version]:
        """Return all versions of a dataset, oldest first."""
        return self._context.catalog.versions.list_for(DatasetName.parse(name))

    def sample(self, reference: str, *, num_documents: int = 5, seed: int = 0) -> Sample:
        """Return documents drawn by a seed."""
        return operations.sample.sample(
            self._context, Reference.parse(reference), num_documents=num_documents, seed=seed
        )

    def lineage(self, reference: str, *, limit: int | None = None) -> Lineage:
        """Return everything that a version was made from."""
        return self._context.catalog.lineage.upstream(Reference.parse(reference), limit=limit)

    def impact(self, reference: str, *, limit: int | None = None) -> Lineage:
        """Return everything that was made from a version."""
        return self._context.catalog.lineage.downstream(Reference.parse(reference), limit=limit)

    def verify(self, reference: str) -> Verification:
        """Read every byte of a version again and compare it with what was sealed."""
        return operations.verify.verify(self._context, Reference.parse(reference))

    def quarantine(self, reference: str, *, limit: int = 20) -> Quarantine:
        """Return rows that the run behind a version rejected."""
        return operations.quarantine.show_quarantine(
            self._context, Reference.parse(reference), limit=limit
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
        """Write tokens in a trainer's format; see `registry.operations.export_tokens`."""
        return operations.export_tokens.export_tokens(
            self._context,
            Reference.parse(reference),
            folder,
            operations.export_plan.read_options(output_format=output_format, **options),
        )

    def open_tokens(self, reference: str) -> "TokenReader":
        """Open token shards for training; see `registry.operations.open_tokens`."""
        return operations.open_tokens.open_tokens(self._context, Reference.parse(reference))

    # Stating.

    def describe(
        self, reference: str, card: Card, *, lifecycle: Lifecycle | None = None
    ) -> Dataset:
        """State licence, description, owner, tags or kind; each change is in the audit log."""
        return operations.describe.set_dataset(
            self._context, Reference.parse(reference), card, lifecycle=lifecycle
        )

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

    # Tokenizers and runs.

    def add_tokenizer(
        self,
        paths: Sequence[Path],
        *,
        name: str | None = None,
        eos: str | None = None,
        bos: str | None = None,
        pattern: str | None = None,
        lowercase: bool | None = None,
    ) -> AddedTokenizer:
        """Add a tokenizer from its files; one that gives the same ids is not added twice."""
        return operations.tokenizers.add_tokenizer(
            self._context,
            paths,
            name=name,
            eos=eos,
            bos=bos,
            pattern=pattern,
            lowercase=lowercase,
        )

    def train_tokenizer(
        self, references: Sequence[str], *, name: str, vocab_size: int
    ) -> AddedTokenizer:
        """Train a byte-level BPE on versions; the same call gives the same tokenizer."""
        return operations.tokenizers.train_tokenizer(
            self._context,
            [Reference.parse(text) for text in references],
            name=name,
            vocab_size=vocab_size,
        )

    def list_tokenizers(self) -> list[Tokenizer]:
        """Return all tokenizers, by name."""
        return self._context.catalog.tokenizers.list()

    def get_tokenizer(self, name: str) -> Tokenizer:
        """Return a tokenizer by name or by the beginning of its fingerprint."""
        return self._context.catalog.tokenizers.get(name)

    def show_tokenizer(self, name: str) -> TokenizerDescription:
        """Return a tokenizer, with what was found of engines that stood in for its reference."""
        found = self.get_tokenizer(name)
        return TokenizerDescription(
            tokenizer=found,
            engine_checks=tuple(self._context.catalog.engine_checks.list(found.fingerprint)),
        )

    def cancel(self, run_id: str) -> Run:
        """Close a run that was left open and forget what its finished units left behind."""
        return operations.cancel.cancel(self._context, run_id)

    def list_runs(self, *, limit: int = 50) -> list[Run]:
        """Return the newest runs, newest first."""
        return self._context.catalog.runs.list(limit=limit)

    def get_run(self, run_id: str) -> RunDescription:
        """Return a run with its neighbours and ledger, by its id or the beginning of it."""
        runs = self._context.catalog.runs
        found = runs.get(run_id)
        return RunDescription(
            run=found,
            inputs=tuple(runs.inputs(found.id)),
            outputs=tuple(runs.outputs(found.id)),
            ledger=runs.ledger(found.id),
        )

    def _counting(
        self, tokenizer: str, options: CountingOptions, *, count_only: bool
    ) -> "Counting":
        unknown = options.keys() - CountingOptions.__annotations__.keys()
        if unknown:
            raise TypeError(f"unexpected {', '.join(sorted(unknown))}")
        found = operations.tokenizers.find_tokenizer(self._context, tokenizer)
        recipe = options.get("recipe")
        return operations.counting.Counting(
            tokenizer=found,
            policy=operations.policy.make_policy(
                self._context,
                found,
                eos=options.get("eos"),
                bos=options.get("bos"),
                eos_token=options.get("eos_token"),
                bos_token=options.get("bos_token"),
                parse_special=options.get("parse_special", False),
            ),
            recipe=None if recipe is None else operations.normalize.find_recipe(recipe),
            count_only=count_only,
        )


def open_registry(
    home: Path | str | None = None,
    *,
    start: Path | None = None,
    progress: Progress | None = None,
    settings: Settings | None = None,
    execution: Execution | None = None,
) -> Registry:
    """Open the registry at a home, or the nearest one at or above a folder.

    Args:
        home: The registry's folder; None: `MUSTER_HOME`, else the nearest `.muster`.
        start: Where the search begins; None: the working directory.
        progress: Where operations say how far they are.
        settings: Home, catalog, store and limits; None: as the environment says.
        execution: Where units of work run; None: in this process. Worker processes are spawned, so
            a script that asks for them needs `if __name__ == "__main__":` around its call.

    Raises:
        InputError: There is no registry, or a setting is wrong; it is named.
        SchemaRevisionError: The catalog is at another revision; the hint mends it.
    """
    settings = read_settings(None if home is None else Path(home)) if settings is None else settings
    found = find_home(settings, start or Path.cwd())
    url = settings.resolve_store(found)
    try:
        store = ObjectStore(url)
    except (ImportError, ValueError) as error:
        # fsspec's own words: which library is missing, or which protocol it does not know.
        raise InputError(f"MUSTER_STORE={redact_url(url)}: {error}") from error
    return Registry(
        Context(
            catalog=Catalog.open(settings.resolve_database_url(found)),
            store=store,
            home=found,
            settings=settings,
            progress=progress or NoProgress(),
            execution=execution or Execution(),
        )
    )
