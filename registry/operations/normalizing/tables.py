"""Normalize a table: fit the recipe's steps to it, or take what they learned from another version.

What was learned is part of the recipe that the new version has, so it is sealed, copied and shown
with it, and the same recipe can be applied to other versions and undone.
"""

import pyarrow as pa
from pydantic import JsonValue

from registry.domain.answers import LedgerSummary, Normalization
from registry.domain.digest import Digest, fingerprint
from registry.domain.names import DatasetName, Reference
from registry.domain.reading import Field
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import RejectionLimit
from registry.domain.run import DERIVED_FROM, Operation, Run, RunDraft
from registry.domain.version import Content, DatasetKind, Metric, Version, VersionDraft
from registry.errors import InputError
from registry.normalization.tables.pipeline import TablePipeline
from registry.operations.context import CODE, Context, environment
from registry.operations.normalizing.fitting import fit, forget
from registry.operations.normalizing.outputs import DOCUMENT_FIELDS, DUPLICATES, identify
from registry.operations.normalizing.table_units import Transforming
from registry.operations.passes.changes import note_other_origin
from registry.operations.passes.runs import open_or_resume, recorded_failure
from registry.operations.passes.units import (
    Unit,
    join_unit_indexes,
    join_unit_quarantines,
    refuse_damaged_units,
    run_units,
    total_ledger,
)
from registry.sources.columns import unique_names


def normalize_table(
    context: Context,
    version: Version,
    *,
    recipe: Recipe,
    target: DatasetName,
    fitted_on: Version | None = None,
    limit: RejectionLimit | None = None,
) -> Normalization:
    """Write a version's rows, normalized by a recipe for tables, as a new version.

    Args:
        context: The open registry.
        version: The input: a table, or documents in files with columns.
        recipe: The recipe, to be fitted to the input unless it is fitted already.
        target: The dataset of the output.
        fitted_on: The version whose recipe this is, if it is fitted.
        limit: How many of the rows may be damaged; None: any number.

    Raises:
        InputError: A column is missing, nothing can be learned from it, or no row was kept.
        ConflictError: The input's files changed.
        TooManyRejectedError: More of the rows are damaged; nothing was sealed.
        BalanceError: The ledger does not balance; nothing was sealed.
        StorageError: The disk is full; run the same command again to resume.
    """
    schema = _find_columns(version, recipe)
    causes = _list_causes(context, version, recipe, fitted_on)
    derivation = fingerprint(causes)
    known = context.catalog.versions.find_derived(target, derivation)
    if known is not None:
        return answer(context, known, "unchanged", version)
    note_other_origin(context, target, version)
    inputs = [one.reference for one in (version, fitted_on) if one is not None]
    run = _open(context, recipe, target, causes=causes, inputs=inputs)
    with recorded_failure(context, run):
        fitted = recipe
        if recipe.fitted is None and not recipe.is_inverse:
            fitted = fit(context, version, recipe, schema=schema, derivation=derivation)
        work = Transforming(context.place, fitted, schema=schema)
        units = run_units(context, version, work, derivation=derivation, task="normalize")
        if limit is not None:
            refuse_damaged_units(context, units, run=run, limit=limit)
        draft = _draft(context, units, work, version=version, target=target, inputs=inputs)
        sealed = context.catalog.versions.seal(
            draft.model_copy(update={"derivation": derivation}),
            run=run.id,
            actor=context.actor,
            at=context.clock(),
        )
    context.work(derivation).clear()
    forget(context, recipe, derivation)
    return answer(context, sealed.version, sealed.status, version)


def find_fitted(context: Context, reference: Reference, recipe: Recipe | None) -> Version:
    """Return the version whose recipe is fitted: the one named, or one that was made from it.

    Args:
        context: The open registry.
        reference: A version that a recipe for tables made, or one that such a recipe was fitted to.
        recipe: The recipe that is meant, as its file has it; None: whichever it is.

    Raises:
        InputError: There is none, or several, or it is another recipe.
    """
    named = context.catalog.versions.get(reference)
    if named.recipe is not None and named.recipe.fitted is not None:
        _require_same(named, recipe)
        return named
    children = context.catalog.lineage.children(Reference.parse(named.reference))
    made = [context.catalog.versions.get(Reference.parse(one)) for one in children]
    found = [one for one in made if _is_fitted_as(one, recipe)]
    if len(found) != 1:
        names = ", ".join(one.reference for one in found) or "none"
        raise InputError(
            f"{named.reference} is no version that a fitted recipe made; made from it: {names}",
            hint="muster normalize REF --recipe FILE.toml fits one"
            if not found
            else f"--fitted-on {found[-1].reference}",
        )
    return found[0]


def invert(recipe: Recipe) -> Recipe:
    """Return the recipe that undoes another, from its last step to its first."""
    return recipe.model_copy(update={"name": f"{recipe.name}.inverse", "is_inverse": True})


def answer(context: Context, output: Version, status: str, version: Version) -> Normalization:
    """Return what is said of a table that was normalized."""
    run = context.catalog.runs.get(output.run or "")
    if output.recipe is None:
        msg = f"{output.reference} has no recipe"
        raise TypeError(msg)
    duplicates = [metric.value for metric in output.metrics if metric.name == DUPLICATES]
    return Normalization(
        reference=output.reference,
        status=status,
        input=version.reference,
        recipe=identify(output.recipe),
        content=output.content,
        ledger=LedgerSummary.of(context.catalog.runs.ledger(run.id)),
        num_shards=output.num_shards,
        digest=output.digest,
        duplicate_documents=int(duplicates[0]) if duplicates else None,
        quarantine=run.quarantine,
        run=run.id,
    )


def _find_columns(version: Version, recipe: Recipe) -> pa.Schema:
    """Return the columns that are read; of a table of ours, with their types.

    Raises:
        InputError: The recipe names one that is not there, or undoes something else.
    """
    table = TablePipeline(recipe)
    if table.columns is None:
        return pa.schema([(one.name, pa.type_for_alias(one.type)) for one in version.fields])
    names = unique_names([field.name for field in version.fields])
    for column in table.columns:
        if column not in names:
            raise InputError(
                f"{version.reference} has no column {column!r}, which {recipe.name} reads",
                hint=f"its columns are {', '.join(names)}",
            )
    return pa.schema([(column, pa.large_string()) for column in table.columns])


def _require_same(version: Version, recipe: Recipe | None) -> None:
    if recipe is not None and not _is_fitted_as(version, recipe):
        made_by = "" if version.recipe is None else f" by {version.recipe.name}"
        raise InputError(
            f"{version.reference} was made{made_by}, another recipe than {recipe.name}",
            hint="leave out --recipe",
        )


def _is_fitted_as(version: Version, recipe: Recipe | None) -> bool:
    found = version.recipe
    if found is None or found.fitted is None or found.is_inverse:
        return False
    unfitted = found.model_copy(update={"fitted": None})
    return recipe is None or unfitted.fingerprint == recipe.fingerprint


def _list_causes(
    context: Context, version: Version, recipe: Recipe, fitted_on: Version | None
) -> dict[str, JsonValue]:
    inputs: list[JsonValue] = [one.digest for one in (version, fitted_on) if one is not None]
    return {
        "operation": Operation.NORMALIZE,
        "code": CODE,
        "recipe": recipe.fingerprint,
        "inputs": inputs,
        "shard_bytes": context.settings.shard_bytes,
        "max_document_bytes": context.settings.max_document_bytes,
    }


def _open(
    context: Context,
    recipe: Recipe,
    target: DatasetName,
    *,
    causes: dict[str, JsonValue],
    inputs: list[str],
) -> Run:
    draft = RunDraft(
        operation=Operation.NORMALIZE,
        derivation=fingerprint(causes),
        parameters={
            "name": str(target),
            "recipe": recipe.model_dump(mode="json"),
            "shard_bytes": context.settings.shard_bytes,
            DERIVED_FROM: causes,
        },
        environment=environment(),
        actor=context.actor,
        started_at=context.clock(),
    )
    return open_or_resume(context, draft, inputs=inputs)


def _draft(
    context: Context,
    units: list[Unit],
    work: Transforming,
    *,
    version: Version,
    target: DatasetName,
    inputs: list[str],
) -> VersionDraft:
    ledger, recipe, table = total_ledger(units), work.recipe, work.table
    if not ledger.documents_kept:
        reasons = ", ".join(f"{why}: {number:,}" for why, number in ledger.rejected.items())
        raise InputError(
            f"{recipe.name} keeps none of the {ledger.documents_in:,} rows of "
            f"{version.reference} ({reasons})"
        )
    metrics: tuple[Metric, ...] = ()
    index: Digest | None = None
    if table.makes_documents:
        index, num_distinct = join_unit_indexes(context, units)
        metrics = (Metric(name=DUPLICATES, value=ledger.documents_kept - num_distinct),)
    return VersionDraft(
        dataset=target,
        kind=version.kind if table.makes_documents else DatasetKind.TABULAR,
        content=Content.DOCUMENTS if table.makes_documents else Content.TABLE,
        shards=tuple(shard for unit in units for shard in unit.shards),
        fields=_list_fields(work),
        recipe=recipe,
        inputs=tuple(inputs),
        languages=version.languages,
        ledger=ledger.entries,
        metrics=metrics,
        document_index=index,
        quarantine=join_unit_quarantines(context, units),
    )


def _list_fields(work: Transforming) -> tuple[Field, ...]:
    if work.table.makes_documents:
        return DOCUMENT_FIELDS
    return tuple(Field(name=one.name, type=str(one.type)) for one in work.layout.schema)
