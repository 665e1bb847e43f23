"""Byte-level BPE: GPT-2's printable alphabet for bytes, and the tokenizer built over it.

A byte that is a visible Latin-1 character stands for itself; the other 68, in order, take the code
points from U+0100 on, so that a vocabulary holds neither blanks nor control characters.

Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.2,
and the published `encoder.json`.

Example:
    >>> to_symbols(b" a")
    'Ġa'
"""

from collections.abc import Mapping, Sequence

from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as Engine

Merge = tuple[str, str]

_VISIBLE = frozenset((*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)))


def _alphabet() -> tuple[str, ...]:
    hidden = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in _VISIBLE else next(hidden)) for byte in range(256))


BYTE_SYMBOLS = _alphabet()
"""The symbol of each byte, by its value."""


def to_symbols(data: bytes) -> str:
    """Return bytes in the printable alphabet, one symbol a byte."""
    return "".join([BYTE_SYMBOLS[byte] for byte in data])


def build_byte_level(
    *,
    vocabulary: Mapping[str, int],
    merges: Sequence[Merge],
    special_tokens: Sequence[str],
    pattern: str | None = None,
    ignore_merges: bool = False,
) -> Engine:
    """Return a byte-level BPE over a vocabulary in the printable alphabet.

    Args:
        vocabulary: Entry to id, special tokens included.
        merges: Pairs of entries, the first to be merged first.
        special_tokens: The entries that are control tokens.
        pattern: The regular expression whose matches are encoded each for itself; None: GPT-2's.
        ignore_merges: Whether a match that is an entry becomes its id whatever the merges say.
    """
    model = models.BPE(dict(vocabulary), list(merges), ignore_merges=ignore_merges)
    engine = Engine(model)
    if pattern is None:
        engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        engine.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    engine.decoder = decoders.ByteLevel()
    engine.add_special_tokens(
        [AddedToken(token, normalized=False, special=True) for token in special_tokens]
    )
    return engine
