"""Static sentence models from a folder: one vector a token, a document's is their mean.

Two formats are read, told apart by the name of the matrix. `embeddings` is model2vec's: documents
are cut to a number of tokens, unknown tokens are left out, and `config.json` says whether vectors
get length 1. `embedding.weight` is that of sentence-transformers' `StaticEmbedding`: documents are
taken whole, and `modules.json` says whether a module `Normalize` follows.

Source:
    model2vec 0.10, `StaticModel.encode` and `load_pretrained` of github.com/MinishLab/model2vec;
    `StaticEmbedding` of github.com/UKPLab/sentence-transformers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import JsonValue
from tokenizers import Tokenizer

from registry.domain.digest import digest_of_bytes, fingerprint
from registry.domain.embedding import EmbeddingKind, EmbeddingModel
from registry.embedding.extras import needed_for
from registry.embedding.term_vectors import Vectors
from registry.embedding.words import Numbers
from registry.errors import UnreadableError

WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
CONFIG, MODULES = "config.json", "modules.json"
_NESTED = "0_StaticEmbedding"

_DEFAULT_MAX_TOKENS = 512
_SMALLEST_NORM = 1e-32


@dataclass(frozen=True, slots=True)
class SentenceModel:
    """A matrix of vectors, the tokenizer that numbers its rows, and what is done with them."""

    identity: EmbeddingModel
    vectors: npt.NDArray[np.floating]
    """In single precision or better, whatever the file has."""

    precision: np.dtype[np.floating]
    """Of means, which the file's own precision decides."""

    rows: Numbers | None
    """The row of each token; None: its id."""

    weights: npt.NDArray[np.floating] | None
    """By token id; None: 1."""

    tokenizer: Tokenizer
    unknown_id: int | None
    """A token that is left out."""

    max_characters: int | None
    """Characters of a document that are tokenized."""

    def encode(self, texts: pa.Array) -> Vectors:
        """Return the vectors of documents, one row each; zero for one without a known token.

        Args:
            texts: `large_string` without nulls.
        """
        strings = texts.to_pylist()
        if self.max_characters is not None:
            strings = [text[: self.max_characters] for text in strings]
        encodings = self.tokenizer.encode_batch_fast(strings, add_special_tokens=False)
        ids = [encoding.ids for encoding in encodings]
        lengths = np.fromiter(map(len, ids), np.int64, count=len(ids))
        flat = np.fromiter(chain.from_iterable(ids), np.int64, count=int(lengths.sum()))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        if self.unknown_id is not None:
            is_known = flat != self.unknown_id
            ends = np.concatenate([[0], np.cumsum(is_known)])[ends]
            flat = flat[is_known]
        return self._scale(self._means(flat, ends))

    def _means(self, ids: Numbers, ends: Numbers) -> npt.NDArray[np.floating]:
        """Return the mean of the vectors of each document's tokens."""
        with needed_for("a model from a folder"):
            from scipy.sparse import csr_matrix  # noqa: PLC0415 - behind an extra
        kind = self.vectors.dtype if self.weights is None else self.weights.dtype
        weights = np.ones(len(ids), kind) if self.weights is None else self.weights[ids]
        rows = ids if self.rows is None else self.rows[ids]
        shape = (len(ends) - 1, len(self.vectors))
        # Tokens are added in the order of the text, so no sum depends on other documents.
        sums = csr_matrix((weights, rows, ends), shape=shape) @ self.vectors
        means: npt.NDArray[np.floating] = (
            sums / np.maximum(np.diff(ends), 1).astype(sums.dtype)[:, None]
        )
        return means.astype(self.precision)

    def _scale(self, means: npt.NDArray[np.floating]) -> Vectors:
        single: Vectors = means.astype(np.float32)
        if not self.identity.normalized:
            return single
        norms = np.linalg.norm(single, axis=1, keepdims=True) + _SMALLEST_NORM
        scaled: Vectors = (single / norms).astype(means.dtype).astype(np.float32)
        return scaled


def find_files(folder: Path) -> dict[str, Path]:
    """Return the files of a model in a folder, by the names under which they are kept.

    Raises:
        UnreadableError: There is no model of a known format.
    """
    for place in (folder, folder / _NESTED):
        if (place / WEIGHTS).is_file() and (place / TOKENIZER).is_file():
            found = {WEIGHTS: place / WEIGHTS, TOKENIZER: place / TOKENIZER}
            extra = {name: folder / name for name in (CONFIG, MODULES)}
            return found | {name: path for name, path in extra.items() if path.is_file()}
    raise UnreadableError(
        path=str(folder),
        reason=f"has no {WEIGHTS} beside a {TOKENIZER}",
        hint="a folder that model2vec or sentence-transformers saved a static model to",
    )


def read_model(name: str, files: Mapping[str, bytes]) -> SentenceModel:
    """Return a model from the bytes of its files.

    Args:
        name: What it is called.
        files: By the names of `find_files`.

    Raises:
        UnreadableError: A file is not what it should be.
        MissingExtraError: safetensors is not installed.
    """
    tensors = _read_tensors(name, files[WEIGHTS])
    is_model2vec = "embeddings" in tensors
    vectors = tensors.get("embeddings" if is_model2vec else "embedding.weight")
    if vectors is None or vectors.ndim != 2:
        reason = f"holds no matrix embeddings or embedding.weight, but {', '.join(sorted(tensors))}"
        raise UnreadableError(path=f"{name}/{WEIGHTS}", reason=reason)
    tokenizer = _read_tokenizer(name, files[TOKENIZER])
    config = _read_config(name, files)
    max_tokens = _max_tokens(config) if is_model2vec else None
    rows, weights = tensors.get("mapping"), tensors.get("weights")
    _check_sizes(name, tokenizer, vectors=vectors, rows=rows, weights=weights)
    settings: dict[str, JsonValue] = {
        "kind": EmbeddingKind.MODEL2VEC if is_model2vec else EmbeddingKind.SENTENCE_TRANSFORMERS,
        "normalized": _is_normalized(name, files, config, is_model2vec=is_model2vec),
        "max_tokens": max_tokens,
    }
    identity = EmbeddingModel(
        name=name,
        fingerprint=_fingerprint(tensors, files[TOKENIZER], settings),
        dimensions=vectors.shape[1],
        num_terms=tokenizer.get_vocab_size(),
        **settings,
    )
    tokenizer.no_padding()
    if max_tokens is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(max_tokens)
    return SentenceModel(
        identity=identity,
        vectors=_at_least_single(vectors),
        precision=np.dtype(vectors.dtype.str if vectors.dtype.kind == "f" else "<f4"),
        rows=None if rows is None else rows.astype(np.int64),
        weights=None if weights is None else _at_least_single(weights),
        tokenizer=tokenizer,
        unknown_id=_unknown_id(files[TOKENIZER], tokenizer) if is_model2vec else None,
        max_characters=None if max_tokens is None else max_tokens * _median_length(tokenizer),
    )


def _at_least_single(tensor: npt.NDArray[np.generic]) -> npt.NDArray[np.floating]:
    """Return a tensor in the precision of sums: half and integers become single."""
    kind = np.float64 if tensor.dtype == np.float64 else np.float32
    return tensor.astype(kind, copy=False)


def _read_tensors(name: str, data: bytes) -> dict[str, npt.NDArray[np.generic]]:
    with needed_for("a model from a folder"):
        from safetensors import SafetensorError  # noqa: PLC0415 - behind an extra
        from safetensors.numpy import load  # noqa: PLC0415
    try:
        return load(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        # A KeyError or TypeError names a type of number that NumPy does not have, such as bfloat16.
        reason = f"cannot be read as safetensors of NumPy's types: {error}"
        raise UnreadableError(path=f"{name}/{WEIGHTS}", reason=reason) from error


def _read_tokenizer(name: str, data: bytes) -> Tokenizer:
    try:
        return Tokenizer.from_str(data.decode())
    except Exception as error:  # the library raises no narrower one
        reason = f"is no tokenizer that `tokenizers` reads: {error}"
        raise UnreadableError(path=f"{name}/{TOKENIZER}", reason=reason) from error


def _read_config(name: str, files: Mapping[str, bytes]) -> dict[str, JsonValue]:
    config = _read_json(name, CONFIG, files)
    if not isinstance(config, dict | None):
        raise UnreadableError(path=f"{name}/{CONFIG}", reason="is no JSON object")
    return config or {}


def _read_json(name: str, file: str, files: Mapping[str, bytes]) -> JsonValue:
    if file not in files:
        return None
    try:
        value: JsonValue = json.loads(files[file])
    except ValueError as error:
        raise UnreadableError(path=f"{name}/{file}", reason=f"is no JSON: {error}") from error
    return value


def _max_tokens(config: Mapping[str, JsonValue]) -> int | None:
    stated = config.get("max_length", _DEFAULT_MAX_TOKENS)
    return int(stated) if isinstance(stated, int | float) else None


def _is_normalized(
    name: str,
    files: Mapping[str, bytes],
    config: Mapping[str, JsonValue],
    *,
    is_model2vec: bool,
) -> bool:
    if is_model2vec:
        return bool(config.get("normalize", False))
    modules = _read_json(name, MODULES, files)
    listed = modules if isinstance(modules, list) else []
    kinds = [str(module.get("type", "")) for module in listed if isinstance(module, dict)]
    return any(kind.endswith(".Normalize") for kind in kinds)


def _check_sizes(
    name: str,
    tokenizer: Tokenizer,
    *,
    vectors: npt.NDArray[np.generic],
    rows: npt.NDArray[np.generic] | None,
    weights: npt.NDArray[np.generic] | None,
) -> None:
    """Refuse a model of which some token has no vector.

    Raises:
        UnreadableError: It is one.
    """
    highest = max(tokenizer.get_vocab().values(), default=-1)
    limits = {"rows of vectors": len(vectors) if rows is None else len(rows)}
    if weights is not None:
        limits["weights"] = len(weights)
    for what, size in limits.items():
        if highest >= size:
            reason = f"has {size:,} {what}, and its tokenizer ids up to {highest:,}"
            raise UnreadableError(path=f"{name}/{WEIGHTS}", reason=reason)
    if rows is not None and len(rows) and int(np.max(rows)) >= len(vectors):
        reason = f"maps a token to row {int(np.max(rows)):,} of {len(vectors):,}"
        raise UnreadableError(path=f"{name}/{WEIGHTS}", reason=reason)


def _unknown_id(data: bytes, tokenizer: Tokenizer) -> int | None:
    model = json.loads(data)["model"]
    if "unk_id" in model:
        return None if model["unk_id"] is None else int(model["unk_id"])
    token = model.get("unk_token")
    return None if token is None else tokenizer.token_to_id(token)


def _median_length(tokenizer: Tokenizer) -> int:
    return int(np.median([len(token) for token in tokenizer.get_vocab()]))


def _fingerprint(
    tensors: Mapping[str, npt.NDArray[np.generic]],
    tokenizer: bytes,
    settings: Mapping[str, JsonValue],
) -> str:
    """Return the fingerprint of everything that changes a vector.

    How the tokenizer pads and truncates is left out, since the settings overrule it.
    """
    described = json.loads(tokenizer)
    for name in ("padding", "truncation"):
        described.pop(name, None)
    weights: dict[str, JsonValue] = {
        name: {
            "dtype": tensor.dtype.newbyteorder("<").str,
            "shape": list(tensor.shape),
            "digest": digest_of_bytes(np.ascontiguousarray(tensor).tobytes()),
        }
        for name, tensor in tensors.items()
        if name in {"embeddings", "embedding.weight", "weights", "mapping"}
    }
    return fingerprint({**settings, "weights": weights, "tokenizer": fingerprint(described)})
