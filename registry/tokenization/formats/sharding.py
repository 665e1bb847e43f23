"""Where rows are cut into files: by their lengths alone, never by how they arrive."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from registry.tokenization.formats.base import Dtype, Numbers, Rows, narrow


class ShardFile(Protocol):
    """One file, or one and what belongs to it, that is being written."""

    def write(self, rows: Rows) -> None:
        """Append rows, whose ids have the dtype of the files."""

    def close(self) -> None:
        """Finish it."""


class ShardedWriter:
    """Writes rows to one file after the other. Without rows there is no file.

    A row is never divided: a file is closed before the row that would make it larger than allowed,
    and a row larger than that has a file to itself.
    """

    def __init__(
        self,
        open_shard: Callable[[int], ShardFile],
        *,
        dtype: Dtype,
        limit: int | None,
        measure: Callable[[Numbers], Numbers] = lambda lengths: lengths,
    ) -> None:
        """Make a writer.

        Args:
            open_shard: Opens a file by its number from 0.
            dtype: Of the ids in the files.
            limit: What a file holds at most, in the unit of `measure`; None: everything.
            measure: Says of each row, by its number of ids, how much it takes; else the ids.
        """
        self._open_shard = open_shard
        self._dtype = dtype
        self._limit = limit
        self._measure = measure
        self._shard: ShardFile | None = None
        self._held = 0
        self.num_shards = 0

    def write(self, rows: Rows) -> None:
        """See `TokenWriter.write`."""
        rows = Rows(narrow(rows.ids, self._dtype), rows.lengths, rows.numbers)
        ends, sizes = np.cumsum(rows.lengths), np.cumsum(self._measure(rows.lengths))
        first = 0
        while first < len(rows):
            last = self._count_fitting(sizes, first)
            start, before = _before(ends, first), _before(sizes, first)
            self._current().write(rows.cut(first, last, start=start, stop=int(ends[last - 1])))
            self._held += int(sizes[last - 1]) - before
            first = last

    def close(self) -> None:
        """See `TokenWriter.close`."""
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    def _count_fitting(self, sizes: Numbers, first: int) -> int:
        """Return where the rows end that the file takes; closes one that takes none."""
        if self._limit is None:
            return len(sizes)
        before = _before(sizes, first)
        last = int(np.searchsorted(sizes, before + self._limit - self._held, side="right"))
        if last > first:
            return last
        if self._held:
            self.close()
            self._held = 0
            return self._count_fitting(sizes, first)
        return first + 1

    def _current(self) -> ShardFile:
        if self._shard is None:
            self._shard = self._open_shard(self.num_shards)
            self.num_shards += 1
            self._held = 0
        return self._shard


class StreamWriter(ShardedWriter):
    """Writes ids to files of exactly the allowed size, dividing rows wherever a file is full."""

    def write(self, rows: Rows) -> None:
        """See `TokenWriter.write`."""
        if self._limit is None:
            super().write(rows)
            return
        start = 0
        while start < len(rows.ids):
            room = self._limit - self._held or self._limit
            stop = min(start + room, len(rows.ids))
            super().write(_as_one_row(rows, start, stop))
            start = stop


def _as_one_row(rows: Rows, start: int, stop: int) -> Rows:
    return Rows(rows.ids[start:stop], np.array([stop - start]), rows.numbers[:1])


def _before(sums: Numbers, first: int) -> int:
    return int(sums[first - 1]) if first else 0
