"""What a pass over tokens is asked to do, and the answer it gives."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import JsonValue

from registry.documents import NO_REJECTIONS, num_text_bytes, reject
from registry.domain.answers import Tokenization
from registry.domain.count import CountDetails, TokenCount
from registry.domain.digest import Digest, canonical_json, fingerprint
from registry.domain.engine import EngineIdentity
from registry.domain.ledger import Ledger, LedgerEntry, Rejected
from registry.domain.names import DatasetName
from registry.domain.recipe import Recipe
from registry.domain.run import DERIVED_FROM, Operation, Run, RunDraft
from registry.domain.tokenizer import CountingPolicy, Tokenizer, TokenizerIdentity
from registry.domain.version import Version
from registry.normalization.pipeline import Processed
from registry.normalization.recipe_files import AS_IS
from registry.operations.context import CODE, Context, environment
from registry.operations.normalizing.outputs import identify
from registry.operations.passes.runs import open_or_resume
from registry.sources.reasons import DOCUMENT_TOO_LONG
from registry.tokenization.encoder import Encoder
from registry.tokenization.formats.megatron import dtype_for

COUNTED: Final = "counted"
"""The status of a pass that left a count in the catalog and no version."""


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted, and how."""

    tokenizer: Tokenizer
    policy: CountingPolicy
    recipe: Recipe | None = None
    """Applied on the fly; None: the documents as they stand."""

    count_only: bool = False
    """Write no token shards."""


def refuse_too_long(processed: Processed, encoder: Encoder) -> Processed:
    """Return what a recipe made of a batch without the documents that no engine can encode.

    They are rejected by a step of their own, `tokenize`, which stands behind the recipe's.
    """
    before = processed.kept
    mask = pa.array(encoder.find_too_long(before.column("text")))
    reasons = [DOCUMENT_TOO_LONG] * mask.true_count
    kept = before.filter(pc.invert(mask)) if reasons else before
    num_bytes = num_text_bytes(kept)
    bytes_in = processed.ledger.bytes_kept
    refused = Rejected(
        reason=DOCUMENT_TOO_LONG, num_documents=len(reasons), num_bytes=bytes_in - num_bytes
    )
    entry = LedgerEntry(
        position=len(processed.ledger.entries),
        step=Operation.TOKENIZE,
        documents_in=len(before),
        bytes_in=bytes_in,
        documents_kept=len(kept),
        bytes_kept_in=num_bytes,
        bytes_kept=num_bytes,
        rejected=(refused,) if reasons else (),
    )
    rejected = NO_REJECTIONS
    if reasons:
        rejected = reject(before, mask, step=Operation.TOKENIZE, reasons=reasons)
    return Processed(
        kept=kept,
        rejected=(*processed.rejected, rejected),
        ledger=Ledger(entries=(*processed.ledger.entries, entry)).check(),
    )


def derive(
    context: Context,
    version: Version,
    counting: Counting,
    fraction: float = 1.0,
    seed: int | None = None,
) -> Digest:
    """Return the digest of everything that decides the outcome of a pass."""
    return fingerprint(list_causes(context, version, counting, fraction, seed))


def list_causes(
    context: Context,
    version: Version,
    counting: Counting,
    fraction: float = 1.0,
    seed: int | None = None,
) -> dict[str, JsonValue]:
    """Return everything that decides the outcome of a pass."""
    return {
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


def open_counting(
    context: Context,
    version: Version,
    counting: Counting,
    causes: dict[str, JsonValue],
    *,
    engine: EngineIdentity,
    target: DatasetName | None = None,
) -> Run:
    """Open the run of a pass, or take up the one that was left open."""
    draft = RunDraft(
        operation=Operation.TOKENIZE,
        derivation=fingerprint(causes),
        parameters={
            "tokenizer": counting.tokenizer.fingerprint,
            "policy": counting.policy.model_dump(mode="json"),
            "recipe": None if counting.recipe is None else counting.recipe.fingerprint,
            "recipe_document": (
                None if counting.recipe is None else counting.recipe.model_dump(mode="json")
            ),
            "count_only": counting.count_only,
            "name": None if target is None else str(target),
            DERIVED_FROM: causes,
        },
        environment=environment() | {"engine": str(engine)},
        actor=context.actor,
        started_at=context.clock(),
    )
    return open_or_resume(context, draft, inputs=[version.reference])


def store_details(context: Context, details: CountDetails) -> Digest:
    """Keep what the pass learned beside the totals, as canonical JSON."""
    return context.store.put_bytes(canonical_json(details.model_dump(mode="json"))).digest


def answer(
    context: Context,
    count: TokenCount,
    counting: Counting,
    version: Version,
    reference: str,
    run: str | None,
    *,
    status: str,
) -> Tokenization:
    """Return what the verb answers, from the count as it stands in the catalog."""
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
