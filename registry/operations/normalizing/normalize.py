"""Normalize a version by a recipe: new shards, a balanced ledger, and lineage to the input.

An interrupted run is taken up by the same command and ends with the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import JsonValue

from registry.document_index.building import DocumentIndexBuilder
from registry.documents import NO_REJECTIONS, Outcome
from registry.domain.answers import (
    LedgerSummary,
    Normalization,
    PartialRun,
    Preview,
    PreviewedDocument,
)
from registry.domain.digest import Digest, fingerprint
from registry.domain.execution import Part
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.names import DatasetName, Reference, derived_name
from registry.domain.progress import Done
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import MaxRejected
from registry.domain.run import DERIVED_FROM, Operation, Run, RunDraft
from registry.domain.version import Content, Metric, Version, VersionDraft
from registry.errors import InputError
from registry.execution.base import Report
from registry.normalization.pipeline import Pipeline
from registry.normalization.recipe_files import load_recipe
from registry.operations.context import CODE, Context, environment
from registry.operations.normalizing.outputs import (
    DOCUMENT_FIELDS,
    DUPLICATES,
    identify,
    name_shards,
)
from registry.operations.normalizing.tables import find_fitted, invert, normalize_table
from registry.operations.passes.changes import note_other_origin
from registry.operations.passes.damage import find_limit
from registry.operations.passes.indexes import write_index
from registry.operations.passes.inputs import open_input
from registry.operations.passes.planning import PlannedUnit
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.runs import open_or_resume, recorded_failure
from registry.operations.passes.shards import peek_shard
from registry.operations.passes.units import (
    Unit,
    UnitWork,
    join_unit_indexes,
    join_unit_quarantines,
    refuse_damaged_units,
    run_part,
    run_units,
    total_ledger,
)
from registry.storage.shards import ShardWriter


def normalize(
    context: Context,
    reference: Reference,
    *,
    recipe: Recipe | None,
    name: DatasetName | None = None,
    fitted_on: Reference | None = None,
    max_rejected: MaxRejected = None,
) -> Normalization:
    """Write a version's documents or rows, normalized by a recipe, as a new version.

    Args:
        context: The open registry.
        reference: The input.
        recipe: What is done to each document or row; None: the recipe of `fitted_on`.
        name: The dataset of the output; else the input's name and the recipe's, joined by a dot.
        fitted_on: Of a recipe for tables: the version that it made, or was fitted to, before. What
            it learned there is applied; None: it is fitted to the input.
        max_rejected: The most of its rows that may be damaged, such as `5%` or 0.05; None: what
            `muster.toml` says, else 1 %.

    Raises:
        InputError: The input holds something else than the recipe is for, or nothing was kept.
        ConflictError: The input's files changed.
        TooManyRejectedError: More of the documents are damaged; nothing was sealed.
        BalanceError: The ledger does not balance; nothing was sealed.
        StorageError: The disk is full; run the same command again to resume.
    """
    limit = find_limit(context, max_rejected)
    source = None if fitted_on is None else find_fitted(context, fitted_on, recipe)
    recipe = recipe if source is None else source.recipe
    if recipe is None:
        raise InputError("no recipe is named", hint="--recipe NAME|FILE, or --fitted-on REF")
    version = open_input(context, reference, or_table=recipe.is_for_tables)
    target = name or derived_name(version.dataset, recipe.name)
    if recipe.is_for_tables:
        return normalize_table(
            context, version, recipe=recipe, target=target, fitted_on=source, limit=limit
        )
    derivation = derive(context, version, recipe)
    known = context.catalog.versions.find_derived(target, derivation)
    if known is not None:
        return _answer(context, known, "unchanged", version, recipe)
    note_other_origin(context, target, version)
    run = _open(context, version, recipe, target)
    with recorded_failure(context, run):
        work = _Normalizing(context.place, recipe)
        units = run_units(context, version, work, derivation=derivation, task="normalize")
        refuse_damaged_units(context, units, run=run, limit=limit)
        result = _draft(context, units, version=version, recipe=recipe, target=target)
        sealed = context.catalog.versions.seal(
            result.model_copy(update={"derivation": derivation}),
            run=run.id,
            actor=context.actor,
            at=context.clock(),
        )
    context.work(derivation).clear()
    return _answer(context, sealed.version, sealed.status, version, recipe)


def undo(
    context: Context, reference: Reference, *, name: DatasetName | None = None
) -> Normalization:
    """Write a table as it was before its recipe, as a new version; numbers to within rounding.

    Args:
        context: The open registry.
        reference: A table that a recipe made.
        name: The dataset of the output; else the input's name and `inverse`, joined by a dot.

    Raises:
        InputError: It is no such table, or one of its steps cannot be undone.
    """
    version = context.catalog.versions.get(reference)
    recipe = version.recipe
    if version.content is not Content.TABLE or recipe is None or recipe.is_inverse:
        raise InputError(
            f"{version.reference} is no table that a recipe made",
            hint=f"muster show {version.reference}",
        )
    target = name or derived_name(version.dataset, "inverse")
    return normalize_table(context, version, recipe=invert(recipe), target=target)


def normalize_part(
    context: Context,
    reference: Reference,
    *,
    recipe: Recipe,
    part: Part,
    name: DatasetName | None = None,
) -> PartialRun:
    """Normalize some units of a version and seal nothing; `merge` does, when all are finished.

    Raises:
        InputError: The input holds tokens, or the recipe remembers earlier documents, or is for
            tables.
        ConflictError: The input's files changed, or another process is at this part.
        StorageError: The disk is full; run the same command again to resume.
    """
    if recipe.is_for_tables:
        raise InputError(
            f"{recipe.name} is fitted to all rows, so its units cannot be divided",
            hint="leave out --shard",
        )
    version = open_input(context, reference)
    run = _open(context, version, recipe, name or derived_name(version.dataset, recipe.name))
    return run_part(context, version, _Normalizing(context.place, recipe), run=run, part=part)


def derive(context: Context, version: Version, recipe: Recipe) -> Digest:
    """Return the digest of everything that decides what normalizing a version gives."""
    return fingerprint(_list_causes(context, version, recipe))


def _list_causes(context: Context, version: Version, recipe: Recipe) -> dict[str, JsonValue]:
    return {
        "operation": Operation.NORMALIZE,
        "code": CODE,
        "recipe": recipe.fingerprint,
        "inputs": [version.digest],
        "shard_bytes": context.settings.shard_bytes,
        "max_document_bytes": context.settings.max_document_bytes,
    }


def _open(context: Context, version: Version, recipe: Recipe, target: DatasetName) -> Run:
    draft = RunDraft(
        operation=Operation.NORMALIZE,
        derivation=derive(context, version, recipe),
        parameters={
            "name": str(target),
            "recipe": recipe.model_dump(mode="json"),
            "shard_bytes": context.settings.shard_bytes,
            DERIVED_FROM: _list_causes(context, version, recipe),
        },
        environment=environment(),
        actor=context.actor,
        started_at=context.clock(),
    )
    return open_or_resume(context, draft, inputs=[version.reference])


def preview(
    context: Context, reference: Reference, *, recipe: Recipe, num_documents: int
) -> Preview:
    """Return the first documents of a version before and after a recipe; write nothing."""
    version = open_input(context, reference)
    pipeline = Pipeline(recipe)
    first = islice(_single_documents(context, version), num_documents)
    return Preview(
        input=version.reference,
        recipe=identify(recipe),
        documents=tuple(_preview_one(pipeline, document) for document in first),
    )


def find_recipe(recipe: str | Recipe) -> Recipe:
    """Return a recipe by the name of a built-in one or by its file; a recipe is itself.

    Raises:
        RecipeError: A step, a parameter or the file is not as it should be.
        UnknownError: There is no such recipe; the nearest names are offered.
    """
    return recipe if isinstance(recipe, Recipe) else load_recipe(recipe)


@dataclass
class _Normalizing(UnitWork[Unit]):
    """Write the documents of a unit, normalized, as Parquet shards."""

    unit_kind = Unit
    core_bytes_per_second = 45e6

    def carry_out(self, unit: PlannedUnit, outcomes: Iterator[Outcome], report: Report) -> Unit:
        """See `UnitWork.carry_out`."""
        store = self.place.store
        quarantine = QuarantineWriter(store)
        index = DocumentIndexBuilder()
        ledgers: list[Ledger] = []
        with ShardWriter(store, shard_bytes=self.place.settings.shard_bytes) as writer:
            for outcome in outcomes:
                processed = self.pipeline(outcome)
                writer.write(processed.kept)
                quarantine.write(processed.rejected)
                index.add(processed.kept.column("text"), None)
                ledgers.append(processed.ledger)
                report(Done.of(processed.ledger))
            written = writer.finish()
        return Unit(
            shards=name_shards(written, number=unit.number),
            ledger=add_ledgers(ledgers).check(),
            index=write_index(store, [index.to_batch()]),
            quarantine=quarantine.finish(),
            state=self.encode_state(),
        )


def _draft(
    context: Context,
    units: Sequence[Unit],
    *,
    version: Version,
    recipe: Recipe,
    target: DatasetName,
) -> VersionDraft:
    ledger = total_ledger(units)
    if not ledger.documents_kept:
        raise InputError(
            f"{recipe.name} keeps none of the {ledger.documents_in:,} documents of "
            f"{version.reference}",
            hint=f"muster normalize {version.reference} --recipe {recipe.name} --preview 5",
        )
    index, num_distinct = join_unit_indexes(context, units)
    duplicates = ledger.documents_kept - num_distinct
    return VersionDraft(
        dataset=target,
        kind=version.kind,
        content=Content.DOCUMENTS,
        shards=tuple(shard for unit in units for shard in unit.shards),
        fields=DOCUMENT_FIELDS,
        recipe=recipe,
        inputs=(version.reference,),
        languages=version.languages,
        ledger=ledger.entries,
        metrics=(Metric(name=DUPLICATES, value=duplicates),),
        document_index=index,
        quarantine=join_unit_quarantines(context, units),
    )


def _answer(
    context: Context, output: Version, status: str, version: Version, recipe: Recipe
) -> Normalization:
    run = context.catalog.runs.get(output.run or "")
    duplicates = next(metric.value for metric in output.metrics if metric.name == DUPLICATES)
    return Normalization(
        reference=output.reference,
        status=status,
        input=version.reference,
        recipe=identify(recipe),
        content=output.content,
        ledger=LedgerSummary.of(context.catalog.runs.ledger(run.id)),
        num_shards=output.num_shards,
        digest=output.digest,
        duplicate_documents=int(duplicates),
        quarantine=run.quarantine,
        run=run.id,
    )


def _single_documents(context: Context, version: Version) -> Iterator[Outcome]:
    for shard in context.catalog.versions.list_shards(Reference.parse(version.reference)):
        for outcome in peek_shard(context.place, shard):
            for row in range(len(outcome.kept)):
                yield Outcome(kept=outcome.kept.slice(row, 1), rejected=NO_REJECTIONS)


def _preview_one(pipeline: Pipeline, outcome: Outcome) -> PreviewedDocument:
    processed = pipeline(outcome)
    before = outcome.kept.column("text")[0].as_py().decode("utf-8", "backslashreplace")
    source = outcome.kept.column("source")[0].as_py()
    if len(processed.kept):
        after = pc.cast(processed.kept.column("text"), pa.large_string())[0].as_py()
        return PreviewedDocument(source=source, before=before, after=after)
    (reason,) = (row["reason"] for batch in processed.rejected for row in batch.to_pylist())
    return PreviewedDocument(source=source, before=before, after=None, reason=reason)
