"""MosaicML's MDS: shards of samples with a column `tokens`, and an `index.json` of them.

A shard, little-endian, with N samples:

| size | field |
|---|---|
| 4 | u32, N |
| 4 (N + 1) | u32, where each sample begins in the file, and where the last one ends |
| | JSON of the columns |
| | the samples |

A sample is its size as u32, then the array: a byte `4 + k` for one axis whose length has 2^k bytes,
that length, the ids. Offsets have 32 bits, so a shard stays below 4 GiB.

Source: `streaming/base/format/mds/` of github.com/mosaicml/streaming.
"""

import json
import shutil
import struct
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from registry.domain.tokens import OutputFormat, Packing
from registry.errors import InputError
from registry.tokenization.formats.base import (
    Dtype,
    Layout,
    Numbers,
    Rows,
    TokenFormat,
    unsigned_dtype,
)
from registry.tokenization.formats.boundaries import Boundary
from registry.tokenization.formats.sharding import ShardedWriter

_SHARD_BYTES = 64 << 20
_MOST_BYTES = 2**32 - 1
_OVERHEAD_BYTES = 4096
"""More than the header of a shard takes, offsets left aside."""

_LENGTH_CODES = ((1 << 8, 0, "<B"), (1 << 16, 1, "<H"), (1 << 32, 2, "<I"))


def dtype_for(highest_id: int) -> Dtype:
    """Return u16 if the highest id fits, else u32.

    Raises:
        InputError: It needs more than 32 bits.
    """
    return unsigned_dtype(highest_id, 2, 4)


def open_writer(layout: Layout) -> "MdsWriter":
    """Open the writer of a split."""
    folder = layout.folder / layout.split
    folder.mkdir()
    return MdsWriter(folder, layout.dtype, max_shard_tokens=layout.max_shard_tokens)


class MdsWriter:
    """Writes the shards of a folder, and their index when closed."""

    def __init__(self, folder: Path, dtype: Dtype, *, max_shard_tokens: int | None) -> None:
        self._folder = folder
        self._itemsize = dtype.itemsize
        wanted = (max_shard_tokens or _MOST_BYTES) * dtype.itemsize
        self._limit = min(wanted, _MOST_BYTES - _OVERHEAD_BYTES)
        self._config = _config(dtype, size_limit=self._limit)
        self._entries: list[dict[str, Any]] = []
        self._shards = ShardedWriter(
            self._open_shard, dtype=dtype, limit=self._limit, measure=self._measure
        )

    def write(self, rows: Rows) -> None:
        """See `TokenWriter.write`."""
        longest = int(self._measure(rows.lengths).max(initial=0))
        if longest > _MOST_BYTES - _OVERHEAD_BYTES:
            raise InputError(
                f"a row of {longest:,} bytes does not fit MDS, whose shards end at 4 GiB",
                hint="--sequence-length cuts it",
            )
        self._shards.write(rows)

    def close(self) -> None:
        """See `TokenWriter.close`."""
        self._shards.close()
        index = {"shards": self._entries, "version": 2}
        (self._folder / "index.json").write_text(json.dumps(index, sort_keys=True))

    def _measure(self, lengths: Numbers) -> Numbers:
        # Offset, size, code of the length, the length itself in 4 bytes at most.
        return lengths * self._itemsize + (4 + 4 + 1 + 4)

    def _open_shard(self, number: int) -> "_MdsShard":
        path = self._folder / f"shard.{number:05d}.mds"
        return _MdsShard(path, self._config, self._entries)


class _MdsShard:
    """A shard whose samples lie in a file of their own until it is known where they begin."""

    def __init__(self, path: Path, config: dict[str, Any], entries: list[dict[str, Any]]) -> None:
        self._path = path
        self._config = config
        self._entries = entries
        self._ends = array("Q", [0])
        self._samples = path.with_suffix(".samples").open("w+b")

    def write(self, rows: Rows) -> None:
        start, place = 0, self._ends[-1]
        for length in rows.lengths.tolist():
            head = _sample_head(length, itemsize=rows.ids.itemsize)
            self._samples.write(head)
            self._samples.write(rows.ids[start : start + length].data)
            start += length
            place += len(head) + length * rows.ids.itemsize
            self._ends.append(place)

    def close(self) -> None:
        config = json.dumps(self._config, sort_keys=True).encode()
        count = len(self._ends) - 1
        first = 4 + 4 * (count + 1) + len(config)
        with self._samples, self._path.open("wb") as file:
            file.write(struct.pack("<I", count))
            file.write((np.frombuffer(self._ends, np.uint64) + first).astype("<u4").data)
            file.write(config)
            self._samples.seek(0)
            shutil.copyfileobj(self._samples, file, 1 << 20)
        Path(self._samples.name).unlink()
        raw = {"basename": self._path.name, "bytes": first + self._ends[-1], "hashes": {}}
        self._entries.append(self._config | {"raw_data": raw, "samples": count, "zip_data": None})


def _sample_head(length: int, *, itemsize: int) -> bytes:
    code, letter = next((code, text) for end, code, text in _LENGTH_CODES if length < end)
    shape = bytes([1 << 2 | code]) + struct.pack(letter, length)
    return struct.pack("<I", len(shape) + length * itemsize) + shape


def _config(dtype: Dtype, *, size_limit: int) -> dict[str, Any]:
    return {
        "column_encodings": [f"ndarray:{dtype.name}"],
        "column_names": ["tokens"],
        "column_sizes": [None],
        "compression": None,
        "format": "mds",
        "hashes": [],
        "size_limit": size_limit,
        "version": 2,
    }


FORMAT = TokenFormat(
    name=OutputFormat.MDS,
    open=open_writer,
    dtype_for=dtype_for,
    boundary=Boundary.INDEX,
    packings=tuple(Packing),
    takes_short_rows=False,
    shard_tokens=lambda dtype: _SHARD_BYTES // dtype.itemsize,
)
