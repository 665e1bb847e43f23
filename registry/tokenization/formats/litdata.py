"""litdata's chunks for its `TokensLoader`: a small header and ids, and an `index.json` of them.

A chunk, little-endian, with one item that holds all its ids:

| size | field |
|---|---|
| 4 | u32, 1 |
| 8 | u32, where the item begins (12) and ends |
| | ids, u16 or i32 |

`index.json` names each chunk with its bytes and `dim`, its ids; without `dim` training stops. The
reader cuts a chunk at multiples of its block size and drops the rest of each chunk, so sequences
that were cut here are never divided by a chunk.

Source: `src/litdata/streaming/writer.py`, `item_loader.py`, `constants.py` of
github.com/Lightning-AI/litData.
"""

import json
import struct
from pathlib import Path

import numpy as np

from registry.domain.tokens import OutputFormat, Packing
from registry.errors import InputError
from registry.tokenization.formats.base import Dtype, Layout, Rows, TokenFormat
from registry.tokenization.formats.boundaries import Boundary
from registry.tokenization.formats.sharding import ShardedWriter, StreamWriter

_HEADER = struct.Struct("<III")
_CHUNK_BYTES = 64_000_000
_MOST_BYTES = 2**32 - 1
_CODES = {np.dtype("<u2"): 5, np.dtype("<i4"): 2}
_LARGEST_ID = 2**31 - 1
_LEAF = '[1, {"type": null, "context": null, "children_spec": []}]'
"""A sample that is an array, in the words of the tree library of PyTorch."""


def dtype_for(highest_id: int) -> Dtype:
    """Return u16 if the highest id fits, else i32, which PyTorch can calculate with.

    Raises:
        InputError: It needs more than 31 bits.
    """
    if highest_id > _LARGEST_ID:
        raise InputError(f"id {highest_id:,} does not fit 31 bits")
    return np.dtype("<u2" if highest_id < 1 << 16 else "<i4")


def most_shard_tokens(dtype: Dtype) -> int:
    """Return how many ids a chunk has whose offsets fit 32 bits."""
    return (_MOST_BYTES - _HEADER.size) // dtype.itemsize


def open_writer(layout: Layout) -> "LitdataWriter":
    """Open the writer of a split."""
    folder = layout.folder / layout.split
    folder.mkdir()
    return LitdataWriter(folder, layout)


class LitdataWriter:
    """Writes the chunks of a folder, and their index when closed."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self._folder = folder
        self._dtype = layout.dtype
        self._limit = layout.max_shard_tokens
        self._entries: list[dict[str, str | int]] = []
        cut = ShardedWriter if layout.is_packed else StreamWriter
        self._chunks = cut(
            lambda number: _Chunk(folder / f"chunk-0-{number}.bin", self._entries),
            dtype=layout.dtype,
            limit=self._limit,
        )

    def write(self, rows: Rows) -> None:
        """See `TokenWriter.write`."""
        self._chunks.write(rows)

    def close(self) -> None:
        """See `TokenWriter.close`."""
        self._chunks.close()
        config = {
            "chunk_bytes": None if self._limit is None else self._limit * self._dtype.itemsize,
            "chunk_size": None,
            "compression": None,
            "data_format": [f"no_header_numpy:{_CODES[self._dtype]}"],
            "data_spec": _LEAF,
            "encryption": None,
            "item_loader": "TokensLoader",
        }
        index = {"chunks": self._entries, "config": config}
        (self._folder / "index.json").write_text(json.dumps(index, sort_keys=True))


class _Chunk:
    """A chunk whose header is written last, when its ids are counted."""

    def __init__(self, path: Path, entries: list[dict[str, str | int]]) -> None:
        self._path = path
        self._entries = entries
        self._num_tokens = 0
        self._end = _HEADER.size
        self._file = path.open("wb")
        self._file.write(bytes(_HEADER.size))

    def write(self, rows: Rows) -> None:
        self._file.write(rows.ids.data)
        self._num_tokens += len(rows.ids)
        self._end += rows.ids.nbytes

    def close(self) -> None:
        with self._file:
            self._file.seek(0)
            self._file.write(_HEADER.pack(1, _HEADER.size, self._end))
        self._entries.append(
            {
                "chunk_bytes": self._end,
                "chunk_size": 1,
                "dim": self._num_tokens,
                "filename": self._path.name,
            }
        )


FORMAT = TokenFormat(
    name=OutputFormat.LITDATA,
    open=open_writer,
    dtype_for=dtype_for,
    boundary=Boundary.MARK,
    packings=(Packing.CONCATENATE,),
    shard_tokens=lambda dtype: (_CHUNK_BYTES - _HEADER.size) // dtype.itemsize,
    most_shard_tokens=most_shard_tokens,
)
