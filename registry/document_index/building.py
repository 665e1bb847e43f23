"""Make an index: documents and indexes in, distinct documents out."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from registry.document_index.rows import (
    UNCOUNTED,
    Numbers,
    Rows,
    concatenate,
    counted_tokens,
    keys_of,
    read_rows,
    rows_of,
    sort_rows,
)
from registry.documents import INDEX, KEY

_FEWEST_PENDING = 1 << 16
_NO_NUMBERS: Numbers = np.empty(0, np.int64)


class DocumentIndexBuilder:
    """Collects the distinct documents of a version, 40 bytes each."""

    def __init__(self) -> None:
        self._merged = rows_of(pa.array([], KEY), num_bytes=_NO_NUMBERS, num_tokens=_NO_NUMBERS)
        self._pending: list[Rows] = []
        self._num_pending = 0

    def add(self, texts: pa.Array, num_tokens: Numbers | None) -> None:
        """Add documents.

        Args:
            texts: `large_string` without nulls.
            num_tokens: Tokens of each document; None: not counted.
        """
        keys, num_bytes = keys_of(texts)
        tokens = np.full(len(texts), UNCOUNTED) if num_tokens is None else num_tokens
        self._add(rows_of(pa.array(keys, KEY), num_bytes=num_bytes, num_tokens=tokens))

    def add_index(self, index: pa.RecordBatch) -> None:
        """Add the documents of a part of the version, by its index (`registry.documents.INDEX`)."""
        self._add(read_rows(index))

    def _add(self, rows: Rows) -> None:
        self._pending.append(rows)
        self._num_pending += len(rows)
        # Merging only when as much is new as was there keeps the cost of all merges linear.
        if self._num_pending >= max(_FEWEST_PENDING, len(self._merged)):
            self._merge()

    def to_batch(self) -> pa.RecordBatch:
        """Return the index of everything added: `registry.documents.INDEX`, sorted by key."""
        self._merge()
        rows = self._merged
        return pa.RecordBatch.from_arrays(
            [
                _key_column(rows),
                pa.array(rows.num_copies).cast(pa.uint32()),
                pa.array(rows.num_bytes).cast(pa.uint64()),
                pa.array(rows.num_tokens, mask=rows.num_tokens == UNCOUNTED).cast(pa.uint64()),
            ],
            schema=INDEX,
        )

    def _merge(self) -> None:
        if self._pending:
            self._merged = _merge_copies([self._merged, *self._pending])
            self._pending, self._num_pending = [], 0


def _merge_copies(parts: Sequence[Rows]) -> Rows:
    rows = concatenate(parts)
    order, starts = sort_rows(rows)
    firsts = order[starts]
    copies = rows.num_copies[order]
    return Rows(
        high=rows.high[firsts],
        low=rows.low[firsts],
        num_copies=np.add.reduceat(copies, starts) if len(starts) else copies,
        num_bytes=rows.num_bytes[firsts],
        num_tokens=counted_tokens(rows.num_tokens[order], starts),
    )


def _key_column(rows: Rows) -> pa.Array:
    words = np.empty((len(rows), 2), ">u8")
    words[:, 0], words[:, 1] = rows.high, rows.low
    return pa.Array.from_buffers(KEY, len(rows), [None, pa.py_buffer(words.tobytes())])
