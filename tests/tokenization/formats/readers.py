"""Readers of every format, written from the peers' sources and from none of our modules.

Each returns the rows of a split in order, or, where the format knows no rows, one row of all ids.
"""

import csv
import gzip
import json
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def read_megatron(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    rows = []
    for index in sorted(folder.glob(f"{split}*_text_document.idx")):
        data = index.read_bytes()
        magic, version, code, count, documents = struct.unpack_from("<9sQBQQ", data)
        assert (b"MMIDIDX\0\0", 1, count + 1) == (magic, version, documents)
        dtype = {1: "<u1", 4: "<i4", 8: "<u2"}[code]
        lengths = np.frombuffer(data, "<i4", count, 34)
        offsets = np.frombuffer(data, "<i8", count, 34 + 4 * count)
        ends = np.frombuffer(data, "<i8", count + 1, 34 + 12 * count)
        assert list(range(count + 1)) == ends.tolist()
        assert len(data) == 42 + 20 * count
        ids = index.with_suffix(".bin").read_bytes()
        rows += [
            np.frombuffer(ids, dtype, length, offset).tolist()
            for length, offset in zip(lengths, offsets, strict=True)
        ]
    return rows


def read_nanogpt(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    path = folder / f"{split}.bin"
    return [np.fromfile(path, np.uint16).tolist()] if path.exists() else []


def read_llmc(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    kinds = {(20240520, 1): "<u2", (20240801, 7): "<u4"}
    ids = []
    for path in sorted(folder.glob("tokens_*.bin"), key=lambda path: path.name[-10:]):
        data = path.read_bytes()
        header = struct.unpack_from("<256i", data)
        assert not any(header[3:])
        dtype = np.dtype(kinds[header[:2]])
        assert len(data) == 1024 + header[2] * dtype.itemsize
        ids += np.frombuffer(data, dtype, header[2], 1024).tolist()
    return [ids] if ids else []


def read_datatrove(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    rows = []
    for path in sorted((folder / split).glob("*.ds")):
        tokenizer, num_tokens, _ = Path(f"{path}.metadata").read_text().split("\n")
        name, size = tokenizer.split("|")
        ids = np.fromfile(path, {2: "<u2", 4: "<u4"}[int(size)])
        ends = np.fromfile(f"{path}.index", "<u8").tolist()
        assert name
        assert int(num_tokens) == len(ids) == ends[-1]
        rows += [ids[a:b].tolist() for a, b in zip([0, *ends], ends, strict=False)]
    return rows


def read_olmo(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    rows = []
    for path in sorted((folder / split).glob("part-0-*.npy")):
        ids = np.fromfile(path, f"<u{itemsize}")
        place = 0
        for start, end, *_ in read_olmo_sidecar(path):
            assert int(start) == place
            place = int(end)
            rows.append(ids[int(start) : place].tolist())
        assert place == len(ids)
    return rows


def read_olmo_sidecar(path: Path) -> list[list[str]]:
    with gzip.open(path.with_suffix(".csv.gz"), "rt", newline="") as file:
        return list(csv.reader(file))


def read_mds(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    index = json.loads((folder / split / "index.json").read_text())
    assert index["version"] == 2
    rows = []
    for shard in index["shards"]:
        data = (folder / split / shard["raw_data"]["basename"]).read_bytes()
        (count,) = struct.unpack_from("<I", data)
        offsets = struct.unpack_from(f"<{count + 1}I", data, 4)
        config = json.loads(data[4 + 4 * (count + 1) : offsets[0]])
        assert config == {key: shard[key] for key in config}
        assert (shard["samples"], shard["raw_data"]["bytes"]) == (count, len(data))
        assert (offsets[-1], config["column_names"]) == (len(data), ["tokens"])
        dtype = np.dtype(config["column_encodings"][0].removeprefix("ndarray:"))
        rows += [_mds_sample(data[start:end], dtype) for start, end in pairwise(offsets)]
    return rows


def _mds_sample(sample: bytes, dtype: np.dtype) -> list[int]:
    (size,) = struct.unpack_from("<I", sample)
    assert size == len(sample) - 4
    axes, width = sample[4] >> 2, 1 << (sample[4] & 3)
    assert axes == 1
    length = int.from_bytes(sample[5 : 5 + width], "little")
    return np.frombuffer(sample, dtype, length, 5 + width).tolist()


def read_litdata(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    index = json.loads((folder / split / "index.json").read_text())
    (data_format,) = index["config"]["data_format"]
    dtype = {"no_header_numpy:5": "<u2", "no_header_numpy:2": "<i4"}[data_format]
    assert index["config"]["item_loader"] == "TokensLoader"
    ids = []
    for chunk in index["chunks"]:
        data = (folder / split / chunk["filename"]).read_bytes()
        count, begin, end = struct.unpack_from("<III", data)
        assert (count, begin, end) == (1, 12, len(data))
        assert (chunk["chunk_size"], chunk["chunk_bytes"]) == (1, len(data))
        # As the reader: the header is as long as the number of items says.
        found = np.frombuffer(data, dtype, offset=4 * (1 + chunk["chunk_size"] + 1))
        assert chunk["dim"] == len(found)
        ids += found.tolist()
    return [ids] if ids else []


def read_parquet(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    tables = [pq.read_table(path) for path in sorted(folder.glob(f"{split}-*.parquet"))]
    return [row for table in tables for row in table.column("input_ids").to_pylist()]


def read_arrow(folder: Path, split: str, itemsize: int) -> list[list[int]]:
    rows = []
    for path in sorted(folder.glob(f"{split}-*.arrow")):
        with pa.memory_map(str(path)) as file:
            rows += pa.ipc.open_file(file).read_all().column("input_ids").to_pylist()
    return rows


READERS = {
    "arrow": read_arrow,
    "datatrove": read_datatrove,
    "litdata": read_litdata,
    "llmc": read_llmc,
    "mds": read_mds,
    "megatron": read_megatron,
    "nanogpt": read_nanogpt,
    "olmo": read_olmo,
    "parquet": read_parquet,
}
STREAMS = {"litdata", "llmc", "nanogpt"}
"""Formats that know no rows."""
