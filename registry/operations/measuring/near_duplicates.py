"""Measure near duplicates: sign each document of a version, once for every report.

An interrupted run is taken up by the same command and ends with the same bytes.
"""

from collections.abc import Sequence

from pydantic import JsonValue

from registry.domain.digest import fingerprint
from registry.domain.measurement import Measurement, MeasurementKind, RecordedMeasurement
from registry.domain.names import Reference
from registry.domain.near_duplicates import NearDuplicateMeasurement, SignatureMethod
from registry.domain.recipe import Recipe
from registry.domain.rejection_limit import MaxRejected, RejectionLimit
from registry.domain.run import DERIVED_FROM, Operation, Run, RunDraft
from registry.domain.version import Version
from registry.errors import InputError
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import CODE, Context, environment
from registry.operations.measuring.copies import find_copies
from registry.operations.measuring.signature_files import iter_signatures, write_signatures
from registry.operations.measuring.signature_units import SignedUnit, Signing
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
    method: SignatureMethod,
    recipe: Recipe | None = None,
    max_rejected: MaxRejected = None,
) -> tuple[NearDuplicateMeasurement, ...]:
    """Write the signatures of the documents of versions, each in a run of its own.

    Safe to repeat: what is measured by the method is answered from the catalog.

    Args:
        context: The open registry.
        references: Versions of documents.
        method: How documents are signed.
        recipe: Applied on the fly, for versions whose tokens were counted so; None: the documents
            as they stand.
        max_rejected: The most of a version's rows that may be damaged, such as `5%` or 0.05; None:
            what `muster.toml` says, else 1 %.

    Raises:
        InputError: A version holds no documents, or none came through.
        UnknownError: There is no such version.
        ConflictError: Its files changed.
        TooManyRejectedError: More of its documents are damaged; nothing was recorded.
        StorageError: The disk is full; run the same command again to resume.
    """
    limit = find_limit(context, max_rejected)
    if recipe is not None and recipe.is_for_tables:
        raise InputError(
            f"{recipe.name} is a recipe for tables",
            hint="normalize the table, and measure what comes of it",
        )
    versions = [open_input(context, reference) for reference in dict.fromkeys(references)]
    return tuple(
        _measure(context, version, Signing(context.place, recipe or AS_IS, method), limit=limit)
        for version in versions
    )


def _measure(
    context: Context, version: Version, work: Signing, *, limit: RejectionLimit
) -> NearDuplicateMeasurement:
    known = _find(context, version, work)
    if known is not None and context.store.exists(known.found):
        return _answer(context, known, work, status="unchanged")
    run = _open(context, version, work)
    with recorded_failure(context, run):
        units = run_units(context, version, work, derivation=run.derivation, task="sign")
        refuse_damaged_units(context, units, run=run, limit=limit)
        measured = _record(context, version, work, units, run=run)
    context.work(run.derivation).clear()
    recorded = RecordedMeasurement(reference=version.reference, run=run.id, **measured.model_dump())
    return _answer(context, recorded, work, status="measured")


def _record(
    context: Context, version: Version, work: Signing, units: Sequence[SignedUnit], *, run: Run
) -> Measurement:
    """Join the signatures of all units, and close the run with them."""
    ledger = total_ledger(units)
    if not ledger.documents_kept:
        raise InputError(
            f"no document of {version.reference} came through: every row was rejected",
            hint=f"muster run show {run.id}",
        )
    parts = iter_signatures(context.store, [unit.signatures for unit in units])
    measured = Measurement(
        kind=MeasurementKind.NEAR_DUPLICATES,
        method=work.method.model_dump(mode="json"),
        recipe=_fingerprint(work.recipe),
        found=write_signatures(context.store, parts, work.method).digest,
    )
    context.catalog.runs.finish(
        run.id,
        ledger=ledger.entries,
        measured=[(version.reference, measured)],
        recipe=None if work.recipe is AS_IS else work.recipe,
        quarantine=join_unit_quarantines(context, units),
        at=context.clock(),
        actor=context.actor,
    )
    return measured


def _find(context: Context, version: Version, work: Signing) -> RecordedMeasurement | None:
    listed = context.catalog.measurements.list_many(
        [Reference.parse(version.reference)], MeasurementKind.NEAR_DUPLICATES
    )
    method, recipe = work.method.model_dump(mode="json"), _fingerprint(work.recipe)
    return next((one for one in listed if (one.method, one.recipe) == (method, recipe)), None)


def _open(context: Context, version: Version, work: Signing) -> Run:
    causes: dict[str, JsonValue] = {
        "operation": Operation.MEASURE_NEAR_DUPLICATES,
        "code": CODE,
        "method": work.method.model_dump(mode="json"),
        "recipe": work.recipe.fingerprint,
        "inputs": [version.digest],
        "shard_bytes": context.settings.shard_bytes,
        "max_document_bytes": context.settings.max_document_bytes,
    }
    draft = RunDraft(
        operation=Operation.MEASURE_NEAR_DUPLICATES,
        derivation=fingerprint(causes),
        parameters={
            "method": causes["method"],
            "recipe": _fingerprint(work.recipe),
            DERIVED_FROM: causes,
        },
        environment=environment(),
        actor=context.actor,
        started_at=context.clock(),
    )
    return open_or_resume(context, draft, inputs=[version.reference])


def _answer(
    context: Context, measured: RecordedMeasurement, work: Signing, *, status: str
) -> NearDuplicateMeasurement:
    copies = find_copies(context.store, [measured.found], work.method)
    with context.store.open(measured.found) as stream:
        num_bytes = stream.seek(0, 2)
    return NearDuplicateMeasurement.model_validate(
        {
            "reference": measured.reference,
            "status": status,
            "method": work.method,
            "recipe": None if work.recipe is AS_IS else identify(work.recipe),
            "num_documents": len(copies.is_exact),
            "num_exact_duplicates": int(copies.is_exact.sum()),
            "num_near_duplicates": int(copies.is_near.sum()),
            "signatures": measured.found,
            "num_bytes": num_bytes,
            "run": measured.run,
        }
    )


def _fingerprint(recipe: Recipe) -> str | None:
    return None if recipe is AS_IS else recipe.fingerprint
