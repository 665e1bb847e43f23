"""Decide which special tokens stand around documents; nothing is added that is not named."""

from registry.domain.tokenizer import CountingPolicy, Tokenizer
from registry.errors import InputError
from registry.operations.context import Context
from registry.tokenization.loading import find_token_id


def make_policy(
    context: Context,
    tokenizer: Tokenizer,
    *,
    eos: bool | None,
    bos: bool | None,
    eos_token: str | None,
    bos_token: str | None,
    parse_special: bool,
) -> CountingPolicy:
    """Return the policy that the caller means.

    Args:
        context: The open registry, which holds the vocabulary.
        tokenizer: Which tokens there are.
        eos: Append the end-of-sequence token; None: where there is one.
        bos: Prepend the beginning-of-sequence token; None: where there is one.
        eos_token: The entry of the vocabulary that ends a document; None: the one that the
            tokenizer names, if it does.
        bos_token: The entry that begins a document; None: as for `eos_token`.
        parse_special: Let a special token's text inside a document become its control id.

    Raises:
        InputError: A token was asked for and none is named, or one was named and not wanted.
        UnknownError: The vocabulary has no such token; the nearest are offered.
    """
    eos_id = tokenizer.eos_id if eos_token is None else _find_id(context, tokenizer, eos_token)
    bos_id = tokenizer.bos_id if bos_token is None else _find_id(context, tokenizer, bos_token)
    return CountingPolicy(
        eos_id=_choose(tokenizer, eos, eos_id, token=eos_token, option="eos"),
        bos_id=_choose(tokenizer, bos, bos_id, token=bos_token, option="bos"),
        parse_special=parse_special,
    )


def _find_id(context: Context, tokenizer: Tokenizer, token: str) -> int:
    return find_token_id(tokenizer, context.store.read(tokenizer.file_digest), token)


def _choose(
    tokenizer: Tokenizer,
    wanted: bool | None,
    token_id: int | None,
    *,
    token: str | None,
    option: str,
) -> int | None:
    if wanted is False and token is not None:
        raise InputError(f"--{option}-token {token} and --no-{option} exclude each other")
    if wanted is False:
        return None
    if wanted and token_id is None:
        raise InputError(
            f"tokenizer {tokenizer.name} names no {option.upper()} token",
            hint=f"name one of its vocabulary: --{option}-token TOKEN",
        )
    return token_id
