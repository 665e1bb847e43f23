"""Measure which documents of a version overlap with evaluation data, once for every report.

An interrupted run is taken up by the same command and ends with the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow.parquet as pq
from pydantic import JsonValue

from registry.domain.contamination import (
    OverlapFound,
    OverlapMeasurement,
    OverlapMethod,
    OverlappingDocument,
)
from registry.domain.digest import Digest, fingerprint
from registry.domain.measurement import Measurement, MeasurementKind
from registry.domain.names import Reference
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import MaxRejected, RejectionLimit
from registry.domain.run import DERIVED_FROM, Operation, Run, RunDraft
from registry.domain.version import Version
from registry.errors import InputError
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import CODE, Context, environment
from registry.operations.measuring.evaluation_data import Items, find_evaluation, read_items
from registry.operations.measuring.measured_overlaps import Overlap, list_overlaps, say_method
from registry.operations.measuring.overlap_units import FindingOverlap, OverlapUnit
from registry.operations.measuring.overlaps import (
    Hits,
    describe_overlaps,
    find_overlaps,
    list_documents,
    write_overlaps,
)
from registry.operations.normalizing.outputs import identify
from registry.operations.passes.damage import find_limit
from registry.operations.passes.inputs import open_input
from registry.operations.passes.runs import open_or_resume, recorded_failure
from registry.operations.passes.units import (
    join_unit_quarantines,
    refuse_damaged_units,
    run_units,
    total_ledger,
)


def measure(
    context: Context,
    references: Sequence[Reference],
    *,
    method: OverlapMethod,
    against: Sequence[Reference] | None = None,
    recipe: Recipe | None = None,
    max_rejected: MaxRejected = None,
) -> tuple[OverlapMeasurement, ...]:
    """Find the documents of versions that overlap with evaluation data, each in a run of its own.

    What a version shares with one version of evaluation data is an object and a measurement. Safe
    to repeat: what is measured by the method is answered from the catalog.

    Args:
        context: The open registry.
        references: Versions of documents.
        method: By what documents are found.
        against: Versions of evaluation data; None: all that is registered.
        recipe: Applied on the fly, for versions whose tokens were counted so; None: the documents
            as they stand.
        max_rejected: The most of a version's rows that may be damaged, such as `5%` or 0.05; None:
            what `muster.toml` says, else 1 %.

    Raises:
        InputError: A version holds no documents, there is no evaluation data, or too much of it.
        UnknownError: There is no such version.
        ConflictError: Files changed.
        TooManyRejectedError: More of a version's documents are damaged; nothing was recorded.
        StorageError: The disk is full; run the same command again to resume.
    """
    limit = find_limit(context, max_rejected)
    if recipe is not None and recipe.is_for_tables:
        raise InputError(
            f"{recipe.name} is a recipe for tables",
            hint="normalize the table, and measure what comes of it",
        )
    versions = [open_input(context, reference) for reference in dict.fromkeys(references)]
    asked = _Asked(context, method, recipe or AS_IS, limit)
    sets = find_evaluation(context, against)
    return tuple(_measure(asked, version, sets) for version in versions)


def list_overlapping(context: Context, found: OverlapFound) -> tuple[OverlappingDocument, ...]:
    """Return every document that overlaps with one of evaluation data, and every item.

    Each of both stands there at least once; see `registry.documents.OVERLAPS`.

    Raises:
        UnknownError: The object is not in the store.
    """
    return list_documents(context.store, found.found)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How versions are compared."""

    context: Context
    method: OverlapMethod
    recipe: Recipe
    limit: RejectionLimit

    @property
    def applied(self) -> Digest | None:
        """The fingerprint of the recipe; None: documents as they stand."""
        return None if self.recipe is AS_IS else self.recipe.fingerprint

    def find(self, version: Version, evaluation: Version) -> Overlap | None:
        """Return what was measured so of a version, with one of evaluation data."""
        return next(
            (
                one
                for one in list_overlaps(self.context, [version.reference])[version.reference]
                if (one.method, one.against, one.recorded.recipe)
                == (self.method, evaluation.digest, self.applied)
                and self.context.store.exists(one.recorded.found)
            ),
            None,
        )


def _measure(
    asked: _Asked, version: Version, evaluation: Mapping[str, Version]
) -> OverlapMeasurement:
    sets = {name: one for name, one in evaluation.items() if name != version.reference}
    if not sets:
        raise InputError(
            f"there is no evaluation data to compare {version.reference} with",
            hint="muster register PATH --name eval/NAME --kind evaluation, or --against REF",
        )
    missing = [one for one in sets.values() if asked.find(version, one) is None]
    if missing:
        _compare(asked, version, missing)
    found = []
    for name, one in sets.items():
        known = asked.find(version, one)
        if known is not None:
            store, recorded = asked.context.store, known.recorded
            found.append(
                describe_overlaps(store, recorded.found, evaluation=name, run=recorded.run)
            )
    return OverlapMeasurement(
        reference=version.reference,
        status="measured" if missing else "unchanged",
        method=asked.method,
        recipe=None if asked.recipe is AS_IS else identify(asked.recipe),
        num_documents=version.num_documents,
        against=tuple(found),
    )


def _compare(asked: _Asked, version: Version, sets: Sequence[Version]) -> None:
    """Compare a version with evaluation data in one pass, and record what is found with each."""
    context = asked.context
    run = _open(asked, version, sets)
    with recorded_failure(context, run):
        items = read_items(context, sets, words=asked.method.words)
        work = FindingOverlap(
            context.place,
            asked.recipe,
            words=asked.method.words,
            ngrams=context.store.put_bytes(items.ngrams.tobytes()).digest,
            keys=context.store.put_bytes(b"".join(items.keys)).digest,
        )
        units = run_units(context, version, work, derivation=run.derivation, task="compare")
        refuse_damaged_units(context, units, run=run, limit=asked.limit)
        hits = _join(context, units, items, common=asked.method.common)
        context.catalog.runs.finish(
            run.id,
            ledger=total_ledger(units).entries,
            measured=[
                (version.reference, _record(asked, hits, items, evaluation=one, place=place))
                for place, one in enumerate(sets)
            ],
            recipe=None if asked.recipe is AS_IS else asked.recipe,
            quarantine=join_unit_quarantines(context, units),
            at=context.clock(),
            actor=context.actor,
        )
    context.work(run.derivation).clear()


def _join(
    context: Context, units: Sequence[OverlapUnit], items: Items, *, common: int | None
) -> Hits:
    tables = []
    for unit in units:
        with context.store.open(unit.hits) as stream:
            tables.append(pq.read_table(stream))
    return Hits.of(tables, common=common, num_ngrams=len(items.ngrams))


def _record(
    asked: _Asked, hits: Hits, items: Items, *, evaluation: Version, place: int
) -> Measurement:
    overlaps = find_overlaps(hits, items, place=place)
    return Measurement(
        kind=MeasurementKind.CONTAMINATION,
        method=say_method(asked.method, evaluation.digest),
        recipe=asked.applied,
        found=write_overlaps(asked.context.store, overlaps, items, place=place),
    )


def _open(asked: _Asked, version: Version, sets: Sequence[Version]) -> Run:
    context = asked.context
    causes: dict[str, JsonValue] = {
        "operation": Operation.MEASURE_CONTAMINATION,
        "code": CODE,
        "method": asked.method.model_dump(mode="json"),
        "recipe": asked.recipe.fingerprint,
        "inputs": [version.digest, *(one.digest for one in sets)],
        "shard_bytes": context.settings.shard_bytes,
        "max_document_bytes": context.settings.max_document_bytes,
    }
    inputs = [version.reference, *(one.reference for one in sets)]
    draft = RunDraft(
        operation=Operation.MEASURE_CONTAMINATION,
        derivation=fingerprint(causes),
        parameters={
            "method": causes["method"],
            "recipe": asked.applied,
            "against": [*inputs[1:]],
            DERIVED_FROM: causes,
        },
        environment=environment(),
        actor=context.actor,
        started_at=context.clock(),
    )
    return open_or_resume(context, draft, inputs=inputs)
