"""Cut documents into words, as numbers, without a Python object for a word.

A word is a run of letters, marks and digits, in lower case. Scripts that put no space between words
(Han, Kana, Thai, Lao, Khmer, Burmese) give a word for each character.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]

_BETWEEN_WORDS = r"[^\p{L}\p{M}\p{N}]+"
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*)"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of some documents, in order."""

    distinct: pa.Array
    """`large_string`: each word once."""

    codes: Numbers
    """For each word of the documents its place in `distinct`."""

    ends: Numbers
    """Where each document's words end in `codes`, after a leading 0."""

    @property
    def lengths(self) -> Numbers:
        """How many words each document has."""
        return np.diff(self.ends)


def split_words(texts: pa.Array) -> Words:
    """Return the words of documents.

    Args:
        texts: `large_string` without nulls.

    Example:
        >>> words = split_words(pa.array(["Yes, yes!", "", "猫犬"], pa.large_string()))
        >>> words.distinct.to_pylist(), words.codes.tolist(), words.lengths.tolist()
        (['yes', '猫', '犬'], [0, 0, 1, 2], [2, 0, 2])
    """
    lowered = pc.utf8_lower(texts)
    if not _is_ascii(lowered):
        lowered = pc.replace_substring_regex(lowered, _UNSPACED, r" \1 ")
    lists = pc.split_pattern_regex(lowered, _BETWEEN_WORDS)
    encoded = lists.flatten().dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int64)
    ends = lists.offsets.to_numpy().astype(np.int64)
    ends -= ends[0]
    return _without_empty(encoded.dictionary, codes, ends)


def _is_ascii(texts: pa.Array) -> bool:
    """Return whether each character is one byte."""
    num_bytes = pc.sum(pc.binary_length(texts)).as_py()
    return bool(num_bytes == pc.sum(pc.utf8_length(texts)).as_py())


def _without_empty(distinct: pa.Array, codes: Numbers, ends: Numbers) -> Words:
    """Leave out the empty words before and behind what stands at the ends of a document."""
    empty = pc.index(distinct, pa.scalar("", distinct.type)).as_py()
    if empty < 0:
        return Words(distinct, codes, ends)
    is_word = codes != empty
    before = np.concatenate([[0], np.cumsum(is_word)])
    codes = codes[is_word]
    codes -= codes > empty
    kept = pa.array(np.arange(len(distinct)) != empty)
    return Words(distinct.filter(kept), codes, before[ends])
