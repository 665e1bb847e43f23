"""Embed a version: one vector a document, as a version of embeddings with lineage to the input.

An interrupted run is taken up by the same command and ends with the same bytes.
"""

from collections.abc import Sequence
from importlib.metadata import version as version_of

from pydantic import JsonValue

from registry.documents import EMBEDDED
from registry.domain.digest import canonical_json, fingerprint
from registry.domain.embedding import (
    EmbeddedFile,
    Embedding,
    EmbeddingManifest,
    StaticParameters,
)
from registry.domain.names import DatasetName, Reference, derived_name
from registry.domain.reading import Field
from registry.domain.rejection_limit import MaxRejected
from registry.domain.run import DERIVED_FROM, Operation, Run, RunDraft
from registry.domain.version import Content, Shard, Version, VersionDraft
from registry.embedding.extras import needed_for
from registry.errors import InputError
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import CODE, Context, environment
from registry.operations.embedding import embedding_units
from registry.operations.embedding.embedding_models import (
    STATIC,
    ModelFiles,
    describe_origin,
    find_model,
)
from registry.operations.embedding.embedding_units import EmbeddedUnit
from registry.operations.embedding.embeddings import MANIFEST, read_manifest
from registry.operations.embedding.train_terms import list_passes, train_terms
from registry.operations.passes.changes import note_other_origin
from registry.operations.passes.damage import find_limit
from registry.operations.passes.inputs import open_input
from registry.operations.passes.runs import open_or_resume, recorded_failure
from registry.operations.passes.units import (
    join_unit_quarantines,
    refuse_damaged_units,
    run_units,
    total_ledger,
)


def embed(
    context: Context,
    reference: Reference,
    *,
    model: str = STATIC,
    parameters: StaticParameters | None = None,
    name: DatasetName | None = None,
    max_rejected: MaxRejected = None,
) -> Embedding:
    """Write a vector for each document of a version, as a new version of embeddings.

    Args:
        context: The open registry.
        reference: The version to embed.
        model: `static`, which is trained on the version; the folder of a model of sentences; or
            `owner/name` or `owner/name@revision` on the Hub.
        parameters: How a static model is trained.
        name: The dataset of the embeddings; else the input's name and the model's.
        max_rejected: The most of its rows that may be damaged, such as `5%` or 0.05; None: what
            `muster.toml` says, else 1 %.

    Raises:
        TooManyRejectedError: More of the documents are damaged; nothing was sealed.
        InputError: The input holds no documents, too few words to train on, or there is no such
            model.
        UnreadableError: The folder holds no model of a known format.
        ConflictError: The input's files changed.
        MissingExtraError: A library of the extra `embed` or `hub` is not installed.
        StorageError: The disk is full, or the Hub cannot be reached; run the same command again.
    """
    limit = find_limit(context, max_rejected)
    version = open_input(context, reference)
    _require_libraries()
    found = None if model == STATIC else find_model(context.store, model)
    trained = (parameters or StaticParameters()) if found is None else None
    target = name or derived_name(version.dataset, STATIC if found is None else found.model.name)
    causes = _list_causes(context, version, found, trained)
    derivation = fingerprint(causes)
    known = context.catalog.versions.find_derived(target, derivation)
    if known is not None:
        return _answer(context, known, "unchanged", version)
    note_other_origin(context, target, version)
    run = _open(context, version, found, trained, causes=causes, target=target)
    with recorded_failure(context, run):
        files = found or train_terms(
            context, version, trained or StaticParameters(), derivation=derivation
        )
        work = embedding_units.Embedding(context.place, AS_IS, files)
        units = run_units(context, version, work, derivation=derivation, task="embed")
        refuse_damaged_units(context, units, run=run, limit=limit)
        draft = _draft(context, units, files, version=version, target=target)
        sealed = context.catalog.versions.seal(
            draft.model_copy(update={"derivation": derivation}),
            run=run.id,
            actor=context.actor,
            at=context.clock(),
        )
    for area in (derivation, *list_passes(derivation)):
        context.work(area).clear()
    return _answer(context, sealed.version, sealed.status, version)


def _require_libraries() -> None:
    """Fail before the work, and not in the middle of it.

    Raises:
        MissingExtraError: A library of the extra is not installed.
    """
    with needed_for("muster embed"):
        import safetensors  # noqa: F401, PLC0415 - behind an extra
        import scipy.sparse  # noqa: F401, PLC0415


def _list_causes(
    context: Context,
    version: Version,
    found: ModelFiles | None,
    parameters: StaticParameters | None,
) -> dict[str, JsonValue]:
    """Return everything that decides the vectors."""
    return {
        "operation": Operation.EMBED,
        "code": CODE,
        "model": None if found is None else found.model.fingerprint,
        "parameters": None if parameters is None else parameters.model_dump(mode="json"),
        "inputs": [version.digest],
        "shard_bytes": context.settings.shard_bytes,
        "max_document_bytes": context.settings.max_document_bytes,
    }


def _open(
    context: Context,
    version: Version,
    found: ModelFiles | None,
    parameters: StaticParameters | None,
    *,
    causes: dict[str, JsonValue],
    target: DatasetName,
) -> Run:
    trained: dict[str, JsonValue] = {"name": STATIC}
    if parameters is not None:
        trained["parameters"] = parameters.model_dump(mode="json")
    draft = RunDraft(
        operation=Operation.EMBED,
        derivation=fingerprint(causes),
        parameters={
            "name": str(target),
            "model": trained if found is None else describe_origin(found),
            DERIVED_FROM: causes,
        },
        environment=environment()
        | {library: version_of(library) for library in ("safetensors", "scipy")},
        actor=context.actor,
        started_at=context.clock(),
    )
    return open_or_resume(context, draft, inputs=[version.reference])


def _draft(
    context: Context,
    units: Sequence[EmbeddedUnit],
    files: ModelFiles,
    *,
    version: Version,
    target: DatasetName,
) -> VersionDraft:
    ledger = total_ledger(units)
    if not ledger.documents_kept:
        raise InputError("no document came through: every row was rejected", hint="muster run list")
    vectors = tuple(shard for unit in units for shard in unit.shards)
    manifest = EmbeddingManifest(
        input=version.digest,
        model=files.model,
        num_documents=ledger.documents_kept,
        num_zero=sum(unit.num_zero for unit in units),
        vectors=tuple(
            EmbeddedFile(path=shard.path, digest=shard.digest, num_bytes=shard.num_bytes)
            for shard in vectors
        ),
        files=files.files,
    )
    stored = context.store.put_bytes(canonical_json(manifest.model_dump(mode="json")))
    written = EmbeddedFile(path=MANIFEST, digest=stored.digest, num_bytes=stored.num_bytes)
    fields = tuple(Field(name=field.name, type=str(field.type)) for field in EMBEDDED)
    dimensions = files.model.dimensions
    return VersionDraft(
        dataset=target,
        kind=version.kind,
        content=Content.EMBEDDINGS,
        shards=(*vectors, *map(_without_documents, (*files.files, written))),
        fields=(*fields, Field(name="embedding", type=f"fixed_size_list<float32>[{dimensions}]")),
        inputs=(version.reference,),
        languages=version.languages,
        ledger=ledger.entries,
        quarantine=join_unit_quarantines(context, units),
    )


def _without_documents(file: EmbeddedFile) -> Shard:
    return Shard(
        path=file.path,
        digest=file.digest,
        num_bytes=file.num_bytes,
        num_documents=0,
        num_text_bytes=0,
    )


def _answer(context: Context, made: Version, status: str, version: Version) -> Embedding:
    manifest = read_manifest(context, made)
    return Embedding(
        reference=made.reference,
        status=status,
        input=version.reference,
        model=manifest.model,
        num_documents=manifest.num_documents,
        num_zero=manifest.num_zero,
        rejected=context.catalog.runs.ledger(made.run or "").rejected,
        num_bytes=made.num_bytes,
        digest=made.digest,
        run=made.run,
    )
