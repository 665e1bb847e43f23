"""Which engine encodes: the fast one where it is proved to give the ids of the reference."""

from importlib.metadata import version
from typing import Protocol, TypeVar

import pyarrow as pa

from registry.domain.engine import EngineCheck, EngineChoice, EngineDifference, EngineIdentity
from registry.domain.tokenizer import TokenizerEngine
from registry.errors import EngineMismatchError, EngineRefusedError, MissingExtraError
from registry.operations.context import Context
from registry.operations.place import Place
from registry.operations.tokenizing.counting import Counting
from registry.tokenization.encoder import Encoder
from registry.tokenization.fast_encoder import GuardedEncoder, compare, identify_fast, mismatch
from registry.tokenization.loading import load_encoder, load_guarded_encoder
from registry.tokenization.parity import adversarial_texts

_Answer_co = TypeVar("_Answer_co", covariant=True)


class EngineRun(Protocol[_Answer_co]):
    """A pass that is told which engine to use."""

    def __call__(self, *, is_fast: bool) -> _Answer_co:
        """Run it."""


def with_engine(
    context: Context,
    counting: Counting,
    choice: EngineChoice,
    *,
    run: EngineRun[_Answer_co],
) -> _Answer_co:
    """Run a pass with the engine of choice; once more with the reference if the two differ.

    Args:
        context: The open registry.
        counting: The tokenizer and how it is used.
        choice: What the caller wants.
        run: The pass. Told to use the reference, it takes up nothing that the fast engine made.

    Raises:
        MissingExtraError: The fast engine was asked for and is not installed.
        EngineRefusedError: It was asked for and does not take the tokenizer.
        EngineMismatchError: It was asked for and gives other ids.
    """
    if not _is_fast(context, counting, choice):
        return run(is_fast=False)
    try:
        return run(is_fast=True)
    except EngineMismatchError as error:
        _record_mismatch(context, counting, error)
        if choice is EngineChoice.FAST:
            raise
        context.progress.note(f"{error.message}: all is encoded again by the reference")
    return run(is_fast=False)


def choose_encoder(context: Context, counting: Counting, choice: EngineChoice) -> Encoder:
    """Return the engine of choice at work, for a reader that cannot begin anew.

    Where the fast engine turns out to give other ids than the reference, its `encode` raises.

    Raises:
        MissingExtraError: The fast engine was asked for and is not installed.
        EngineRefusedError: It was asked for and does not take the tokenizer.
        EngineMismatchError: It was asked for and gives other ids.
    """
    is_fast = _is_fast(context, counting, choice)
    return load_counting_encoder(context.place, counting, is_fast=is_fast)


def load_counting_encoder(place: Place, counting: Counting, *, is_fast: bool) -> Encoder:
    """Return the tokenizer at work, as the policy wants it.

    Raises:
        CorruptObjectError: Its file no longer matches its digest.
        MissingExtraError: Its engine is not installed.
    """
    if is_fast:
        return _load_guarded(place, counting)
    tokenizer = counting.tokenizer
    data = place.store.read(tokenizer.file_digest)
    return load_encoder(tokenizer, data, parse_special=counting.policy.parse_special)


def identify(counting: Counting, *, is_fast: bool) -> EngineIdentity:
    """Return the library that encodes, for the record of a run."""
    return identify_fast() if is_fast else _identify_reference(counting)


def _load_guarded(place: Place, counting: Counting) -> GuardedEncoder:
    tokenizer = counting.tokenizer
    return load_guarded_encoder(
        tokenizer,
        place.store.read(tokenizer.file_digest),
        parse_special=counting.policy.parse_special,
    )


def _identify_reference(counting: Counting) -> EngineIdentity:
    name = counting.tokenizer.engine.value
    return EngineIdentity(name=name, version=version(name))


def _is_fast(context: Context, counting: Counting, choice: EngineChoice) -> bool:
    """Return whether the fast engine is to be used, having compared it if nobody had.

    Raises:
        MissingExtraError: It was asked for and is not installed.
        EngineRefusedError: It was asked for and does not take the tokenizer.
        EngineMismatchError: It was asked for and gives other ids.
    """
    if choice is EngineChoice.REFERENCE:
        return False
    try:
        check = _find_check(context, counting) or _check(context, counting)
    except (MissingExtraError, EngineRefusedError):
        if choice is EngineChoice.FAST:
            raise
        return False
    if check.difference is None:
        return True
    error = mismatch(check.engine, check.difference, num_compared=check.num_texts)
    if choice is EngineChoice.FAST:
        raise error
    context.progress.note(f"{error.message}: the reference encodes")
    return False


def _find_check(context: Context, counting: Counting) -> EngineCheck | None:
    if counting.tokenizer.engine is not TokenizerEngine.TOKENIZERS:
        return None
    return context.catalog.engine_checks.find(
        counting.tokenizer.fingerprint,
        parse_special=counting.policy.parse_special,
        engine=identify_fast(),
        reference=_identify_reference(counting),
    )


def _check(context: Context, counting: Counting) -> EngineCheck:
    """Compare the engines on the texts made to tell them apart, and keep what came out."""
    encoder = _load_guarded(context.place, counting)
    texts = adversarial_texts(encoder.description)
    try:
        encoded = encoder.encode_unchecked(pa.array(texts, pa.large_string()))
    except EngineMismatchError as error:
        return _record_mismatch(context, counting, error)
    difference = compare(encoder.reference, texts, encoded)
    return _record(context, counting, num_texts=len(texts), difference=difference)


def _record_mismatch(
    context: Context, counting: Counting, error: EngineMismatchError
) -> EngineCheck:
    difference = EngineDifference(text=error.text, ids=error.ids, reference_ids=error.reference_ids)
    return _record(context, counting, num_texts=error.num_compared, difference=difference)


def _record(
    context: Context, counting: Counting, *, num_texts: int, difference: EngineDifference | None
) -> EngineCheck:
    check = EngineCheck(
        tokenizer_fingerprint=counting.tokenizer.fingerprint,
        parse_special=counting.policy.parse_special,
        engine=identify_fast(),
        reference=_identify_reference(counting),
        num_texts=num_texts,
        difference=difference,
    )
    context.catalog.engine_checks.record(check, actor=context.actor, at=context.clock())
    return check
