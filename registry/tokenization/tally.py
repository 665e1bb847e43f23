"""Running totals over encoded documents, and how they use a vocabulary."""

import unicodedata
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from registry.documents import num_text_bytes
from registry.domain.count import UnanticipatedSymbol, VocabularyUse
from registry.domain.tokenizer import Tokenizer
from registry.tokenization.encoder import Encoded, Encoder

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_NUM_CODE_POINTS = 0x110000
_NUM_ASCII = 128
_FEW = 8
"""Up to so many characters are counted one by one, more of them by a table of all bytes."""

_DROPPED = -1
_PIECE = 1 << 17
# What an engine puts in front of text that does not begin with a blank.
_SPACE_PIECES = frozenset({"\u2581", "\u0120"})


class Tally:
    """Counts documents, tokens, bytes, ids and characters; 9 MB and 8 bytes a vocabulary entry."""

    def __init__(self, tokenizer: Tokenizer, encoder: Encoder) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder
        self.id_counts = np.zeros(tokenizer.highest_id + 1, np.int64)
        """How often each id stands in the documents."""

        self.character_counts = np.zeros(_NUM_CODE_POINTS, np.int64)
        """How often each code point stands in the documents; of ASCII, only what is not one token
        of its own, since nobody asks for the rest."""

        self.examples: dict[int, str] = {}
        """The locator of the first document that holds a code point."""

        self.num_documents = 0
        self.num_tokens = 0
        self.num_bytes = 0
        self.num_characters = 0

    @cached_property
    def _watched(self) -> list[int]:
        """The ASCII characters that are not anticipated."""
        return sorted(self._tokens_each(np.arange(_NUM_ASCII)))

    @property
    def num_unknown_tokens(self) -> int:
        """Tokens that stand for text the vocabulary cannot express."""
        unknown = self._encoder.unknown_id
        return 0 if unknown is None else int(self.id_counts[unknown])

    def add(self, batch: pa.RecordBatch, encoded: Encoded) -> None:
        """Add documents and their ids.

        Args:
            batch: `registry.documents.DOCUMENTS`.
            encoded: Their ids, without the special tokens of a policy.
        """
        self.num_documents += batch.num_rows
        self.num_tokens += len(encoded.ids)
        self.num_bytes += num_text_bytes(batch)
        self.id_counts += _count(encoded.ids, num_values=len(self.id_counts))
        self._add_characters(batch)

    def state(self) -> bytes:
        """Return everything counted so far, for a checkpoint; the same counts give the same."""
        ids, codes = np.flatnonzero(self.id_counts), np.flatnonzero(self.character_counts)
        return orjson.dumps(
            {
                "totals": [
                    self.num_documents,
                    self.num_tokens,
                    self.num_bytes,
                    self.num_characters,
                ],
                "ids": [ids, self.id_counts[ids]],
                "characters": [codes, self.character_counts[codes]],
                "examples": sorted(self.examples.items()),
            },
            option=orjson.OPT_SERIALIZE_NUMPY,
        )

    def add_state(self, state: bytes) -> None:
        """Add what a tally of the same tokenizer had counted, behind this one's documents."""
        counted = orjson.loads(state)
        other = type(self)(self._tokenizer, self._encoder)
        totals = counted["totals"]
        other.num_documents, other.num_tokens, other.num_bytes, other.num_characters = totals
        ids, numbers = counted["ids"]
        other.id_counts[ids] = numbers
        codes, numbers = counted["characters"]
        other.character_counts[codes] = numbers
        other.examples = dict(counted["examples"])
        self.merge(other)

    def merge(self, other: Self) -> None:
        """Add what another tally of the same tokenizer has counted behind this one's documents."""
        self.num_documents += other.num_documents
        self.num_tokens += other.num_tokens
        self.num_bytes += other.num_bytes
        self.num_characters += other.num_characters
        self.id_counts += other.id_counts
        self.character_counts += other.character_counts
        self.examples = other.examples | self.examples

    def vocabulary_use(self, *, top: int = 20) -> VocabularyUse:
        """Return how much of the vocabulary is used, and the symbols it does not anticipate.

        A character is anticipated if, alone, it becomes one token other than the unknown one.
        White space that a tokenizer drops on purpose is not reported.

        Args:
            top: How many unanticipated symbols to list.
        """
        seen = np.flatnonzero(self.character_counts)
        costs = self._tokens_each(seen)
        order = sorted(costs, key=lambda code: (-int(self.character_counts[code]), code))
        num_missed = int(self.character_counts[order].sum())
        num_used = int(np.count_nonzero(self.id_counts))
        return VocabularyUse(
            num_used=num_used,
            vocab_size=self._tokenizer.vocab_size,
            fraction_used=num_used / self._tokenizer.vocab_size,
            unanticipated=tuple(self._symbol(code, costs[code]) for code in order[:top]),
            num_unanticipated=len(order),
            unanticipated_fraction=num_missed / self.num_characters if self.num_characters else 0.0,
        )

    def _add_characters(self, batch: pa.RecordBatch) -> None:
        data, bounds = _text_bytes(batch.column("text"))
        self._add_watched(data, batch, bounds)
        self.num_characters += len(data)
        starts = np.flatnonzero(data >= 0xC0)
        if len(starts):
            self._add_wide_characters(data, starts, batch, bounds)

    def _add_watched(self, data: Bytes, batch: pa.RecordBatch, bounds: Numbers) -> None:
        if len(self._watched) <= _FEW:
            counts = {code: int(np.count_nonzero(data == code)) for code in self._watched}
        else:
            counted = _count_bytes(data)
            counts = {code: int(counted[code]) for code in self._watched}
        for code, count in counts.items():
            if count and not self.character_counts[code]:
                self._keep_example(code, int((data == code).argmax()), batch, bounds)
            self.character_counts[code] += count

    def _add_wide_characters(
        self, data: Bytes, starts: Numbers, batch: pa.RecordBatch, bounds: Numbers
    ) -> None:
        codes = _decode(data, starts)
        is_new = self.character_counts[codes] == 0
        found, firsts = np.unique(codes[is_new], return_index=True)
        for code, place in zip(found.tolist(), starts[is_new][firsts].tolist(), strict=True):
            self._keep_example(code, place, batch, bounds)
        counts = np.bincount(codes)
        self.character_counts[: len(counts)] += counts
        # Every other byte of a wide character was taken for a character.
        leads = data[starts]
        self.num_characters -= len(starts) + int((leads >= 0xE0).sum()) + int((leads >= 0xF0).sum())

    def _keep_example(self, code: int, place: int, batch: pa.RecordBatch, bounds: Numbers) -> None:
        row = int(np.searchsorted(bounds, place, side="right")) - 1
        self.examples[code] = batch.column("source")[row].as_py()

    def _tokens_each(self, codes: Numbers) -> dict[int, int]:
        """Return the tokens of each unanticipated character, 0 if unknown, -1 if dropped."""
        if len(codes) == 0:
            return {}
        texts = [chr(code) for code in codes]
        encoded = self._encoder.encode(pa.array(texts, pa.large_string()))
        costs: dict[int, int] = {}
        pieces = np.split(encoded.ids, np.cumsum(encoded.lengths)[:-1])
        for text, ids in zip(texts, pieces, strict=True):
            own = ids[1:] if self._begins_with_space(ids) else ids
            is_unknown = self._encoder.unknown_id in own
            if not is_unknown and (len(own) == 1 or (len(own) == 0 and text.isspace())):
                continue
            costs[ord(text)] = 0 if is_unknown else len(own) or _DROPPED
        return costs

    def _begins_with_space(self, ids: npt.NDArray[np.uint32]) -> bool:
        return len(ids) > 1 and self._encoder.piece(int(ids[0])) in _SPACE_PIECES

    def _symbol(self, code: int, tokens_each: int) -> UnanticipatedSymbol:
        character = chr(code)
        return UnanticipatedSymbol(
            character=character,
            code_point=f"U+{code:04X}",
            name=unicodedata.name(character, unicodedata.category(character)),
            count=int(self.character_counts[code]),
            tokens_each=max(0, tokens_each),
            is_dropped=tokens_each == _DROPPED,
            example=self.examples[code],
        )


def _text_bytes(texts: pa.Array) -> tuple[Bytes, Numbers]:
    """Return the text of all documents, one behind the other, and where each begins and ends."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    whole = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return whole[bounds[0] : bounds[-1]], bounds - bounds[0]


def _count(values: npt.NDArray[np.unsignedinteger], *, num_values: int) -> Numbers:
    """Return how often each value stands in an array."""
    counts = np.zeros(num_values, np.int64)
    # In pieces that stay in the cache: twice as fast.
    for start in range(0, len(values), _PIECE):
        counts += np.bincount(values[start : start + _PIECE], minlength=num_values)
    return counts


def _count_bytes(data: Bytes) -> Numbers:
    """Return how often each byte value stands in the data."""
    # Counted in pairs, which are half as many.
    pairs = data[: len(data) & ~1].view("<u2")
    table = _count(pairs, num_values=1 << 16).reshape(256, 256)
    counts: Numbers = table.sum(axis=0) + table.sum(axis=1)
    counts[data[len(pairs) * 2 :]] += 1
    return counts


def _decode(data: Bytes, starts: Numbers) -> Numbers:
    """Return the code points of the characters of several bytes that begin at some places.

    Source: RFC 3629, section 3.
    """
    leads = data[starts].astype(np.int64)
    codes = leads & 0x1F
    codes[leads >= 0xE0] &= 0x0F
    codes[leads >= 0xF0] &= 0x07
    for place, lowest in ((1, 0xC0), (2, 0xE0), (3, 0xF0)):
        is_longer = leads >= lowest
        codes[is_longer] = codes[is_longer] << 6 | data[starts[is_longer] + place] & 0x3F
    return codes
