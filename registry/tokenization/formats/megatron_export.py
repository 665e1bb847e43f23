"""Megatron's `.bin` and `.idx` for export: the pairs of a version joined into one.

Files are called as Megatron's own tool does: `train_text_document.bin`, with the number of the pair
before `_text_document` if a file's size was limited. The format itself is in `megatron`.
"""

import numpy as np

from registry.domain.tokens import OutputFormat, Packing
from registry.tokenization.encoder import Encoded
from registry.tokenization.formats.base import Layout, Rows, TokenFormat
from registry.tokenization.formats.boundaries import Boundary
from registry.tokenization.formats.megatron import MegatronWriter, dtype_for
from registry.tokenization.formats.sharding import ShardedWriter


def open_writer(layout: Layout) -> ShardedWriter:
    """Open the writer of a split."""

    def open_shard(number: int) -> _Pair:
        part = "" if layout.max_shard_tokens is None else f"_{number:05d}"
        stem = layout.folder / f"{layout.split}{part}_text_document"
        bin_path, idx_path = stem.with_suffix(".bin"), stem.with_suffix(".idx")
        return _Pair(MegatronWriter(bin_path, idx_path, layout.dtype))

    return ShardedWriter(open_shard, dtype=layout.dtype, limit=layout.max_shard_tokens)


class _Pair:
    def __init__(self, writer: MegatronWriter) -> None:
        self._writer = writer

    def write(self, rows: Rows) -> None:
        self._writer.write(Encoded(ids=rows.ids.astype(np.uint32), lengths=rows.lengths))

    def close(self) -> None:
        self._writer.close()


FORMAT = TokenFormat(
    name=OutputFormat.MEGATRON,
    open=open_writer,
    dtype_for=dtype_for,
    boundary=Boundary.INDEX,
    packings=tuple(Packing),
)
