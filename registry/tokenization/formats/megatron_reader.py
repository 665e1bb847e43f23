"""Read Megatron's token shards through memory maps; the format is told in `megatron`."""

from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from registry.errors import UnreadableError
from registry.tokenization.formats.megatron import CODES, HEADER, MAGIC, VERSION


class MegatronReader:
    """Reads a shard through memory maps: opening costs the same at any size."""

    def __init__(
        self,
        ids: npt.NDArray[np.integer],
        lengths: npt.NDArray[np.int32],
        offsets: npt.NDArray[np.int64],
    ) -> None:
        self.ids = ids
        """The ids of all documents, one behind the other."""

        self.lengths = lengths
        """Tokens of each document."""

        self.offsets = offsets
        """Where each document starts in `.bin`, in bytes."""

    @classmethod
    def open(cls, bin_path: Path, idx_path: Path) -> Self:
        """Open a shard.

        Raises:
            UnreadableError: A file is missing, cut, or not of this format.
        """
        index, ids = _map(idx_path), _map(bin_path)
        code, count = _read_header(index, path=idx_path)
        dtype = CODES[code]
        start = HEADER.size
        lengths = np.frombuffer(index, "<i4", count, start)
        offsets = np.frombuffer(index, "<i8", count, start + 4 * count)
        expected = int(offsets[-1]) + int(lengths[-1]) * dtype.itemsize if count else 0
        if len(ids) != expected:
            raise UnreadableError(
                path=str(bin_path), reason=f"{len(ids):,} bytes, the index says {expected:,}"
            )
        return cls(np.frombuffer(ids, dtype), lengths, offsets)

    @property
    def dtype(self) -> np.dtype[np.integer]:
        """The dtype of the ids."""
        return self.ids.dtype

    @property
    def num_tokens(self) -> int:
        """Ids of all documents."""
        return len(self.ids)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, number: int) -> npt.NDArray[np.integer]:
        """Return the ids of a document, by its number from 0."""
        return self.ids_of(number, number + 1)

    def ids_of(self, first: int, last: int) -> npt.NDArray[np.integer]:
        """Return the ids of documents that follow each other, from a number to before another."""
        if first == last:
            return self.ids[:0]
        start, end = int(self.offsets[first]), int(self.offsets[last - 1])
        itemsize = self.dtype.itemsize
        return self.ids[start // itemsize : end // itemsize + int(self.lengths[last - 1])]

    def find_batch_end(self, first: int, last: int, *, max_tokens: int) -> int:
        """Return before which document a batch ends that has at most so many tokens.

        It has one document at least, and none from `last` on.
        """
        most = int(self.offsets[first]) + max_tokens * self.dtype.itemsize
        # Where the document behind a batch starts, the batch ends.
        fitting = int(np.searchsorted(self.offsets[:last], most, side="right"))
        if fitting == last and self._end_of(last - 1) <= most:
            return last
        return max(fitting - 1, first + 1)

    def _end_of(self, number: int) -> int:
        return int(self.offsets[number]) + int(self.lengths[number]) * self.dtype.itemsize


def _map(path: Path) -> npt.NDArray[np.uint8]:
    try:
        if path.stat().st_size == 0:
            return np.empty(0, np.uint8)
        # The map outlives the file handle: a version may have more shards than a process may have
        # files open.
        with pa.memory_map(str(path)) as file:
            return np.frombuffer(file.read_buffer(), np.uint8)
    except OSError as error:
        raise UnreadableError(path=str(path), reason=error.strerror or str(error)) from error


def _read_header(index: npt.NDArray[np.uint8], *, path: Path) -> tuple[int, int]:
    """Return the code of the dtype and the number of sequences."""
    if len(index) < HEADER.size:
        raise UnreadableError(path=str(path), reason="cut short within the header")
    magic, version, code, count, documents = HEADER.unpack(index[: HEADER.size].tobytes())
    if magic != MAGIC or version != VERSION:
        raise UnreadableError(path=str(path), reason="not a Megatron index of version 1", offset=0)
    if code not in CODES:
        raise UnreadableError(path=str(path), reason=f"unknown dtype code {code}", offset=17)
    if len(index) < HEADER.size + 12 * count + 8 * documents:
        raise UnreadableError(
            path=str(path), reason=f"cut short: {count:,} sequences do not fit {len(index):,} bytes"
        )
    return int(code), int(count)
