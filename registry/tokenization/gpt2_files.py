"""GPT-2's own two files: `encoder.json` or `vocab.json`, and `vocab.bpe` or `merges.txt`.

Nothing in them says how text is split or which entries are special. They stand for GPT-2's byte
level and its regular expression, and the entries that no merge makes and that are no byte are the
special tokens: `<|endoftext|>` in GPT-2's files, `<s>` and its like in RoBERTa's.
"""

from collections.abc import Mapping
from pathlib import Path

from tokenizers import Tokenizer as Engine

from registry.errors import UnreadableError
from registry.tokenization.byte_level import BYTE_SYMBOLS, Merge, build_byte_level


def read_gpt2(*, vocabulary: Mapping[str, int], merges: bytes, merges_path: Path) -> Engine:
    """Return the byte-level BPE that a vocabulary and its merges describe.

    Raises:
        UnreadableError: A line is no merge of two entries into a third, or the pair belongs to
            another kind of BPE, whose ids would come out wrong.
    """
    if "a</w>" in vocabulary:
        raise UnreadableError(
            path=str(merges_path),
            reason="BPE with an end-of-word mark, not GPT-2's byte level",
            hint="give the tokenizer.json of this tokenizer instead",
        )
    pairs = _read_merges(merges, vocabulary, path=merges_path)
    made = {left + right for left, right in pairs} | set(BYTE_SYMBOLS)
    special = sorted(vocabulary.keys() - made, key=vocabulary.__getitem__)
    return build_byte_level(vocabulary=vocabulary, merges=pairs, special_tokens=special)


def _read_merges(data: bytes, vocabulary: Mapping[str, int], *, path: Path) -> list[Merge]:
    # Not splitlines(): a merge may hold characters that it takes for ends of lines.
    lines = data.decode("utf-8").replace("\r\n", "\n").split("\n")
    merges: list[Merge] = []
    for number, line in enumerate(lines, start=1):
        if not line or (number == 1 and line.startswith("#version")):
            continue
        left, _, right = line.partition(" ")
        if not {left, right, left + right} <= vocabulary.keys():
            raise UnreadableError(
                path=str(path),
                reason=f"line {number}, {line!r}, does not merge two entries of the vocabulary "
                "into a third",
            )
        merges.append((left, right))
    return merges
