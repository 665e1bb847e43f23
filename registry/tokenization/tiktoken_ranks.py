"""tiktoken's rank files: one `base64-of-the-bytes rank` a line.

A rank is an id and a priority at once: of two neighbours whose joined bytes have a rank, those with
the lowest are joined first. Merges are recovered by replaying this on each token with the lower
ranks alone, which leaves the two parts it is made of. The file names neither the regular
expression nor the special tokens; those of the published encodings are known by the number of
ranks.

Source: the published definitions of the encodings, `tiktoken_ext/openai_public.py` of
github.com/openai/tiktoken.
"""

import base64
import binascii
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer as Engine

from registry.errors import InputError, UnreadableError
from registry.tokenization.byte_level import Merge, build_byte_level, to_symbols

_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"

CL100K_PATTERN = "|".join(
    [
        _CONTRACTIONS,
        r"[^\r\n\p{L}\p{N}]?\p{L}+",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
"""How GPT-4's encoding splits text."""

O200K_PATTERN = "|".join(
    [
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTIONS}?",
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTIONS}?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
"""How GPT-4o's encoding splits text."""

_PATTERNS: Mapping[str, str | None] = {
    "gpt2": None,
    "cl100k": CL100K_PATTERN,
    "o200k": O200K_PATTERN,
}


@dataclass(frozen=True, slots=True)
class _Encoding:
    pattern: str
    special_tokens: Mapping[str, int]


_GPT2_SPECIAL = {"<|endoftext|>": 50_256}

# By the number of ranks. p50k leaves the id of its special token out of the ranks.
_ENCODINGS: Mapping[int, _Encoding] = {
    50_256: _Encoding("gpt2", _GPT2_SPECIAL),
    50_280: _Encoding("gpt2", _GPT2_SPECIAL),
    100_256: _Encoding(
        "cl100k",
        {
            "<|endoftext|>": 100_257,
            "<|fim_prefix|>": 100_258,
            "<|fim_middle|>": 100_259,
            "<|fim_suffix|>": 100_260,
            "<|endofprompt|>": 100_276,
        },
    ),
    199_998: _Encoding("o200k", {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018}),
}


def read_tiktoken(data: bytes, *, path: Path, pattern: str | None = None) -> Engine:
    """Return the byte-level BPE that a rank file describes.

    Args:
        data: The file's bytes.
        path: The file's name, for errors.
        pattern: `gpt2`, `cl100k`, `o200k` or a regular expression; None: that of the published
            encoding with as many ranks. A file of any other size gets one special token,
            `<|endoftext|>`, right above its highest rank.

    Raises:
        UnreadableError: A line is not a token and its rank.
        InputError: No pattern was given and no published encoding has as many ranks.
    """
    ranks = _read_ranks(data, path=path)
    known = _ENCODINGS.get(len(ranks))
    if pattern is None and known is None:
        raise InputError(
            f"{path}: {len(ranks):,} ranks are those of no published encoding",
            hint="say how it splits text: --pattern gpt2, cl100k, o200k or a regular expression",
        )
    chosen = pattern if pattern is not None else known.pattern if known else "gpt2"
    special = known.special_tokens if known else {"<|endoftext|>": max(ranks.values()) + 1}
    merges, ignore_merges = recover_merges(ranks)
    vocabulary = {to_symbols(token): rank for token, rank in ranks.items()}
    return build_byte_level(
        vocabulary={**vocabulary, **special},
        merges=merges,
        special_tokens=list(special),
        pattern=_PATTERNS.get(chosen, chosen),
        ignore_merges=ignore_merges,
    )


def recover_merges(ranks: Mapping[bytes, int]) -> tuple[list[Merge], bool]:
    """Return the merges behind ranks, and whether some token can only be taken as a whole.

    Every pair that can ever stand side by side and have a rank is found this way: the same two
    neighbours come out when the lower merges run on the joined bytes alone.

    Returns:
        The merges in the printable alphabet, by rank; and True where the replay of some token
        ends in more than two parts, so that no merge makes it and only a whole match can.
    """
    merges: list[Merge] = []
    some_unreachable = False
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) == 1:
            continue
        parts = _replay(token, ranks, below=rank)
        if len(parts) == 2:
            merges.append((to_symbols(parts[0]), to_symbols(parts[1])))
        else:
            some_unreachable = True
    return merges, some_unreachable


def _replay(token: bytes, ranks: Mapping[bytes, int], *, below: int) -> list[bytes]:
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        joined = [ranks.get(left + right, below) for left, right in itertools.pairwise(parts)]
        lowest = min(joined)
        if lowest >= below:
            break
        at = joined.index(lowest)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def _read_ranks(data: bytes, *, path: Path) -> dict[bytes, int]:
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(data.splitlines(), start=1):
        if not line:
            continue
        token, _, rank = line.partition(b" ")
        try:
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (binascii.Error, ValueError) as error:
            raise UnreadableError(
                path=str(path), reason=f"line {number} is not a token in base64 and its rank"
            ) from error
    _check_ranks(ranks, path=path)
    return ranks


def _check_ranks(ranks: Mapping[bytes, int], *, path: Path) -> None:
    missing = [byte for byte in range(256) if bytes([byte]) not in ranks]
    if missing:
        raise UnreadableError(
            path=str(path), reason=f"{len(missing)} bytes have no rank, the first is {missing[0]}"
        )
    if len(set(ranks.values())) < len(ranks) or min(ranks.values()) < 0:
        raise UnreadableError(path=str(path), reason="two tokens share a rank, or one is negative")
