"""What every format of exported tokens has in common: rows in, files of one split out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from registry.domain.tokenizer import CountingPolicy, Tokenizer
from registry.domain.tokens import OutputFormat, Packing
from registry.errors import InputError
from registry.tokenization.formats.boundaries import Boundary

Ids = npt.NDArray[np.integer]
Dtype = np.dtype[np.integer]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of ids, one behind the other: documents, or sequences that documents were packed into.

    No row is empty.
    """

    ids: Ids
    lengths: Numbers
    """Ids of each row; their sum is the length of `ids`."""

    numbers: Numbers
    """The number of each row: of a document its place in the version, of a sequence its place in
    the split, both from 0."""

    def __len__(self) -> int:
        return len(self.lengths)

    def cut(self, first: int, last: int, *, start: int, stop: int) -> "Rows":
        """Return the rows from `first` to before `last`, whose ids stand at `start` to `stop`."""
        return Rows(self.ids[start:stop], self.lengths[first:last], self.numbers[first:last])


@dataclass(frozen=True, slots=True)
class Origin:
    """Where documents come from: the token shards of a version."""

    reference: str
    paths: tuple[str, ...]
    first_numbers: Numbers
    """The number of the first document of each shard."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the files of a split depend on, besides its rows."""

    folder: Path
    split: str
    dtype: Dtype
    tokenizer: Tokenizer
    policy: CountingPolicy
    origin: Origin
    max_shard_tokens: int | None = None
    """Tokens of a file at most; None: as many as there are."""

    is_packed: bool = False
    """Whether rows are sequences of one length."""

    is_split: bool = False
    """Whether the export has a split `val` beside `train`."""


class TokenWriter(Protocol):
    """Writes the rows of one split, in order."""

    def write(self, rows: Rows) -> None:
        """Append rows.

        Raises:
            InputError: The format cannot hold a row or an id.
            OSError: A file cannot be written.
        """

    def close(self) -> None:
        """Finish every file; without it they are not to be used.

        Raises:
            OSError: A file cannot be written.
        """


@dataclass(frozen=True, slots=True)
class TokenFormat:
    """A format of exported tokens, and the rules of those who read it."""

    name: OutputFormat
    open: Callable[[Layout], TokenWriter]
    dtype_for: Callable[[int], Dtype]
    """The dtype for the highest id that can occur."""

    boundary: Boundary
    packings: tuple[Packing, ...]
    """Which packing means something to its readers; none: they cut one stream wherever they
    like."""

    takes_short_rows: bool = True
    """Whether readers take a last row that is shorter than the others."""

    keeps_first_file: bool = False
    """Whether the first file is for validation, unless there is a split `val`."""

    shard_tokens: Callable[[Dtype], int | None] = lambda _: None
    """Tokens of a file unless asked otherwise; None: all in one."""

    most_shard_tokens: Callable[[Dtype], int | None] = lambda _: None
    """Tokens of a file at most; 0: the format is one file; None: no limit of the format."""


def unsigned_dtype(highest_id: int, *itemsizes: int) -> Dtype:
    """Return the smallest unsigned dtype of the given sizes in bytes that holds an id.

    Raises:
        InputError: None of them holds it.
    """
    for itemsize in itemsizes:
        if highest_id < 1 << (8 * itemsize):
            return np.dtype(f"<u{itemsize}")
    raise InputError(f"id {highest_id:,} does not fit {8 * itemsizes[-1]} bits")


def narrow(ids: Ids, dtype: Dtype) -> Ids:
    """Return ids in another dtype, little-endian.

    Raises:
        InputError: One of them does not fit; nothing is wrapped.
    """
    if len(ids) and np.iinfo(ids.dtype).max > np.iinfo(dtype).max:
        largest = int(ids.max())
        if largest > np.iinfo(dtype).max:
            raise InputError(f"id {largest:,} does not fit {dtype.name}")
    return ids.astype(dtype, copy=False)
