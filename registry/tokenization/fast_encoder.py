"""The fast engine, gigatoken: Arrow buffers in, NumPy ids out, no Python object for a document.

It is never trusted alone. `GuardedEncoder` gives to the reference what the fast engine is known to
do otherwise, and compares some documents of every batch.
"""

import re
import unicodedata
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from registry.domain.engine import EngineDifference, EngineIdentity
from registry.errors import EngineMismatchError, EngineRefusedError, MissingExtraError
from registry.tokenization.description import AddedTokenFacts, Description
from registry.tokenization.encoder import Encoded, TokenizersEncoder, restore_ids
from registry.tokenization.parity import find_difference

if TYPE_CHECKING:
    from gigatoken.gigatoken_rs import BPETokenizer, SentencePieceTokenizer

FAST_ENGINE = "gigatoken"
"""The library's name."""

_DRAWN_ROWS = 4
_LOOKED_AT_ROWS = 200
_COMPARED_CHARACTERS = 1_000
"""The reference takes a hundred times as long for a text, so what it sees of a batch is little."""

_NFC = {"type": "NFC"}

Mask = npt.NDArray[np.bool_]


class GigatokenEngine:
    """The engine alone."""

    def __init__(self, description: Description) -> None:
        """Load a tokenizer.

        Args:
            description: Without added tokens, which it would look for in an order of its own.

        Raises:
            MissingExtraError: The library is not installed.
            EngineRefusedError: It does not take such a tokenizer.
        """
        try:
            from gigatoken.gigatoken_rs import load_hf_json  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError(task="the fast engine", extra="fast") from error
        try:
            self._engine: BPETokenizer | SentencePieceTokenizer = load_hf_json(
                description.to_json()
            )
        except (ValueError, TypeError, NotImplementedError, RuntimeError) as error:
            raise EngineRefusedError(
                engine=FAST_ENGINE, reason=str(error).partition("\n")[0]
            ) from error

    def encode(self, texts: pa.Array) -> Encoded:
        """Encode documents.

        Args:
            texts: `large_string` without nulls.
        """
        from awkward import from_arrow  # noqa: PLC0415 - comes with the extra

        # Its own threads take twice the time of the cores and are no sooner done on two of them.
        layout = self._engine.encode_batch(from_arrow(texts), parallel=False).layout
        ends = np.asarray(layout.offsets.data).astype(np.int64, copy=False)
        ids = np.asarray(layout.content.data)[ends[0] : ends[-1]]
        return Encoded(ids=ids, lengths=np.diff(ends))


def identify_fast() -> EngineIdentity:
    """Return the fast engine and the version that is installed.

    Raises:
        MissingExtraError: None is.
    """
    try:
        return EngineIdentity(name=FAST_ENGINE, version=version(FAST_ENGINE))
    except PackageNotFoundError as error:
        raise MissingExtraError(task="the fast engine", extra="fast") from error


class GuardedEncoder:
    """The fast engine under the eyes of the reference; see `Encoder`.

    Two kinds of documents go to the reference: those in which an added token may stand, and, where
    the tokenizer puts text in NFC, those that are not, since engines know different versions of
    Unicode. Of each batch some documents are encoded by both engines: a few evenly drawn, and one
    with characters outside ASCII.
    """

    def __init__(self, description: Description, reference: TokenizersEncoder) -> None:
        """Load the fast engine.

        Args:
            description: The tokenizer.
            reference: An encoder for it, which other threads may use as well.

        Raises:
            MissingExtraError: The fast engine is not installed.
            EngineRefusedError: It does not take such a tokenizer.
        """
        self.reference = reference
        """The engine that the ids are compared with."""

        self.description = description
        shown = reference.description
        self._wants_nfc = shown.normalizer == _NFC
        self._added_token = _find_pattern(shown)
        update = {"added_tokens": (), **({"normalizer": None} if self._wants_nfc else {})}
        self._fast = GigatokenEngine(shown.model_copy(update=update))
        self._highest_id = max(shown.ids.values(), default=0)
        self.unknown_id = self.reference.unknown_id

    def encode(self, texts: pa.Array) -> Encoded:
        """See `Encoder.encode`.

        Raises:
            EngineMismatchError: The engines differ on one of the documents that were compared.
        """
        encoded = self.encode_unchecked(texts)
        self._compare(texts, encoded)
        return encoded

    def encode_unchecked(self, texts: pa.Array) -> Encoded:
        """Encode documents and compare none of them."""
        suspects = self._find_suspects(texts)
        if not suspects.any():
            return self._encode_fast(texts)
        return _interleave(
            self.reference.encode(texts.filter(pa.array(suspects))),
            self._encode_fast(texts.filter(pa.array(~suspects))),
            is_first=suspects,
        )

    def find_too_long(self, texts: pa.Array) -> Mask:
        """See `Encoder.find_too_long`."""
        return self.reference.find_too_long(texts)

    def piece(self, id_: int) -> str | None:
        """See `Encoder.piece`."""
        return self.reference.piece(id_)

    def _find_suspects(self, texts: pa.Array) -> Mask:
        suspects: Mask = np.zeros(len(texts), np.bool_)
        if self._added_token is not None:
            found = pc.match_substring_regex(texts, self._added_token)
            suspects |= found.to_numpy(zero_copy_only=False)
        if self._wants_nfc:
            for row in _find_wide(texts):
                suspects[row] |= not unicodedata.is_normalized("NFC", texts[row].as_py())
        return suspects

    def _encode_fast(self, texts: pa.Array) -> Encoded:
        encoded = self._fast.encode(texts)
        highest = int(encoded.ids.argmax()) if len(encoded.ids) else None
        if highest is not None and encoded.ids[highest] > self._highest_id:
            row = int(np.searchsorted(np.cumsum(encoded.lengths), highest, side="right"))
            difference = EngineDifference(
                text=_excerpt(texts[row].as_py()),
                ids=(int(encoded.ids[highest]),),
                reference_ids=(),
            )
            raise mismatch(identify_fast(), difference, num_compared=1)
        return restore_ids(encoded, self.reference.meant_ids)

    def _compare(self, texts: pa.Array, encoded: Encoded) -> None:
        rows = _rows_to_compare(texts)
        documents = texts.take(pa.array(rows, pa.int64()))
        excerpts = pc.utf8_slice_codeunits(documents, 0, _COMPARED_CHARACTERS)
        if excerpts.equals(documents):
            ours = _take(encoded, rows)
        else:
            # Of a long document its beginning is compared, which ends where no token need end.
            ours = self.encode_unchecked(excerpts)
        difference = compare(self.reference, excerpts.to_pylist(), ours)
        if difference is not None:
            raise mismatch(identify_fast(), difference, num_compared=len(excerpts))


def compare(
    reference: TokenizersEncoder, texts: list[str], encoded: Encoded
) -> EngineDifference | None:
    """Return the first text that the reference encodes otherwise; None: there is none."""
    expected = reference.encode(pa.array(texts, pa.large_string()))
    return find_difference(texts, encoded, expected)


def mismatch(
    engine: EngineIdentity, difference: EngineDifference, *, num_compared: int
) -> EngineMismatchError:
    """Return the error for a difference that was found."""
    return EngineMismatchError(
        engine=str(engine), num_compared=num_compared, **difference.model_dump()
    )


def _find_pattern(description: Description) -> str | None:
    """Return the expression that matches wherever an added token may stand; None: there is none.

    Raises:
        EngineRefusedError: What stands in the text does not tell where one is found.
    """
    for token in description.added_tokens:
        if not _shows_in_text(token, description):
            reason = f"its normalizer may bring forth the added token {token.content!r}"
            raise EngineRefusedError(engine=FAST_ENGINE, reason=reason)
    contents = [re.escape(token.content) for token in description.added_tokens if token.content]
    return "|".join(contents) or None


def _shows_in_text(token: AddedTokenFacts, description: Description) -> bool:
    """Whether text in which the token is found holds its characters before it is normalized."""
    if not token.normalized:
        return True
    match description.normalizer:
        case None | {"type": "NFC"}:
            # A document that NFC changes goes to the reference for that reason alone.
            return True
        case {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
            ],
        }:
            return not set(" \u2581") & set(token.content)
    return False


def _interleave(first: Encoded, second: Encoded, *, is_first: Mask) -> Encoded:
    """Return documents that two engines encoded in their order, by whose each of them is."""
    lengths = np.empty(len(is_first), np.int64)
    lengths[is_first], lengths[~is_first] = first.lengths, second.lengths
    ids = np.empty(len(first.ids) + len(second.ids), np.uint32)
    is_from_first = np.repeat(is_first, lengths)
    ids[is_from_first], ids[~is_from_first] = first.ids, second.ids
    return Encoded(ids=ids, lengths=lengths)


def _rows_to_compare(texts: pa.Array) -> list[int]:
    if len(texts) == 0:
        return []
    drawn = np.linspace(0, len(texts) - 1, _DRAWN_ROWS).astype(np.int64).tolist()
    middle = max(0, (len(texts) - _LOOKED_AT_ROWS) // 2)
    wide = _find_wide(texts.slice(middle, _LOOKED_AT_ROWS))[:1]
    return sorted({*drawn, *(middle + row for row in wide)})


def _find_wide(texts: pa.Array) -> list[int]:
    """Return which documents hold characters outside ASCII."""
    is_wide = pc.invert(pc.string_is_ascii(texts))
    return np.flatnonzero(is_wide.to_numpy(zero_copy_only=False)).tolist()


def _excerpt(text: str) -> str:
    return text[:_COMPARED_CHARACTERS]


def _take(encoded: Encoded, rows: list[int]) -> Encoded:
    """Return the ids of some documents."""
    ends = np.cumsum(encoded.lengths)
    lengths = encoded.lengths[rows]
    parts = [encoded.ids[end - size : end] for end, size in zip(ends[rows], lengths, strict=True)]
    return Encoded(ids=np.concatenate([np.empty(0, np.uint32), *parts]), lengths=lengths)
