"""Rows of an index as columns, and the keys of documents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import KEY
from registry.domain.digest import document_keys

Numbers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

UNCOUNTED = -1
"""In place of the tokens of a document that nobody counted."""

_KEY_BYTES = KEY.byte_width


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of an index as columns; a key is two big-endian words, so that they sort as bytes do."""

    high: Words
    low: Words
    num_copies: Numbers
    num_bytes: Numbers
    num_tokens: Numbers

    def __len__(self) -> int:
        return len(self.high)


def keys_of(texts: pa.Array) -> tuple[list[bytes], Numbers]:
    """Return the key and the bytes of each document of a column of `large_string`."""
    data, ends = _text_bytes(texts)
    keys = document_keys(data[start:end] for start, end in pairwise(ends.tolist()))
    return keys, np.diff(ends)


def _text_bytes(texts: pa.Array) -> tuple[memoryview, Numbers]:
    """Return the bytes under some texts, where in them each begins, and where the last ends."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset :][: len(texts) + 1]
    return memoryview(data or b""), ends


def split_keys(keys: pa.Array) -> tuple[Words, Words]:
    """Return the two words of each key (`fixed_size_binary(16)`), which sort as its bytes do."""
    start = keys.offset * _KEY_BYTES
    data = memoryview(keys.buffers()[1] or b"")[start : start + len(keys) * _KEY_BYTES]
    words = np.frombuffer(data, ">u8").reshape(-1, 2)
    return words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64)


def high_words(index: pa.RecordBatch) -> Words:
    """Return the first eight bytes of each key of an index, as a number that sorts as they do."""
    return split_keys(index.column("key"))[0]


def rows_of(keys: pa.Array, *, num_bytes: Numbers, num_tokens: Numbers) -> Rows:
    """Return one row a key, of one copy."""
    high, low = split_keys(keys)
    return Rows(
        high=high,
        low=low,
        num_copies=np.ones(len(keys), np.int64),
        num_bytes=num_bytes,
        num_tokens=num_tokens,
    )


def read_rows(index: pa.RecordBatch) -> Rows:
    """Return an index (`registry.documents.INDEX`) as columns."""
    tokens = pc.fill_null(index.column("num_tokens").cast(pa.int64()), UNCOUNTED)
    rows = rows_of(
        index.column("key"),
        num_bytes=index.column("num_bytes").cast(pa.int64()).to_numpy(),
        num_tokens=tokens.to_numpy(),
    )
    return replace(rows, num_copies=index.column("num_copies").cast(pa.int64()).to_numpy())


def keys_alone(keys: pa.Array) -> Rows:
    """Return rows of documents of which nothing but the key matters."""
    nothing = np.zeros(len(keys), np.int64)
    return rows_of(keys, num_bytes=nothing, num_tokens=nothing + UNCOUNTED)


def concatenate(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several parts, one behind the other."""
    return Rows(
        high=np.concatenate([part.high for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        num_copies=np.concatenate([part.num_copies for part in parts]),
        num_bytes=np.concatenate([part.num_bytes for part in parts]),
        num_tokens=np.concatenate([part.num_tokens for part in parts]),
    )


def sort_rows(rows: Rows) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the stable order by key, and where in that order each distinct key begins."""
    order = np.lexsort((rows.low, rows.high))
    high, low = rows.high[order], rows.low[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return order, np.flatnonzero(is_first)


def counted_tokens(num_tokens: Numbers, starts: npt.NDArray[np.intp]) -> Numbers:
    """Return the tokens of each distinct document, counted if those of any copy were."""
    return np.maximum.reduceat(num_tokens, starts) if len(starts) else num_tokens
