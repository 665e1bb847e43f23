"""SentencePiece models, run by the `sentencepiece` library itself.

The library is an extra and is imported when a model is met. Its models are protocol buffers whose
schema it ships, hence the extra's second package.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from registry.domain.digest import Digest, fingerprint
from registry.domain.tokenizer import TokenizerKind
from registry.errors import InputError, MissingExtraError, UnreadableError
from registry.tokenization.encoder import Encoded, check_lengths, find_too_long

_CONTROL = 3
_KINDS: Mapping[int, TokenizerKind] = {
    1: TokenizerKind.UNIGRAM,
    2: TokenizerKind.BPE,
    # A model of words or of characters looks its pieces up whole.
    3: TokenizerKind.WORDLEVEL,
    4: TokenizerKind.WORDLEVEL,
}
# The trainer's settings that the library still reads when it encodes.
_ENCODING_SETTINGS = (
    "model_type",
    "treat_whitespace_as_suffix",
    "byte_fallback",
    "pretokenization_delimiter",
)
_NORMALIZER_SETTINGS = (
    "precompiled_charsmap",
    "add_dummy_prefix",
    "remove_extra_whitespaces",
    "escape_whitespaces",
)


@dataclass(frozen=True, slots=True)
class SentencePieceFacts:
    """What a model says of itself."""

    fingerprint: Digest
    kind: TokenizerKind
    vocabulary: Mapping[str, int]
    unknown_token: str | None
    eos_token: str | None
    bos_token: str | None


def read_sentencepiece(data: bytes, *, path: str) -> SentencePieceFacts:
    """Return the facts of a model.

    Raises:
        MissingExtraError: `sentencepiece` or `protobuf` is not installed.
        UnreadableError: The bytes are no model.
    """
    processor = _load(data, path=path)
    model = _import("sentencepiece.sentencepiece_model_pb2").ModelProto.FromString(data)
    pieces = [(piece.piece, piece.score, piece.type) for piece in model.pieces]

    def control(id_: int) -> str | None:
        return pieces[id_][0] if id_ >= 0 and pieces[id_][2] == _CONTROL else None

    return SentencePieceFacts(
        fingerprint=_fingerprint(model, pieces),
        kind=_KINDS[model.trainer_spec.model_type],
        vocabulary={piece: id_ for id_, (piece, _, _) in enumerate(pieces)},
        unknown_token=pieces[processor.unk_id()][0],
        eos_token=control(processor.eos_id()),
        bos_token=control(processor.bos_id()),
    )


class SentencePieceEncoder:
    """An encoder over the `sentencepiece` library. Control symbols are never read from text."""

    def __init__(self, data: bytes, *, path: str, parse_special: bool) -> None:
        if parse_special:
            raise InputError(
                f"{path}: a SentencePiece model never reads control symbols from text",
                hint="leave parsing of special tokens off, or use the tokenizer.json of this model",
            )
        self._processor = _load(data, path=path)
        self.unknown_id: int | None = self._processor.unk_id()

    def encode(self, texts: pa.Array) -> Encoded:
        """See `Encoder.encode`."""
        documents = texts.to_pylist()
        check_lengths(documents)
        ids = array("I")
        lengths: list[int] = []
        for found in self._processor.encode(documents, out_type=int) if documents else []:
            ids.fromlist(found)
            lengths.append(len(found))
        return Encoded(ids=np.frombuffer(ids, np.uint32), lengths=np.array(lengths, np.int64))

    def find_too_long(self, texts: pa.Array) -> npt.NDArray[np.bool_]:
        """See `Encoder.find_too_long`."""
        return find_too_long(texts, lambda text: [text])

    def piece(self, id_: int) -> str | None:
        """See `Encoder.piece`."""
        return str(self._processor.id_to_piece(id_))


def _fingerprint(model: Any, pieces: list[tuple[str, float, int]]) -> Digest:  # noqa: ANN401
    normalizer = {name: getattr(model.normalizer_spec, name) for name in _NORMALIZER_SETTINGS}
    normalizer["precompiled_charsmap"] = normalizer["precompiled_charsmap"].hex()
    return fingerprint(
        {
            "tokenizer": 1,
            "engine": "sentencepiece",
            "pieces": [list(piece) for piece in pieces],
            "normalizer": normalizer,
            "settings": {name: getattr(model.trainer_spec, name) for name in _ENCODING_SETTINGS},
        }
    )


def _load(data: bytes, *, path: str) -> Any:  # noqa: ANN401 - the library has no types for it
    processor = _import("sentencepiece").SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(data)
    except RuntimeError as error:
        raise UnreadableError(path=path, reason="not a SentencePiece model") from error
    return processor


def _import(name: str) -> ModuleType:
    from importlib import import_module  # noqa: PLC0415

    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(task="a SentencePiece model", extra="sentencepiece") from error
