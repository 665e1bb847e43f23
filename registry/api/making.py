"""From a version to others: normalized, tokenized, embedded, or handed out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

from registry import operations
from registry.api.options import (
    CountingOptions,
    SigningOptions,
    TrainingOptions,
    make_counting,
    read_training,
    read_value,
)
from registry.domain.answers import Normalization, PartialRun, Preview, Tokenization
from registry.domain.contamination import (
    NGRAM_WORDS,
    OverlapFound,
    OverlapMeasurement,
    OverlapMethod,
    OverlappingDocument,
)
from registry.domain.embedding import Diversity, Embedding
from registry.domain.engine import EngineChoice
from registry.domain.execution import Part
from registry.domain.names import DatasetName, Reference
from registry.domain.near_duplicates import NearDuplicateMeasurement, SignatureMethod
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import MaxRejected
from registry.operations.context import Context

if TYPE_CHECKING:
    from registry.operations.tokenizing.stream import DocumentStream


class Making:
    """The verbs of the passes over documents."""

    _context: Context
    _reader: Context

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
        max_rejected: MaxRejected = None,
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
            max_rejected: How many of the rows may be damaged, such as `5%`; 1 % unless stated.
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
            max_rejected=max_rejected,
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

    def measure_near_duplicates(
        self,
        references: Sequence[str],
        *,
        recipe: str | Recipe | None = None,
        max_rejected: MaxRejected = None,
        **options: Unpack[SigningOptions],
    ) -> tuple[NearDuplicateMeasurement, ...]:
        """Sign each document, once for every report; see `operations.near_duplicates.measure`."""
        return operations.near_duplicates.measure(
            self._context,
            [Reference.parse(text) for text in references],
            method=read_value(SignatureMethod, options),
            recipe=None if recipe is None else operations.normalize.find_recipe(recipe),
            max_rejected=max_rejected,
        )

    def measure_contamination(
        self,
        references: Sequence[str],
        *,
        against: Sequence[str] = (),
        words: int = NGRAM_WORDS,
        common: int | None = None,
        recipe: str | Recipe | None = None,
        max_rejected: MaxRejected = None,
    ) -> tuple[OverlapMeasurement, ...]:
        """Find what overlaps with evaluation data; see `operations.contamination.measure`."""
        return operations.contamination.measure(
            self._context,
            [Reference.parse(text) for text in references],
            method=OverlapMethod(words=words, common=common),
            against=[Reference.parse(text) for text in against] or None,
            recipe=None if recipe is None else operations.normalize.find_recipe(recipe),
            max_rejected=max_rejected,
        )

    def list_overlapping(self, found: OverlapFound) -> tuple[OverlappingDocument, ...]:
        """Return every document and item that were found; see `operations.contamination`."""
        return operations.contamination.list_overlapping(self._context, found)

    def diversity(self, reference: str, *, num_documents: int = 2_000, seed: int = 0) -> Diversity:
        """Measure how varied a sample is; see `operations.diversity.measure`."""
        return operations.diversity.measure(
            self._context, Reference.parse(reference), num_documents=num_documents, seed=seed
        )
