"""llm.c's shards: a header of 256 32-bit integers, then ids back to back.

| header | GPT-2 | Llama 3 |
|---|---|---|
| 0, magic | 20240520 | 20240801 |
| 1, version | 1 | 7 |
| 2 | ids in the file | the same |
| ids | u16 | u32 |

One special token stands before each document. A shard has 10^8 ids, a document may span several,
and the first shard is for validation. The C reader takes GPT-2 files alone, and seeks in 32 bits.

Source: `dev/data/data_common.py`, `dev/data/fineweb.py`, `llmc/dataloader.h` of
github.com/karpathy/llm.c.
"""

from pathlib import Path

import numpy as np

from registry.domain.tokens import OutputFormat
from registry.tokenization.formats.base import Dtype, Layout, Rows, TokenFormat, unsigned_dtype
from registry.tokenization.formats.boundaries import Boundary
from registry.tokenization.formats.sharding import StreamWriter

_HEADER_BYTES = 256 * 4
_KINDS = {2: (20240520, 1), 4: (20240801, 7)}
_SHARD_TOKENS = 10**8
_MOST_BYTES = 2**31 - 1


def dtype_for(highest_id: int) -> Dtype:
    """Return u16, which makes a GPT-2 file, if the highest id fits, else u32 for a Llama 3 file.

    Raises:
        InputError: It needs more than 32 bits.
    """
    return unsigned_dtype(highest_id, 2, 4)


def most_shard_tokens(dtype: Dtype) -> int:
    """Return how many ids a file below 2 GiB has."""
    return (_MOST_BYTES - _HEADER_BYTES) // dtype.itemsize


def open_writer(layout: Layout) -> StreamWriter:
    """Open the writer of a split."""

    def open_shard(number: int) -> _LlmcFile:
        is_first = number == 0 and not layout.is_split
        split = "val" if is_first else layout.split
        return _LlmcFile(layout.folder / f"tokens_{split}_{number:06d}.bin", layout.dtype)

    return StreamWriter(open_shard, dtype=layout.dtype, limit=layout.max_shard_tokens)


class _LlmcFile:
    """A file whose header is written last, when its ids are counted."""

    def __init__(self, path: Path, dtype: Dtype) -> None:
        self._dtype = dtype
        self._num_tokens = 0
        self._file = path.open("wb")
        self._file.write(bytes(_HEADER_BYTES))

    def write(self, rows: Rows) -> None:
        self._file.write(rows.ids.data)
        self._num_tokens += len(rows.ids)

    def close(self) -> None:
        with self._file:
            self._file.seek(0)
            head = (*_KINDS[self._dtype.itemsize], self._num_tokens)
            self._file.write(np.array(head, "<i4").tobytes())


FORMAT = TokenFormat(
    name=OutputFormat.LLMC,
    open=open_writer,
    dtype_for=dtype_for,
    boundary=Boundary.ONE_BEFORE,
    packings=(),
    keeps_first_file=True,
    shard_tokens=lambda _: _SHARD_TOKENS,
    most_shard_tokens=most_shard_tokens,
)
