"""Encode documents: Arrow text in, flat ids and their number for each document out."""

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Encoding

from registry.errors import InputError
from registry.tokenization.control_tokens import take_out_control_tokens
from registry.tokenization.cutting import find_cut_rule
from registry.tokenization.description import Description

Ids = npt.NDArray[np.uint32]
Lengths = npt.NDArray[np.int64]

MAX_UNBROKEN_CHARACTERS = 64 << 20
"""A longer piece of text without a place to cut is refused: it would take over 6 GB to encode."""

_GROUP_CHARACTERS = 2 << 20
"""What is encoded at a time: the engine's objects take some 200 MB, and of smaller groups its
threads idle more at the end of each."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The ids of a batch of documents, one behind the other."""

    ids: Ids
    lengths: Lengths
    """Number of ids of each document; their sum is the length of `ids`."""


class Encoder(Protocol):
    """Turns text into ids, the same ids for the same text whatever stands beside it."""

    unknown_id: int | None
    """The id that stands for what the vocabulary cannot express."""

    def encode(self, texts: pa.Array) -> Encoded:
        """Encode documents, without any special token of the encoder's own.

        Args:
            texts: `large_string` without nulls.

        Raises:
            InputError: There is a document that `find_too_long` names.
        """

    def find_too_long(self, texts: pa.Array) -> npt.NDArray[np.bool_]:
        """Return which documents are too long to be encoded in one piece and cannot be cut.

        Args:
            texts: `large_string` without nulls.
        """

    def piece(self, id_: int) -> str | None:
        """Return the entry of the vocabulary with an id; None: there is none."""


class TokenizersEncoder:
    """An encoder over the `tokenizers` library, with as many threads as it takes by itself."""

    def __init__(self, description: Description, *, parse_special: bool) -> None:
        shown, ids = description, None
        if not parse_special:
            shown, ids = take_out_control_tokens(description)
        self.description = shown
        """The tokenizer as the engine sees it."""

        is_moved = ids is not None and ids != list(range(len(ids)))
        self.meant_ids = np.array(ids, np.uint32) if is_moved else None
        """For each id of the engine the one that is meant; None: it is the same."""

        self._engine = shown.load()
        self._engine.no_truncation()
        self._engine.no_padding()
        self._rule = find_cut_rule(description, parse_special=parse_special)
        self._pieces = {id_: entry for entry, id_ in description.ids.items()}
        self.unknown_id = description.model.unknown_id

    def encode(self, texts: pa.Array) -> Encoded:
        """See `Encoder.encode`."""
        pieces, num_pieces = self._cut(texts.to_pylist())
        ids = array("I")
        piece_lengths: list[int] = []
        # The engine lets go of the interpreter: one group is collected while it is at the next.
        with ThreadPoolExecutor(max_workers=1) as ahead:
            for encodings in ahead.map(self._encode_group, _groups(pieces)):
                _collect(encodings, ids=ids, lengths=piece_lengths)
        lengths = np.array(piece_lengths, np.int64)
        if len(pieces) > len(texts):
            starts = np.cumsum(num_pieces) - num_pieces
            lengths = np.add.reduceat(lengths, starts)
        found = np.frombuffer(ids, np.uint32)
        return restore_ids(Encoded(ids=found, lengths=lengths), self.meant_ids)

    def find_too_long(self, texts: pa.Array) -> npt.NDArray[np.bool_]:
        """See `Encoder.find_too_long`."""
        return find_too_long(texts, self._cut_document)

    def piece(self, id_: int) -> str | None:
        """See `Encoder.piece`."""
        return self._pieces.get(id_)

    def _encode_group(self, group: list[str]) -> Sequence[Encoding]:
        return self._engine.encode_batch_fast(group, add_special_tokens=False)

    def _cut(self, documents: list[str]) -> tuple[list[str], Lengths]:
        """Return the pieces of all documents and how many each one has."""
        if self._rule is None:
            pieces, num_pieces = documents, [1] * len(documents)
        else:
            parts = [self._cut_document(text) for text in documents]
            pieces, num_pieces = list(chain.from_iterable(parts)), list(map(len, parts))
        check_lengths(pieces)
        return pieces, np.array(num_pieces, np.int64)

    def _cut_document(self, text: str) -> list[str]:
        return [text] if self._rule is None else list(self._rule.cut(text))


def restore_ids(encoded: Encoded, meant_ids: Ids | None) -> Encoded:
    """Return an engine's own ids as those that are meant; see `TokenizersEncoder.meant_ids`."""
    if meant_ids is None:
        return encoded
    return Encoded(ids=meant_ids[encoded.ids], lengths=encoded.lengths)


def check_lengths(pieces: Sequence[str]) -> None:
    """Refuse text that no engine can encode in one piece.

    Raises:
        InputError: A piece is longer than `MAX_UNBROKEN_CHARACTERS`.
    """
    longest = max(map(len, pieces), default=0)
    if longest > MAX_UNBROKEN_CHARACTERS:
        raise InputError(
            f"a document holds {longest:,} characters in a row that this tokenizer cannot encode "
            f"in parts; at most {MAX_UNBROKEN_CHARACTERS:,} fit in memory",
            hint="leave out the documents that `find_too_long` names, or split them",
        )


def find_too_long(texts: pa.Array, cut: Callable[[str], Sequence[str]]) -> npt.NDArray[np.bool_]:
    """Return which documents hold a piece that `check_lengths` refuses.

    Args:
        texts: `large_string` without nulls.
        cut: Returns the pieces in which a document is encoded.
    """
    # A character is one byte at least: nearly every document needs no second look.
    sizes = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    is_too_long: npt.NDArray[np.bool_] = sizes > MAX_UNBROKEN_CHARACTERS
    for row in np.flatnonzero(is_too_long).tolist():
        pieces = cut(texts[row].as_py())
        is_too_long[row] = max(map(len, pieces)) > MAX_UNBROKEN_CHARACTERS
    return is_too_long


def _groups(pieces: Sequence[str]) -> Iterator[list[str]]:
    """Yield the pieces in groups that keep every thread busy and memory bounded."""
    group: list[str] = []
    size = 0
    for piece in pieces:
        group.append(piece)
        size += len(piece)
        if size >= _GROUP_CHARACTERS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _collect(encodings: Sequence[Encoding], *, ids: "array[int]", lengths: list[int]) -> None:
    # `array.fromlist` costs a fifth of `numpy.fromiter` over a chain; measured over 340,000 ids.
    for encoding in encodings:
        found = encoding.ids
        ids.fromlist(found)
        lengths.append(len(found))


def _silence_forks() -> None:
    """Keep a fork from printing a warning, and the child from waiting for threads it lacks.

    The library reads the variable in the child, at once; it is set for the time of the fork alone.
    """
    name = "TOKENIZERS_PARALLELISM"
    changed = [False]

    def before() -> None:
        changed[0] = name not in os.environ
        os.environ.setdefault(name, "false")

    def after_in_parent() -> None:
        if changed[0]:
            del os.environ[name]

    os.register_at_fork(before=before, after_in_parent=after_in_parent)


if hasattr(os, "register_at_fork"):
    _silence_forks()
