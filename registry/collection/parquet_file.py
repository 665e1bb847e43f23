"""Rows into one Parquet file, in row groups of a bounded size."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

_ROW_GROUP_BYTES: Final = 64 << 20


def write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    """Write batches, as they come, and return how many rows they were.

    Raises:
        OSError: The file cannot be written.
    """
    num_rows = num_bytes = 0
    held: list[pa.RecordBatch] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            held.append(batch)
            num_rows += batch.num_rows
            num_bytes += batch.nbytes
            if num_bytes >= _ROW_GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(held))
                held, num_bytes = [], 0
        if held:
            writer.write_table(pa.Table.from_batches(held))
    return num_rows
