"""Decide which special tokens stand around documents; nothing is added that is not named."""

from registry.domain.tokenizer import CountingPolicy, Tokenizer
from registry.errors import InputError


def make_policy(
    tokenizer: Tokenizer, *, eos: bool | None, bos: bool | None, parse_special: bool
) -> CountingPolicy:
    """Return the policy that the caller means.

    Args:
        tokenizer: Which tokens there are.
        eos: Append the end-of-sequence token; None: where the tokenizer names one.
        bos: Prepend the beginning-of-sequence token; None: where the tokenizer names one.
        parse_special: Let a special token's text inside a document become its control id.

    Raises:
        InputError: A token was asked for that the tokenizer does not name.
    """
    return CountingPolicy(
        eos_id=_choose(tokenizer, eos, tokenizer.eos_id, option="eos"),
        bos_id=_choose(tokenizer, bos, tokenizer.bos_id, option="bos"),
        parse_special=parse_special,
    )


def _choose(
    tokenizer: Tokenizer, wanted: bool | None, token_id: int | None, *, option: str
) -> int | None:
    if wanted is False:
        return None
    if wanted and token_id is None:
        raise InputError(
            f"tokenizer {tokenizer.name} names no {option.upper()} token",
            hint=f"muster tokenizer add PATH --{option} TOKEN",
        )
    return token_id
