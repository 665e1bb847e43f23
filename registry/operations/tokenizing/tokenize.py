"""Count the tokens of a version and write them as shards, in one pass.

An interrupted run is taken up by the same command and ends with the same bytes.
"""

from collections.abc import Sequence

from registry.domain.answers import PartialRun, Tokenization
from registry.domain.count import CountDetails, CountMethod, TokenCount
from registry.domain.digest import Digest, canonical_json
from registry.domain.engine import EngineChoice
from registry.domain.execution import Part
from registry.domain.names import DatasetName, Reference, derived_name
from registry.domain.reading import Field
from registry.domain.rejection_limit import MaxRejected, RejectionLimit
from registry.domain.run import Run
from registry.domain.tokens import TokenFile, TokenInput, TokenManifest
from registry.domain.version import Content, Shard, Version, VersionDraft
from registry.errors import InputError
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import Context
from registry.operations.passes.changes import note_other_origin
from registry.operations.passes.damage import find_limit
from registry.operations.passes.inputs import open_input
from registry.operations.passes.runs import recorded_failure
from registry.operations.passes.units import (
    join_unit_indexes,
    join_unit_quarantines,
    refuse_damaged_units,
    run_part,
    run_units,
    total_ledger,
)
from registry.operations.tokenizing.counting import (
    COUNTED,
    Counting,
    answer,
    derive,
    list_causes,
    open_counting,
    store_details,
)
from registry.operations.tokenizing.engines import identify, with_engine
from registry.operations.tokenizing.token_units import Tokenizing, TokenUnit
from registry.tokenization.encoder import Encoder
from registry.tokenization.formats.megatron import dtype_for
from registry.tokenization.tally import Tally


def tokenize(
    context: Context,
    reference: Reference,
    counting: Counting,
    *,
    name: DatasetName | None = None,
    engine: EngineChoice = EngineChoice.AUTO,
    max_rejected: MaxRejected = None,
) -> Tokenization:
    """Count every token of a version exactly; unless `count_only`, also write token shards.

    Args:
        context: The open registry.
        reference: The version to count.
        counting: Tokenizer, policy, recipe.
        name: The dataset of the token shards; else the input's name and the tokenizer's.
        engine: Which library encodes; the ids are the same.
        max_rejected: The most of its rows that may be damaged, such as `5%` or 0.05; None: what
            `muster.toml` says, else 1 %.

    Raises:
        InputError: The input holds tokens already, or no document came through.
        ConflictError: The input's files changed.
        TooManyRejectedError: More of the documents are damaged; nothing was sealed.
        EngineRefusedError: The fast engine was asked for and does not take the tokenizer.
        EngineMismatchError: The fast engine was asked for and gives other ids.
        StorageError: The disk is full; run the same command again to resume.
    """
    limit = find_limit(context, max_rejected)
    version = open_input(context, reference)
    target = name or derived_name(version.dataset, counting.tokenizer.name)
    derivation = derive(context, version, counting)
    known = _find_known(context, version, counting, target=target, derivation=derivation)
    if known is not None:
        return known
    if not counting.count_only:
        note_other_origin(context, target, version)

    def run(*, is_fast: bool) -> Tokenization:
        work = _make_work(context, counting, is_fast=is_fast)
        return _run(context, version, work, target=target, limit=limit)

    return with_engine(context, counting, engine, run=run)


def tokenize_part(
    context: Context,
    reference: Reference,
    counting: Counting,
    *,
    part: Part,
    name: DatasetName | None = None,
    engine: EngineChoice = EngineChoice.AUTO,
) -> PartialRun:
    """Tokenize some units of a version and seal nothing; `merge` does, when all are finished.

    Raises:
        InputError: The input holds tokens already, or the recipe remembers earlier documents.
        ConflictError: The input's files changed, or another process is at this part.
        StorageError: The disk is full; run the same command again to resume.
    """
    version = open_input(context, reference)
    target = name or derived_name(version.dataset, counting.tokenizer.name)

    def run(*, is_fast: bool) -> PartialRun:
        work = _make_work(context, counting, is_fast=is_fast)
        return run_part(
            context, version, work, run=_open(context, version, work, target), part=part
        )

    return with_engine(context, counting, engine, run=run)


def _make_work(context: Context, counting: Counting, *, is_fast: bool) -> Tokenizing:
    return Tokenizing(context.place, counting.recipe or AS_IS, counting, is_fast=is_fast)


def _open(context: Context, version: Version, work: Tokenizing, target: DatasetName) -> Run:
    counting = work.counting
    return open_counting(
        context,
        version,
        counting,
        list_causes(context, version, counting),
        engine=identify(counting, is_fast=work.is_fast),
        target=target,
    )


def _run(
    context: Context,
    version: Version,
    work: Tokenizing,
    *,
    target: DatasetName,
    limit: RejectionLimit,
) -> Tokenization:
    counting = work.counting
    run = _open(context, version, work, target)
    with recorded_failure(context, run):
        units = run_units(context, version, work, derivation=run.derivation, task="tokenize")
        refuse_damaged_units(context, units, run=run, limit=limit)
        count = _total(context, units, counting, work.encoder)
        if counting.count_only:
            _close(context, version, counting, units, count, run)
            reference_made, status = version.reference, COUNTED
        else:
            draft = _draft(context, units, count, version, counting, target)
            sealed = context.catalog.versions.seal(
                draft.model_copy(update={"derivation": run.derivation}),
                run=run.id,
                actor=context.actor,
                at=context.clock(),
            )
            reference_made, status = sealed.version.reference, sealed.status.value
    context.work(run.derivation).clear()
    return answer(context, count, counting, version, reference_made, run.id, status=status)


def _find_known(
    context: Context,
    version: Version,
    counting: Counting,
    *,
    target: DatasetName,
    derivation: Digest,
) -> Tokenization | None:
    """Return the answer of an earlier run that did the same, if there was one."""
    made = version
    if not counting.count_only:
        found = context.catalog.versions.find_derived(target, derivation)
        if found is None:
            return None
        made = found
    count = context.catalog.counts.find(
        Reference.parse(version.reference),
        tokenizer_fingerprint=counting.tokenizer.fingerprint,
        method=CountMethod.EXACT,
        policy=counting.policy,
        recipe=None if counting.recipe is None else counting.recipe.fingerprint,
    )
    if count is None:
        return None
    return answer(context, count, counting, version, made.reference, count.run, status="unchanged")


def _total(
    context: Context, units: Sequence[TokenUnit], counting: Counting, encoder: Encoder
) -> TokenCount:
    tally = Tally(counting.tokenizer, encoder)
    for unit in units:
        tally.add_state(context.store.read(unit.tally))
    if not tally.num_documents:
        raise InputError("no document came through: every row was rejected", hint="muster run list")
    details = CountDetails(
        vocabulary=tally.vocabulary_use(),
        num_empty_documents=sum(unit.num_empty_documents for unit in units),
        rejected=total_ledger(units).rejected,
    )
    return TokenCount(
        tokenizer_fingerprint=counting.tokenizer.fingerprint,
        policy=counting.policy,
        recipe=None if counting.recipe is None else counting.recipe.fingerprint,
        method=CountMethod.EXACT,
        num_tokens=tally.num_tokens,
        num_special_tokens=sum(unit.num_special_tokens for unit in units),
        num_documents=tally.num_documents,
        num_bytes=tally.num_bytes,
        num_unknown_tokens=tally.num_unknown_tokens,
        num_tokens_low=tally.num_tokens,
        num_tokens_high=tally.num_tokens,
        document_index=join_unit_indexes(context, units)[0],
        details=store_details(context, details),
    )


def _close(
    context: Context,
    version: Version,
    counting: Counting,
    units: Sequence[TokenUnit],
    count: TokenCount,
    run: Run,
) -> None:
    """Close a run that counted and sealed no version."""
    context.catalog.runs.finish(
        run.id,
        ledger=total_ledger(units).entries,
        counts=[(version.reference, count)],
        recipe=counting.recipe,
        quarantine=join_unit_quarantines(context, units),
        at=context.clock(),
        actor=context.actor,
    )


def _draft(
    context: Context,
    units: Sequence[TokenUnit],
    count: TokenCount,
    version: Version,
    counting: Counting,
    target: DatasetName,
) -> VersionDraft:
    shards = tuple(shard for unit in units for shard in unit.shards)
    dtype = dtype_for(counting.tokenizer.highest_id)
    manifest = _manifest(version, counting, count, shards, dtype=dtype.name)
    return VersionDraft(
        dataset=target,
        kind=version.kind,
        content=Content.TOKENS,
        shards=(*shards, _manifest_shard(context, manifest)),
        fields=(Field(name="input_ids", type=dtype.name),),
        recipe=counting.recipe,
        inputs=(version.reference,),
        input_counts=((version.reference, count),),
        languages=version.languages,
        ledger=total_ledger(units).entries,
        quarantine=join_unit_quarantines(context, units),
    )


def _manifest_shard(context: Context, manifest: bytes) -> Shard:
    """Store the manifest that lies beside token shards and return it as a shard."""
    stored = context.store.put_bytes(manifest)
    return Shard(
        path="manifest.json",
        digest=stored.digest,
        num_bytes=stored.num_bytes,
        num_documents=0,
        num_text_bytes=0,
    )


def _manifest(
    version: Version, counting: Counting, count: TokenCount, shards: Sequence[Shard], *, dtype: str
) -> bytes:
    manifest = TokenManifest(
        format="megatron-indexed",
        input=TokenInput(digest=version.digest, reference=version.reference),
        tokenizer=counting.tokenizer,
        policy=counting.policy,
        recipe=(counting.recipe or AS_IS).fingerprint,
        dtype=dtype,
        byte_order="little",
        num_tokens=count.num_tokens,
        num_special_tokens=count.num_special_tokens,
        num_documents=sum(shard.num_documents for shard in shards),
        num_text_bytes=count.num_bytes,
        shards=tuple(
            TokenFile(path=shard.path, digest=shard.digest, num_bytes=shard.num_bytes)
            for shard in shards
        ),
    )
    return canonical_json(manifest.model_dump(mode="json"))
