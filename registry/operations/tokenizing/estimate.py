"""Estimate the tokens of a version from a sample of its documents."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.answers import Tokenization
from registry.domain.count import CountDetails, CountMethod, TokenCount
from registry.domain.engine import EngineChoice
from registry.domain.ledger import Ledger, add_ledgers
from registry.domain.names import Reference
from registry.domain.progress import Done
from registry.domain.rejection_limit import MaxRejected, RejectionLimit
from registry.domain.version import Version
from registry.normalization.pipeline import Pipeline
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import Context
from registry.operations.passes.ahead import read_ahead
from registry.operations.passes.damage import damage_of_pass, fail_by_damage, find_limit
from registry.operations.passes.inputs import open_input
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.runs import recorded_failure
from registry.operations.passes.shards import read_shard
from registry.operations.tokenizing.counting import (
    COUNTED,
    Counting,
    answer,
    list_causes,
    open_counting,
    refuse_too_long,
    store_details,
)
from registry.operations.tokenizing.engines import identify, load_counting_encoder, with_engine
from registry.tokenization.encoder import Encoder
from registry.tokenization.sampling import estimate_total, sample_mask
from registry.tokenization.tally import Tally


def tokenize_sample(
    context: Context,
    reference: Reference,
    counting: Counting,
    *,
    fraction: float,
    seed: int,
    engine: EngineChoice = EngineChoice.AUTO,
    max_rejected: MaxRejected = None,
) -> Tokenization:
    """Estimate the tokens of a version from a sample of its documents, with a 95 % interval.

    A document is in the sample by a hash of its row and the seed; tokens per byte of the sample
    are scaled to the bytes of all documents, which are counted exactly. The share of documents
    without a token, which get no EOS or BOS, is taken to be that of the sample.

    Raises:
        InputError: The input holds tokens already, or the sample holds fewer than two documents.
        TooManyRejectedError: More of all documents are damaged than `max_rejected` allows.
    """
    limit = find_limit(context, max_rejected)
    version = open_input(context, reference)
    sample = _SampleOptions(version, counting, fraction, seed, limit)

    def run(*, is_fast: bool) -> Tokenization:
        return _estimate(context, sample, is_fast=is_fast)

    return with_engine(context, counting, engine, run=run)


@dataclass(frozen=True, slots=True)
class _SampleOptions:
    """What is sampled, and how."""

    version: Version
    counting: Counting
    fraction: float
    seed: int
    limit: RejectionLimit


def _estimate(context: Context, options: _SampleOptions, *, is_fast: bool) -> Tokenization:
    version, counting = options.version, options.counting
    fraction, seed = options.fraction, options.seed
    run = open_counting(
        context,
        version,
        counting,
        list_causes(context, version, counting, fraction, seed),
        engine=identify(counting, is_fast=is_fast),
    )
    with recorded_failure(context, run):
        encoder = load_counting_encoder(context.place, counting, is_fast=is_fast)
        quarantine = QuarantineWriter(context.store)
        sampled = _sample(context, options, encoder, quarantine)
        rejected = quarantine.finish()
        damage = damage_of_pass([sampled.ledger], [])
        if not options.limit.allows(damage):
            books = sampled.ledger.entries
            fail_by_damage(
                context, damage, options.limit, quarantine=rejected, run=run, ledger=books
            )
        count = _scale_up(context, counting, sampled, fraction=fraction, seed=seed)
        context.catalog.runs.finish(
            run.id,
            ledger=sampled.ledger.entries,
            quarantine=rejected,
            counts=[(version.reference, count)],
            recipe=counting.recipe,
            at=context.clock(),
            actor=context.actor,
        )
    return answer(context, count, counting, version, version.reference, run.id, status=COUNTED)


@dataclass(frozen=True, slots=True)
class _Sampled:
    """What the documents of the sample hold, and the books over all documents."""

    tally: Tally
    tokens: npt.NDArray[np.int64]
    """Tokens of each document of the sample."""

    sizes: npt.NDArray[np.int64]
    """UTF-8 bytes of each document of the sample."""

    ledger: Ledger


def _sample(
    context: Context, options: _SampleOptions, encoder: Encoder, quarantine: QuarantineWriter
) -> _Sampled:
    version, counting = options.version, options.counting
    pipeline = Pipeline(counting.recipe or AS_IS)
    tally = Tally(counting.tokenizer, encoder)
    tokens, sizes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    ledgers: list[Ledger] = []
    num_rows = 0
    context.progress.start("tokenize a sample", total_bytes=version.num_text_bytes)
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    outcomes = (outcome for shard in shards for outcome in read_shard(context.place, shard))
    try:
        for outcome in read_ahead(outcomes):
            processed = refuse_too_long(pipeline(outcome), encoder)
            ledgers.append(processed.ledger)
            quarantine.write(processed.rejected)
            mask = sample_mask(
                num_rows, len(processed.kept), fraction=options.fraction, seed=options.seed
            )
            num_rows += len(processed.kept)
            chosen = processed.kept.filter(pa.array(mask))
            encoded = encoder.encode(chosen.column("text"))
            tally.add(chosen, encoded)
            tokens.append(encoded.lengths)
            sizes.append(pc.binary_length(chosen.column("text")).to_numpy(zero_copy_only=False))
            context.progress.advance(Done.of(processed.ledger, num_tokens=len(encoded.ids)))
    finally:
        context.progress.finish()
    return _Sampled(
        tally=tally,
        tokens=np.concatenate(tokens),
        sizes=np.concatenate(sizes),
        ledger=add_ledgers(ledgers).check(),
    )


def _scale_up(
    context: Context, counting: Counting, sampled: _Sampled, *, fraction: float, seed: int
) -> TokenCount:
    tally, ledger, policy = sampled.tally, sampled.ledger, counting.policy
    estimate = estimate_total(
        sampled.tokens,
        sampled.sizes,
        total_bytes=ledger.bytes_kept,
        total_documents=ledger.documents_kept,
    )
    empty_fraction = np.count_nonzero(sampled.tokens == 0) / len(sampled.tokens)
    num_empty = round(empty_fraction * ledger.documents_kept)
    details = CountDetails(
        vocabulary=tally.vocabulary_use(),
        num_empty_documents=num_empty,
        rejected=ledger.rejected,
    )
    per_document = (policy.eos_id is not None) + (policy.bos_id is not None)
    scale = estimate.mid / tally.num_tokens if tally.num_tokens else 0.0
    return TokenCount(
        tokenizer_fingerprint=counting.tokenizer.fingerprint,
        policy=policy,
        recipe=None if counting.recipe is None else counting.recipe.fingerprint,
        method=CountMethod.SAMPLED,
        num_tokens=round(estimate.mid),
        num_special_tokens=per_document * (ledger.documents_kept - num_empty),
        num_documents=ledger.documents_kept,
        num_bytes=ledger.bytes_kept,
        num_unknown_tokens=round(tally.num_unknown_tokens * scale),
        num_tokens_low=round(estimate.low),
        num_tokens_high=round(estimate.high),
        sample_fraction=fraction,
        seed=seed,
        details=store_details(context, details),
    )
