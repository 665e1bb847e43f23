"""Megatron's token shards: ids back to back in `.bin`, lengths and offsets in `.idx`.

`.idx`, little-endian, with S sequences of which each is one document:

| offset | size | field |
|---|---|---|
| 0 | 9 | `MMIDIDX` and two NULs |
| 9 | 8 | u64, version 1 |
| 17 | 1 | u8, code of the dtype of the ids |
| 18 | 8 | u64, S |
| 26 | 8 | u64, S + 1 |
| 34 | 4 S | i32, tokens of each sequence |
| 34 + 4 S | 8 S | i64, byte offset of each sequence in `.bin` |
| 34 + 12 S | 8 (S + 1) | i64, sequences before each document, and S |

Source: `megatron/core/datasets/indexed_dataset.py` of github.com/NVIDIA/Megatron-LM.
"""

import struct
from array import array
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from registry.errors import InputError, StorageError
from registry.tokenization.encoder import Encoded

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
HEADER = struct.Struct("<9sQBQQ")
CODES: dict[int, np.dtype[np.integer]] = {
    1: np.dtype("<u1"),
    2: np.dtype("<i1"),
    3: np.dtype("<i2"),
    4: np.dtype("<i4"),
    5: np.dtype("<i8"),
    8: np.dtype("<u2"),
}
_FIRST_WIDE_VOCABULARY = 65_500
_LARGEST_ID = 2**31 - 1
_CHUNK = 1 << 20


def dtype_for(highest_id: int) -> np.dtype[np.integer]:
    """Return the dtype that Megatron takes for a vocabulary: u16 below 65,500 entries, else i32.

    Args:
        highest_id: The highest id that can occur, added tokens included, which may lie above the
            number of entries.

    Raises:
        InputError: It does not fit 31 bits; the format has no wider type that Megatron writes.
    """
    if highest_id > _LARGEST_ID:
        raise InputError(f"id {highest_id:,} does not fit Megatron's format: at most 2^31 - 1")
    return np.dtype("<u2" if highest_id + 1 < _FIRST_WIDE_VOCABULARY else "<i4")


class MegatronWriter:
    """Writes documents to `.bin` as they come and the `.idx` when closed.

    Leaving a `with` block by an exception writes no `.idx`, so half a shard is never taken for a
    whole one.
    """

    def __init__(self, bin_path: Path, idx_path: Path, dtype: np.dtype[np.integer]) -> None:
        self._idx_path = idx_path
        self._dtype = np.dtype(dtype).newbyteorder("<")
        if self._dtype not in CODES.values():
            raise InputError(f"Megatron's format has no code for {dtype}")
        self._lengths = array("i")
        self._file: IO[bytes] = bin_path.open("wb")
        self.num_empty = 0
        """Documents without tokens, which are left out."""

        self.num_tokens = 0
        """Tokens written."""

    @property
    def num_documents(self) -> int:
        """Documents written."""
        return len(self._lengths)

    def write(self, encoded: Encoded) -> None:
        """Append documents; those of no tokens are left out and counted.

        Raises:
            InputError: An id does not fit the dtype, or a document has more than 2^31 - 1 tokens.
                Nothing of the batch is written.
            StorageError: The file cannot be written.
        """
        lengths = encoded.lengths[encoded.lengths > 0]
        largest = int(encoded.ids.max(initial=0))
        if largest > np.iinfo(self._dtype).max:
            raise InputError(f"id {largest:,} does not fit {self._dtype.name}")
        if len(lengths) and int(lengths.max()) > _LARGEST_ID:
            raise InputError(f"a document of {int(lengths.max()):,} tokens: at most 2^31 - 1 fit")
        try:
            self._file.write(encoded.ids.astype(self._dtype).data)
        except OSError as error:
            raise StorageError(f"{self._file.name}: {error.strerror}") from error
        self._lengths.frombytes(lengths.astype(np.intc).tobytes())
        self.num_empty += len(encoded.lengths) - len(lengths)
        self.num_tokens += len(encoded.ids)

    def close(self) -> None:
        """Finish `.bin` and write `.idx`.

        Raises:
            StorageError: A file cannot be written.
        """
        try:
            self._file.close()
            with self._idx_path.open("wb") as file:
                write_index(file, np.frombuffer(self._lengths, np.intc), self._dtype)
        except OSError as error:
            raise StorageError(f"{self._idx_path}: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
            return
        # On a full disk closing fails as writing did, and the first error is already on its way.
        with suppress(OSError):
            self._file.close()


def write_index(
    file: IO[bytes], lengths: npt.NDArray[np.int32], dtype: np.dtype[np.integer]
) -> None:
    """Write the `.idx` of documents that stand back to back, in bounded memory.

    Args:
        file: Where to.
        lengths: Tokens of each document, none of them 0.
        dtype: Of the ids in `.bin`.
    """
    code = next(code for code, known in CODES.items() if known == dtype)
    count = len(lengths)
    file.write(HEADER.pack(MAGIC, VERSION, code, count, count + 1))
    chunks = [slice(start, start + _CHUNK) for start in range(0, count, _CHUNK)]
    for chunk in chunks:
        file.write(lengths[chunk].astype("<i4").data)
    offset = 0
    for chunk in chunks:
        # 64 bits throughout: a shard may well be larger than 2 or 4 GiB.
        num_bytes = lengths[chunk].astype("<i8") * dtype.itemsize
        ends = offset + np.cumsum(num_bytes)
        file.write((ends - num_bytes).astype("<i8").data)
        offset = int(ends[-1])
    for start in range(0, count + 1, _CHUNK):
        file.write(np.arange(start, min(start + _CHUNK, count + 1), dtype="<i8").data)
