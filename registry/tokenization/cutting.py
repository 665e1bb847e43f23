"""Cut a long document where its tokens part anyway, so that the pieces give the same ids.

An engine needs some 100 bytes of memory for each byte of a document, and one document occupies one
thread. Cutting is done only for the tokenizers about which it is proved here that no token, and no
context that decides a token, reaches across the cut:

1. Pre-tokenizers whose matches never run from a word character into a space (GPT-2's regular
   expression, those of cl100k and o200k, BERT's): before a space that follows a word character. The
   expressions know no look-behind, and look ahead only from within white space, so neither side
   sees the other. Byte-level ones also part between a letter and a digit.
2. BPE over whole documents whose blanks were replaced by U+2581 after one was put in front
   (Llama 2): if no entry holds that mark behind another character, no merge crosses the border of
   a word. The blank itself is dropped, since the engine puts one in front of each piece.

The normalizers admitted (NFC, BERT's) act on a character and the marks that follow it, and a space
or digit never joins what stands before. No added token may contain a cut or look over its edge.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from registry.tokenization.description import AddedTokenFacts, Description
from registry.tokenization.tiktoken_ranks import CL100K_PATTERN, O200K_PATTERN

_BEFORE_BLANK = r"(?<=\w)(?= )"
_BEFORE_DIGIT = r"(?<=[A-Za-z])(?=[0-9])"
_SPACE_MARK = "\u2581"
_SPLIT_PATTERNS = (CL100K_PATTERN, O200K_PATTERN)


@dataclass(frozen=True, slots=True)
class CutRule:
    """Where documents may be cut for one tokenizer."""

    place: re.Pattern[str]
    """Matches a cut: the text before the match and the text behind it become two pieces."""

    piece_characters: int = 1 << 16
    """A document is cut at the first place behind this many characters."""

    def cut(self, text: str) -> Iterator[str]:
        """Yield a document in pieces, in order, each as long as it takes to find a place."""
        start = 0
        while match := self.place.search(text, start + self.piece_characters):
            yield text[start : match.start()]
            start = match.end()
        yield text[start:]


def find_cut_rule(description: Description, *, parse_special: bool) -> CutRule | None:
    """Return where documents may be cut for a tokenizer; None: nowhere that is proved."""
    sought = [token for token in description.added_tokens if parse_special or not token.special]
    pattern = _between_matches(description)
    if pattern is None and _is_whole_words(description):
        pattern = r"(?<=\w) (?=.)" if all(token.normalized for token in sought) else None
    if pattern is None:
        return None
    place = re.compile(pattern, re.DOTALL)
    if any(_looks_across(token, place) for token in sought):
        return None
    return CutRule(place)


def _looks_across(token: AddedTokenFacts, place: re.Pattern[str]) -> bool:
    """Whether an added token holds a cut, or depends on what stands beyond its edge."""
    return token.single_word or token.rstrip or place.search(token.content) is not None


def _between_matches(description: Description) -> str | None:
    match description.normalizer:
        case None | {"type": "NFC" | "BertNormalizer"}:
            pass
        case _:
            return None
    match description.pre_tokenizer:
        case {"type": "BertPreTokenizer"}:
            return _BEFORE_BLANK
        case {"type": "ByteLevel", "use_regex": True, "add_prefix_space": False}:
            return f"{_BEFORE_BLANK}|{_BEFORE_DIGIT}"
        case {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": str(pattern)},
                    "behavior": "Isolated",
                    "invert": False,
                },
                {"type": "ByteLevel", "use_regex": False, "add_prefix_space": False},
            ],
        } if pattern in _SPLIT_PATTERNS:
            return f"{_BEFORE_BLANK}|{_BEFORE_DIGIT}"
    return None


def _is_whole_words(description: Description) -> bool:
    """Whether the second proof holds: blanks become marks, and no entry spans two words."""
    match description.normalizer:
        case {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "\u2581"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
            ],
        }:
            model = description.model
            return (
                description.pre_tokenizer is None
                and model.type == "BPE"
                and isinstance(model.vocab, dict)
                and _SPACE_MARK in model.vocab
                and not any(_SPACE_MARK in entry.lstrip(_SPACE_MARK) for entry in model.vocab)
            )
    return False
