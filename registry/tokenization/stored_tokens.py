"""The token shards of a version as one series of documents, and as one stream of tokens."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from registry.tokenization.formats.base import Dtype, Ids, Numbers, Rows
from registry.tokenization.formats.megatron_reader import MegatronReader


class StoredTokens:
    """Shards behind memory maps; what is held of a version does not grow with its tokens."""

    def __init__(self, shards: Sequence[MegatronReader], *, dtype: Dtype) -> None:
        self._shards = shards
        self.dtype = dtype
        """Of the ids."""

        self.first_numbers = _starts([len(shard) for shard in shards])
        """For each shard the documents before it; then all of them."""

        self._first_tokens = _starts([shard.num_tokens for shard in shards])

    @property
    def num_documents(self) -> int:
        """Documents of all shards."""
        return int(self.first_numbers[-1])

    @property
    def num_tokens(self) -> int:
        """Ids of all shards, special tokens included."""
        return int(self._first_tokens[-1])

    def read(self, start: int, stop: int) -> Ids:
        """Return the ids of the stream from a place to before another, as a copy."""
        out = np.empty(max(0, stop - start), self.dtype)
        shard = int(np.searchsorted(self._first_tokens, start, side="right")) - 1
        filled = 0
        while filled < len(out):
            first = start + filled - int(self._first_tokens[shard])
            found = self._shards[shard].ids[first : first + len(out) - filled]
            out[filled : filled + len(found)] = found
            filled += len(found)
            shard += 1
        return out

    def iter_documents(self, first: int, last: int, *, max_tokens: int) -> Iterator[Rows]:
        """Yield documents in order, from a number to before another, in batches.

        A batch has at most so many tokens, or is one document that has more. It ends with a shard.
        """
        while first < last:
            place = int(np.searchsorted(self.first_numbers, first, side="right")) - 1
            shard, before = self._shards[place], int(self.first_numbers[place])
            local, end = first - before, min(last, int(self.first_numbers[place + 1])) - before
            stop = shard.find_batch_end(local, end, max_tokens=max_tokens)
            yield Rows(
                ids=shard.ids_of(local, stop),
                lengths=shard.lengths[local:stop].astype(np.int64),
                numbers=np.arange(first, before + stop),
            )
            first = before + stop

    def iter_in_order(self, numbers: Numbers, *, max_tokens: int) -> Iterator[Rows]:
        """Yield documents by their numbers, in batches as above, which no shard ends."""
        parts: list[Ids] = []
        first = size = 0
        places = _Places(self.first_numbers, numbers)
        for count, (place, local) in enumerate(places):
            ids = self._shards[place][local]
            if parts and size + len(ids) > max_tokens:
                yield _join(parts, numbers[first:count])
                first, size, parts = count, 0, []
            parts.append(ids)
            size += len(ids)
        if parts:
            yield _join(parts, numbers[first:])


class _Places:
    """Where documents stand: shard, and number in it."""

    _CHUNK = 1 << 16

    def __init__(self, first_numbers: Numbers, numbers: Numbers) -> None:
        self._first_numbers = first_numbers
        self._numbers = numbers

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for start in range(0, len(self._numbers), self._CHUNK):
            chunk = self._numbers[start : start + self._CHUNK]
            shards = np.searchsorted(self._first_numbers, chunk, side="right") - 1
            locals_ = chunk - self._first_numbers[shards]
            yield from zip(shards.tolist(), locals_.tolist(), strict=True)


def shuffled(count: int, *entropy: int) -> npt.NDArray[np.int64]:
    """Return the numbers below a count in an order that a seed decides; 8 bytes each.

    Source: NumPy's `Generator.permutation` over PCG64, seeded through `SeedSequence`.
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
    order = np.arange(count, dtype=np.int64)
    generator.shuffle(order)
    return order


def _join(parts: list[Ids], numbers: Numbers) -> Rows:
    lengths = np.fromiter(map(len, parts), np.int64, count=len(parts))
    return Rows(ids=np.concatenate(parts), lengths=lengths, numbers=numbers)


def _starts(sizes: Sequence[int]) -> Numbers:
    return np.concatenate([[0], np.cumsum(np.array(sizes, np.int64))]).astype(np.int64)
