"""datatrove's `.ds`: ids back to back, with the ends of documents and a line on the tokenizer.

| file | holds |
|---|---|
| `NAME.ds` | ids, u16 or u32 |
| `NAME.ds.index` | u64, for each document the ids up to its end |
| `NAME.ds.metadata` | `tokenizer|bytes of an id`, the number of ids, the same for people |

The reader is told the size of an id, and reads windows of one token more than a sequence.

Source: `src/datatrove/pipeline/tokens/tokenizer.py` and `src/datatrove/utils/dataset.py` of
github.com/huggingface/datatrove.
"""

from pathlib import Path

import numpy as np

from registry.domain.quantities import format_count
from registry.domain.tokens import OutputFormat
from registry.tokenization.formats.base import Dtype, Layout, Rows, TokenFormat, unsigned_dtype
from registry.tokenization.formats.boundaries import Boundary
from registry.tokenization.formats.sharding import ShardedWriter


def dtype_for(highest_id: int) -> Dtype:
    """Return u16 if the highest id fits, else u32.

    Raises:
        InputError: It needs more than 32 bits.
    """
    return unsigned_dtype(highest_id, 2, 4)


def open_writer(layout: Layout) -> ShardedWriter:
    """Open the writer of a split."""
    folder = layout.folder / layout.split
    folder.mkdir()
    # Its reader splits the line at the bar.
    name = layout.tokenizer.name.replace("|", "_")
    return ShardedWriter(
        lambda number: _DsFile(folder / f"{number:03d}_tokens.ds", layout.dtype, name),
        dtype=layout.dtype,
        limit=layout.max_shard_tokens,
    )


class _DsFile:
    def __init__(self, path: Path, dtype: Dtype, tokenizer: str) -> None:
        self._path = path
        self._first_line = f"{tokenizer}|{dtype.itemsize}"
        self._num_tokens = 0
        self._ids = path.open("wb")
        self._index = _beside(path, "index").open("wb")

    def write(self, rows: Rows) -> None:
        self._ids.write(rows.ids.data)
        ends = self._num_tokens + np.cumsum(rows.lengths, dtype=np.uint64)
        self._index.write(ends.astype("<u8").data)
        self._num_tokens += len(rows.ids)

    def close(self) -> None:
        with self._ids, self._index:
            lines = (self._first_line, str(self._num_tokens), format_count(self._num_tokens))
            _beside(self._path, "metadata").write_text("\n".join(lines), encoding="utf-8")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


FORMAT = TokenFormat(
    name=OutputFormat.DATATROVE,
    open=open_writer,
    dtype_for=dtype_for,
    boundary=Boundary.INDEX,
    packings=(),
)
