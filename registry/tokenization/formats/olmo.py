"""OLMo's memory maps: `part-0-NNNNN.npy`, ids back to back without a NumPy header, and a CSV.

`part-0-NNNNN.csv.gz` has a row a document and no header: start and end in the file in tokens, id,
source and line. Token shards do not know the documents' own ids, so the id is the number of the
document in the version of token shards, from 0, the source is the token shard, and the line its
place in that, from 1.

EOS stands behind each document; the reader is told it and the dtype.

Source: `python/dolma/tokenizer/memmap_writer.py` of github.com/allenai/dolma,
`src/olmo_core/data/utils.py` of github.com/allenai/OLMo-core.
"""

import csv
import gzip
import io
from pathlib import Path

import numpy as np

from registry.domain.tokens import OutputFormat
from registry.tokenization.formats.base import (
    Dtype,
    Layout,
    Origin,
    Rows,
    TokenFormat,
    unsigned_dtype,
)
from registry.tokenization.formats.boundaries import Boundary
from registry.tokenization.formats.sharding import ShardedWriter

_SHARD_TOKENS = 512 << 20


def dtype_for(highest_id: int) -> Dtype:
    """Return the smallest unsigned dtype that holds the highest id."""
    return unsigned_dtype(highest_id, 1, 2, 4, 8)


def open_writer(layout: Layout) -> ShardedWriter:
    """Open the writer of a split."""
    folder = layout.folder / layout.split
    folder.mkdir()
    return ShardedWriter(
        lambda number: _Part(folder / f"part-0-{number:05d}", layout.origin),
        dtype=layout.dtype,
        limit=layout.max_shard_tokens,
    )


class _Part:
    def __init__(self, stem: Path, origin: Origin) -> None:
        self._origin = origin
        self._num_tokens = 0
        self._ids = stem.with_suffix(".npy").open("wb")
        self._packed = stem.with_suffix(".csv.gz").open("wb")
        # Neither a name nor a time, so that the same rows give the same bytes.
        zipped = gzip.GzipFile(filename="", mode="wb", fileobj=self._packed, mtime=0)
        self._text = io.TextIOWrapper(zipped, encoding="utf-8", newline="", write_through=True)
        self._csv = csv.writer(self._text)

    def write(self, rows: Rows) -> None:
        self._ids.write(rows.ids.data)
        ends = self._num_tokens + np.cumsum(rows.lengths)
        firsts = self._origin.first_numbers
        shards = np.searchsorted(firsts, rows.numbers, side="right") - 1
        lines = rows.numbers - firsts[shards] + 1
        sources = [f"{self._origin.reference}/{path}" for path in self._origin.paths]
        self._csv.writerows(
            zip(
                (ends - rows.lengths).tolist(),
                ends.tolist(),
                rows.numbers.tolist(),
                (sources[shard] for shard in shards.tolist()),
                lines.tolist(),
                strict=True,
            )
        )
        self._num_tokens += len(rows.ids)

    def close(self) -> None:
        with self._ids, self._packed:
            self._text.close()


FORMAT = TokenFormat(
    name=OutputFormat.OLMO,
    open=open_writer,
    dtype_for=dtype_for,
    boundary=Boundary.EOS_BEHIND,
    packings=(),
    shard_tokens=lambda _: _SHARD_TOKENS,
)
