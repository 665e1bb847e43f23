"""Count the tokens of a version and write them as shards, in one pass.

An interrupted run is taken up by the same command and ends with the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from registry.document_index import DocumentIndexBuilder
from registry.domain.answers import Tokenization
from registry.domain.count import CountDetails, CountMethod, RecordedCount, TokenCount
from registry.domain.digest import Digest, canonical_json, fingerprint
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.names import DatasetName, Reference, derived_name
from registry.domain.reading import Field
from registry.domain.recipe import Recipe
from registry.domain.run import Operation, Run, RunDraft
from registry.domain.tokenizer import CountingPolicy, Tokenizer, TokenizerIdentity
from registry.domain.version import Content, Shard, Version, VersionDraft
from registry.errors import InputError
from registry.normalization.pipeline import Pipeline, Processed
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import CODE, Context, environment
from registry.operations.indexes import write_index
from registry.operations.normalize import identify
from registry.operations.quarantine import QuarantineWriter
from registry.operations.runs import open_or_resume, recorded_failure
from registry.operations.shards import read_ahead, read_shard, require_documents
from registry.operations.units import (
    Unit,
    encode_state,
    join_indexes,
    join_unit_quarantines,
    run_units,
    total_ledger,
)
from registry.tokenization.encoder import Encoded, Encoder
from registry.tokenization.formats.megatron import MegatronWriter, dtype_for
from registry.tokenization.loading import load_encoder
from registry.tokenization.sampling import estimate_total, sample_mask
from registry.tokenization.special_tokens import add_special_tokens
from registry.tokenization.tally import Tally


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted, and how."""

    tokenizer: Tokenizer
    policy: CountingPolicy
    recipe: Recipe | None = None
    """Applied on the fly; None: the documents as they stand."""

    count_only: bool = False
    """Write no token shards."""


class TokenUnit(Unit):
    """What a finished unit of counting left behind."""

    tally: Digest
    num_special_tokens: int
    num_empty_documents: int

    def objects(self) -> list[Digest]:
        """Return the objects that must be there for the unit to count as finished."""
        return [*super().objects(), self.tally]


def tokenize(
    context: Context, reference: Reference, counting: Counting, *, name: DatasetName | None = None
) -> Tokenization:
    """Count every token of a version exactly; unless `count_only`, also write token shards.

    Args:
        context: The open registry.
        reference: The version to count.
        counting: Tokenizer, policy, recipe.
        name: The dataset of the token shards; else the input's name and the tokenizer's.

    Raises:
        InputError: The input holds tokens already, or no document came through.
        ConflictError: The input's files changed.
        StorageError: The disk is full; run the same command again to resume.
    """
    version = require_documents(context.catalog.versions.get(reference))
    target = name or derived_name(version.dataset, counting.tokenizer.name)
    derivation = _derivation(context, version, counting)
    known = _find_known(context, version, counting, target=target, derivation=derivation)
    if known is not None:
        return known
    run = _open_run(context, version, counting, derivation)
    with recorded_failure(context, run):
        units = _run_units(context, version, counting, derivation)
        count = _total(context, units, counting)
        if counting.count_only:
            reference_made = _record(context, version, units, count, run, counting.recipe)
        else:
            draft = _draft(context, units, count, version, counting, target)
            sealed = context.catalog.versions.seal(
                draft.model_copy(update={"derivation": derivation}),
                run=run.id,
                actor=context.actor,
                at=context.clock(),
            )
            reference_made = sealed.version.reference
    context.work(derivation).clear()
    return _answer(context, count, counting, version, reference_made, run.id, status="created")


def tokenize_sample(
    context: Context, reference: Reference, counting: Counting, *, fraction: float, seed: int
) -> Tokenization:
    """Estimate the tokens of a version from a sample of its documents, with a 95 % interval.

    A document is in the sample by a hash of its row and the seed; tokens per byte of the sample
    are scaled to the bytes of all documents, which are counted exactly.

    Raises:
        InputError: The input holds tokens already, or the sample holds fewer than two documents.
    """
    version = require_documents(context.catalog.versions.get(reference))
    run = _open_run(
        context, version, counting, _derivation(context, version, counting, fraction, seed)
    )
    with recorded_failure(context, run):
        count = _estimate(context, version, counting, fraction=fraction, seed=seed)
        context.catalog.runs.finish(
            run.id,
            counts=[(version.reference, count)],
            recipe=counting.recipe,
            at=context.clock(),
            actor=context.actor,
        )
    return _answer(context, count, counting, version, version.reference, run.id, status="created")


def _derivation(
    context: Context,
    version: Version,
    counting: Counting,
    fraction: float = 1.0,
    seed: int | None = None,
) -> Digest:
    return fingerprint(
        {
            "operation": Operation.TOKENIZE,
            "code": CODE,
            "tokenizer": counting.tokenizer.fingerprint,
            "policy": counting.policy.key,
            "recipe": (counting.recipe or AS_IS).fingerprint,
            "inputs": [version.digest],
            "shards": not counting.count_only,
            "shard_bytes": context.settings.shard_bytes,
            "max_document_bytes": context.settings.max_document_bytes,
            "fraction": fraction,
            "seed": seed,
        }
    )


def _open_run(context: Context, version: Version, counting: Counting, derivation: Digest) -> Run:
    draft = RunDraft(
        operation=Operation.TOKENIZE,
        derivation=derivation,
        parameters={
            "tokenizer": counting.tokenizer.fingerprint,
            "policy": counting.policy.model_dump(mode="json"),
            "recipe": None if counting.recipe is None else counting.recipe.fingerprint,
            "count_only": counting.count_only,
        },
        environment=environment(),
        actor=context.actor,
        started_at=context.clock(),
    )
    return open_or_resume(context, draft, inputs=[version.reference])


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
    return _answer(context, count, counting, version, made.reference, count.run, status="unchanged")


def _run_units(
    context: Context, version: Version, counting: Counting, derivation: Digest
) -> list[TokenUnit]:
    data = context.store.read(counting.tokenizer.file_digest)
    encoder = load_encoder(counting.tokenizer, data, parse_special=counting.policy.parse_special)
    pipeline = Pipeline(counting.recipe or AS_IS)
    return run_units(
        context,
        version,
        pipeline,
        derivation=derivation,
        task="tokenize",
        kind=TokenUnit,
        work_on=lambda group, number: _UnitWork(context, counting, encoder, pipeline).run(
            group, number
        ),
    )


class _UnitWork:
    """The work on some shards: encode, count, and write their tokens."""

    def __init__(
        self, context: Context, counting: Counting, encoder: Encoder, pipeline: Pipeline
    ) -> None:
        self._context = context
        self._counting = counting
        self._encoder = encoder
        self._pipeline = pipeline
        self._tally = Tally(counting.tokenizer, encoder)
        self._index = DocumentIndexBuilder()
        self._quarantine = QuarantineWriter(context.store)
        self._ledgers: list[Ledger] = []
        self._num_special_tokens = 0

    def run(self, group: Sequence[Shard], number: int) -> TokenUnit:
        shards: tuple[Shard, ...] = ()
        num_empty = 0
        if self._counting.count_only:
            for _ in self._encode(group):
                pass
        else:
            shards, num_empty = self._write(group, number)
        store = self._context.store
        return TokenUnit(
            shards=shards,
            ledger=add_ledgers(self._ledgers).check(),
            index=write_index(store, self._index.to_batch()),
            tally=store.put_bytes(self._tally.state()).digest,
            num_special_tokens=self._num_special_tokens,
            num_empty_documents=num_empty,
            quarantine=self._quarantine.finish(),
            state=encode_state(self._pipeline),
        )

    def _encode(self, group: Sequence[Shard]) -> Iterator[Encoded]:
        policy = self._counting.policy
        encoded_ahead = (
            (processed, self._encoder.encode(processed.kept.column("text")))
            for processed in read_ahead(self._process(group))
        )
        # Reading, the engine, and what is counted and written each have a thread of their own.
        for processed, encoded in read_ahead(encoded_ahead):
            self._tally.add(processed.kept, encoded)
            self._index.add(processed.kept.column("text"), encoded.lengths)
            self._quarantine.write(processed.rejected)
            self._ledgers.append(processed.ledger)
            with_special = add_special_tokens(encoded, policy)
            self._num_special_tokens += len(with_special.ids) - len(encoded.ids)
            self._context.progress.advance(
                num_bytes=processed.ledger.bytes_in, num_documents=processed.ledger.documents_in
            )
            yield with_special

    def _process(self, group: Sequence[Shard]) -> Iterator[Processed]:
        for shard in group:
            for outcome in read_shard(self._context, shard):
                yield self._pipeline(outcome)

    def _write(self, group: Sequence[Shard], number: int) -> tuple[tuple[Shard, ...], int]:
        store = self._context.store
        dtype = dtype_for(self._counting.tokenizer.highest_id)
        with store.stage() as bin_path, store.stage() as idx_path:
            with MegatronWriter(bin_path, idx_path, dtype) as writer:
                for encoded in self._encode(group):
                    writer.write(encoded)
            stem = f"tokens-{number:05}"
            shards = []
            for path, suffix in ((bin_path, "bin"), (idx_path, "idx")):
                stored = store.commit(path)
                shards.append(
                    Shard(
                        path=f"{stem}.{suffix}",
                        digest=stored.digest,
                        num_bytes=stored.num_bytes,
                        num_documents=writer.num_documents if suffix == "bin" else 0,
                        num_text_bytes=0,
                    )
                )
        return tuple(shards), writer.num_empty


def _total(context: Context, units: Sequence[TokenUnit], counting: Counting) -> TokenCount:
    data = context.store.read(counting.tokenizer.file_digest)
    tally = Tally(counting.tokenizer, load_encoder(counting.tokenizer, data))
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
        document_index=join_indexes(context, units)[0],
        details=_store_details(context, details),
    )


def _store_details(context: Context, details: CountDetails) -> Digest:
    return context.store.put_bytes(canonical_json(details.model_dump(mode="json"))).digest


def _record(
    context: Context,
    version: Version,
    units: Sequence[TokenUnit],
    count: TokenCount,
    run: Run,
    recipe: Recipe | None,
) -> str:
    context.catalog.runs.finish(
        run.id,
        ledger=total_ledger(units).entries,
        counts=[(version.reference, count)],
        recipe=recipe,
        quarantine=join_unit_quarantines(context, units),
        at=context.clock(),
        actor=context.actor,
    )
    return version.reference


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
        shards=(*shards, manifest_shard(context, manifest)),
        fields=(Field(name="input_ids", type=dtype.name),),
        recipe=counting.recipe,
        inputs=(version.reference,),
        input_counts=((version.reference, count),),
        languages=version.languages,
        ledger=total_ledger(units).entries,
        quarantine=join_unit_quarantines(context, units),
    )


def manifest_shard(context: Context, manifest: bytes) -> Shard:
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
    tokenizer = counting.tokenizer
    return canonical_json(
        {
            "format": "megatron-indexed",
            "input": {"digest": version.digest, "reference": version.reference},
            "tokenizer": tokenizer.model_dump(mode="json"),
            "policy": counting.policy.model_dump(mode="json"),
            "recipe": (counting.recipe or AS_IS).fingerprint,
            "dtype": dtype,
            "byte_order": "little",
            "num_tokens": count.num_tokens,
            "num_special_tokens": count.num_special_tokens,
            "num_documents": sum(shard.num_documents for shard in shards),
            "num_text_bytes": count.num_bytes,
            "shards": [
                {"path": shard.path, "digest": shard.digest, "num_bytes": shard.num_bytes}
                for shard in shards
            ],
        }
    )


def _estimate(
    context: Context, version: Version, counting: Counting, *, fraction: float, seed: int
) -> TokenCount:
    data = context.store.read(counting.tokenizer.file_digest)
    encoder = load_encoder(counting.tokenizer, data, parse_special=counting.policy.parse_special)
    pipeline = Pipeline(counting.recipe or AS_IS)
    tally = Tally(counting.tokenizer, encoder)
    tokens: list[np.ndarray] = []
    sizes: list[np.ndarray] = []
    ledgers: list[Ledger] = []
    num_rows = 0
    context.progress.start("tokenize a sample", total_bytes=version.num_text_bytes)
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    outcomes = (outcome for shard in shards for outcome in read_shard(context, shard))
    try:
        for outcome in read_ahead(outcomes):
            processed = pipeline(outcome)
            ledgers.append(processed.ledger)
            mask = sample_mask(num_rows, len(processed.kept), fraction=fraction, seed=seed)
            num_rows += len(processed.kept)
            chosen = processed.kept.filter(pa.array(mask))
            encoded = encoder.encode(chosen.column("text"))
            tally.add(chosen, encoded)
            tokens.append(encoded.lengths)
            sizes.append(pc.binary_length(chosen.column("text")).to_numpy(zero_copy_only=False))
            context.progress.advance(
                num_bytes=processed.ledger.bytes_in, num_documents=processed.ledger.documents_in
            )
    finally:
        context.progress.finish()
    ledger = add_ledgers(ledgers).check()
    estimate = estimate_total(
        np.concatenate(tokens) if tokens else np.empty(0, np.int64),
        np.concatenate(sizes) if sizes else np.empty(0, np.int64),
        total_bytes=ledger.bytes_kept,
        total_documents=ledger.documents_kept,
    )
    per_document = (counting.policy.eos_id is not None) + (counting.policy.bos_id is not None)
    scale = estimate.mid / tally.num_tokens if tally.num_tokens else 0.0
    return TokenCount(
        tokenizer_fingerprint=counting.tokenizer.fingerprint,
        policy=counting.policy,
        recipe=None if counting.recipe is None else counting.recipe.fingerprint,
        method=CountMethod.SAMPLED,
        num_tokens=round(estimate.mid),
        num_special_tokens=per_document * ledger.documents_kept,
        num_documents=ledger.documents_kept,
        num_bytes=ledger.bytes_kept,
        num_unknown_tokens=round(tally.num_unknown_tokens * scale),
        num_tokens_low=round(estimate.low),
        num_tokens_high=round(estimate.high),
        sample_fraction=fraction,
        seed=seed,
        details=_store_details(
            context,
            CountDetails(
                vocabulary=tally.vocabulary_use(),
                num_empty_documents=0,
                rejected=ledger.rejected,
            ),
        ),
    )


def _answer(
    context: Context,
    count: TokenCount | RecordedCount,
    counting: Counting,
    version: Version,
    reference: str,
    run: str | None,
    *,
    status: str,
) -> Tokenization:
    tokenizer = counting.tokenizer
    details = (
        CountDetails.model_validate_json(context.store.read(count.details))
        if count.details
        else None
    )
    has_shards = reference != version.reference
    return Tokenization(
        reference=reference,
        status=status,
        input=version.reference,
        tokenizer=TokenizerIdentity(
            name=tokenizer.name,
            fingerprint=tokenizer.fingerprint,
            vocab_size=tokenizer.vocab_size,
        ),
        policy=counting.policy,
        recipe=None if counting.recipe is None else identify(counting.recipe),
        method=count.method,
        num_tokens=count.num_tokens,
        num_tokens_with_special=count.num_tokens + count.num_special_tokens,
        num_tokens_low=count.num_tokens_low,
        num_tokens_high=count.num_tokens_high,
        num_documents=count.num_documents,
        num_bytes=count.num_bytes,
        bytes_per_token=count.num_bytes / count.num_tokens if count.num_tokens else None,
        unknown_rate=count.num_unknown_tokens / count.num_tokens if count.num_tokens else 0.0,
        dtype=dtype_for(tokenizer.highest_id).name if has_shards else None,
        num_empty_documents=details.num_empty_documents if details else 0,
        rejected=details.rejected if details else {},
        vocabulary=details.vocabulary if details else None,
        run=run,
    )
