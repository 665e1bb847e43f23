"""Parquet and Arrow IPC files of ids: a row a document or sequence, with its number.

| column | type |
|---|---|
| `id` | int64, the number of the document in the version, or of the sequence in the split |
| `input_ids` | list of uint16, or of int32 where an id needs more |

Source: the Arrow columnar format, arrow.apache.org/docs/format/Columnar.html.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from registry.domain.tokens import OutputFormat, Packing
from registry.errors import InputError
from registry.tokenization.formats.base import Dtype, Layout, Rows, TokenFormat
from registry.tokenization.formats.boundaries import Boundary
from registry.tokenization.formats.sharding import ShardedWriter

_SHARD_TOKENS = 10**8
_LARGEST_ID = 2**31 - 1


def dtype_for(highest_id: int) -> Dtype:
    """Return uint16 if the highest id fits, else int32, which every trainer can calculate with.

    Raises:
        InputError: It needs more than 31 bits.
    """
    if highest_id > _LARGEST_ID:
        raise InputError(f"id {highest_id:,} does not fit 31 bits")
    return np.dtype("<u2" if highest_id < 1 << 16 else "<i4")


def open_parquet(layout: Layout) -> ShardedWriter:
    """Open the writer of a split in Parquet, compressed with zstd."""

    def open_shard(number: int) -> _ColumnarFile:
        path = layout.folder / f"{layout.split}-{number:05d}.parquet"
        schema = _schema(layout.dtype)
        # Ids hardly repeat within a page in a way that a dictionary would shorten.
        sink = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False)
        return _ColumnarFile(sink, schema)

    return ShardedWriter(open_shard, dtype=layout.dtype, limit=layout.max_shard_tokens)


def open_arrow(layout: Layout) -> ShardedWriter:
    """Open the writer of a split in Arrow IPC, uncompressed, so that it can be mapped."""

    def open_shard(number: int) -> _ColumnarFile:
        path = layout.folder / f"{layout.split}-{number:05d}.arrow"
        schema = _schema(layout.dtype)
        return _ColumnarFile(_ArrowSink(path, schema), schema)

    return ShardedWriter(open_shard, dtype=layout.dtype, limit=layout.max_shard_tokens)


class _ArrowSink:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._file, schema)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)

    def close(self) -> None:
        try:
            self._writer.close()
        finally:
            self._file.close()


class _ColumnarFile:
    def __init__(self, sink: "pq.ParquetWriter | _ArrowSink", schema: pa.Schema) -> None:
        self._sink = sink
        self._schema = schema

    def write(self, rows: Rows) -> None:
        ends = np.concatenate([[0], np.cumsum(rows.lengths)])
        # A row has at most 2^31 - 1 ids, and a batch more rows only where all of them are few.
        lists = pa.ListArray.from_arrays(
            pa.array(ends, pa.int32()), pa.array(rows.ids), type=self._schema.field(1).type
        )
        columns = [pa.array(rows.numbers, pa.int64()), lists]
        self._sink.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._sink.close()


def _schema(dtype: Dtype) -> pa.Schema:
    ids = pa.list_(pa.field("item", pa.from_numpy_dtype(dtype), nullable=False))
    return pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            pa.field("input_ids", ids, nullable=False),
        ]
    )


PARQUET = TokenFormat(
    name=OutputFormat.PARQUET,
    open=open_parquet,
    dtype_for=dtype_for,
    boundary=Boundary.INDEX,
    packings=tuple(Packing),
    takes_short_rows=False,
    shard_tokens=lambda _: _SHARD_TOKENS,
)

ARROW = TokenFormat(
    name=OutputFormat.ARROW,
    open=open_arrow,
    dtype_for=dtype_for,
    boundary=Boundary.INDEX,
    packings=tuple(Packing),
    takes_short_rows=False,
    shard_tokens=lambda _: _SHARD_TOKENS,
)
