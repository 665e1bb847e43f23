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

_TABLE = bytes(
    ord(chr(code).lower() if chr(code).isalnum() else " ") if code < 0x80 else code
    for code in range(256)
)
"""What becomes of each byte of UTF-8."""


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
    # What ASCII alone can tell apart is cut first, at the speed of memory. Most of what is left is
    # words; only what is not ASCII is looked at again, each distinct piece once.
    lists = pc.ascii_split_whitespace(_blank_out(texts))
    encoded = lists.flatten().dictionary_encode()
    ends = lists.offsets.to_numpy().astype(np.int64)
    ends -= ends[0]
    distinct, parts, part_ends = _split_pieces(encoded.dictionary)
    pieces = encoded.indices.to_numpy().astype(np.int64)
    num_parts = np.diff(part_ends)[pieces]
    before = np.concatenate([[0], np.cumsum(num_parts)])
    places = np.arange(before[-1]) + np.repeat(part_ends[pieces] - before[:-1], num_parts)
    return Words(distinct, parts[places], before[ends])


def _blank_out(texts: pa.Array) -> pa.Array:
    """Return texts in which ASCII is in lower case, and blank where it is no letter or digit."""
    if not len(texts):
        return texts
    _, offsets, data = texts.buffers()
    changed = pa.py_buffer(bytes(memoryview(data or b"")).translate(_TABLE))
    return pa.Array.from_buffers(
        pa.large_string(), len(texts), [None, offsets, changed], offset=texts.offset
    )


def _split_pieces(pieces: pa.Array) -> tuple[pa.Array, Numbers, Numbers]:
    """Return distinct words, the words of each piece by number, and where each piece's end."""
    is_ascii = pc.string_is_ascii(pieces)
    if pc.all(is_ascii).as_py():
        is_word = pc.not_equal(pieces, "").to_numpy(zero_copy_only=False)
        ends = np.concatenate([[0], np.cumsum(is_word)])
        return pieces.filter(pa.array(is_word)), np.arange(ends[-1]), ends
    spaced = pc.replace_substring_regex(pc.utf8_lower(pieces), _UNSPACED, r" \1 ")
    lists = pc.split_pattern_regex(spaced, _BETWEEN_WORDS)
    words = lists.flatten().dictionary_encode()
    codes = words.indices.to_numpy().astype(np.int64)
    empty = pc.index(words.dictionary, pa.scalar("", words.dictionary.type)).as_py()
    is_word = codes != empty
    ends = np.concatenate([[0], np.cumsum(is_word)])[lists.offsets.to_numpy()]
    return words.dictionary, codes[is_word], ends
