"""Pack documents into sequences of one length. No token is lost; what is left over is handed back.

Two ways:

- *Concatenate*: documents back to back, cut at every multiple of the length. Every sequence is
  full; a document may begin in one and end in the next.
- *Best-fit decreasing*: of the documents at hand, the longest first, each goes into the fullest
  sequence that still has room for it, or into a new one. Only a document longer than a sequence is
  cut, into full sequences and a rest that is packed like a document. Sequences come out in the
  order of their first document, so that a shuffled order stays one, and may be shorter than the
  length; nothing is padded.

Source: Ding et al. 2024, "Fewer Truncations Improve Language Modeling" (arXiv:2404.10830), best-fit
packing. There it is over all documents; here the documents at hand are those of one batch.

Example:
    >>> pack_best_fit(np.array([3, 9, 2, 4]), sequence_length=6)
    [[(0, 0, 3), (1, 6, 9)], [(1, 0, 6)], [(2, 0, 2), (3, 0, 4)]]
"""

from bisect import bisect_left, insort
from collections import defaultdict
from typing import Protocol, TypeAlias

import numpy as np

from registry.domain.tokens import Packing
from registry.tokenization.formats.base import Ids, Numbers, Rows

Piece: TypeAlias = tuple[int, int, int]
"""The place of a document, and from where to before where its ids are meant."""


class Packer(Protocol):
    """Turns rows that are documents into rows that are sequences."""

    def add(self, rows: Rows) -> Rows:
        """Return the sequences that documents complete, perhaps none."""

    def finish(self) -> Rows:
        """Return the tail: one row behind the last full sequence, or none."""


def new_packer(packing: Packing, *, sequence_length: int) -> Packer:
    """Return a packer; `finish` of a best-fit one returns no row, since none waits for more."""
    if packing is Packing.BEST_FIT:
        return _BestFit(sequence_length)
    return _Concatenation(sequence_length)


def pack_best_fit(lengths: Numbers, *, sequence_length: int) -> list[list[Piece]]:
    """Return for each sequence the pieces of documents in it, both in the documents' order."""
    sequences: list[list[Piece]] = []
    by_room: dict[int, list[int]] = defaultdict(list)
    rooms: list[int] = []
    for piece in _longest_first(lengths, sequence_length):
        size = piece[2] - piece[1]
        place = bisect_left(rooms, size)
        if place == len(rooms):
            number, room = len(sequences), sequence_length
            sequences.append([])
        else:
            room = rooms[place]
            number = by_room[room].pop()
            if not by_room[room]:
                del rooms[place]
        sequences[number].append(piece)
        if left := room - size:
            if not by_room[left]:
                insort(rooms, left)
            by_room[left].append(number)
    return sorted(map(sorted, sequences))


def _longest_first(lengths: Numbers, sequence_length: int) -> list[Piece]:
    pieces = [
        (document, start, min(start + sequence_length, length))
        for document, length in enumerate(lengths.tolist())
        for start in range(0, length, sequence_length)
    ]
    return sorted(pieces, key=lambda piece: piece[1] - piece[2])


class _BestFit:
    def __init__(self, sequence_length: int) -> None:
        self._sequence_length = sequence_length
        self._num_sequences = 0

    def add(self, rows: Rows) -> Rows:
        """See `Packer.add`."""
        starts = (np.cumsum(rows.lengths) - rows.lengths).tolist()
        sequences = pack_best_fit(rows.lengths, sequence_length=self._sequence_length)
        parts = [
            rows.ids[starts[document] + start : starts[document] + stop]
            for sequence in sequences
            for document, start, stop in sequence
        ]
        sizes = [sum(stop - start for _, start, stop in sequence) for sequence in sequences]
        first, self._num_sequences = self._num_sequences, self._num_sequences + len(sequences)
        return Rows(
            ids=np.concatenate(parts) if parts else rows.ids,
            lengths=np.array(sizes, np.int64),
            numbers=np.arange(first, self._num_sequences),
        )

    def finish(self) -> Rows:
        """See `Packer.finish`."""
        empty = np.empty(0, np.int64)
        return Rows(empty, empty, empty)


class _Concatenation:
    def __init__(self, sequence_length: int) -> None:
        self._sequence_length = sequence_length
        self._num_sequences = 0
        self._rest: Ids = np.empty(0, np.uint16)

    def add(self, rows: Rows) -> Rows:
        """See `Packer.add`."""
        ids = np.concatenate([self._rest, rows.ids]) if len(self._rest) else rows.ids
        count = len(ids) // self._sequence_length
        full = count * self._sequence_length
        # A copy: a view would keep the whole batch in memory.
        self._rest = ids[full:].copy()
        return self._rows(ids[:full], [self._sequence_length] * count)

    def finish(self) -> Rows:
        """See `Packer.finish`."""
        rest = self._rest
        return self._rows(rest, [len(rest)] if len(rest) else [])

    def _rows(self, ids: Ids, lengths: list[int]) -> Rows:
        first, self._num_sequences = self._num_sequences, self._num_sequences + len(lengths)
        return Rows(ids, np.array(lengths, np.int64), np.arange(first, self._num_sequences))
