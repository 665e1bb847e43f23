"""Models of embeddings: find them by name, keep their files in the store, put them to work."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
from pydantic import JsonValue

from registry.domain.base import Value
from registry.domain.embedding import EmbeddedFile, EmbeddingKind, EmbeddingModel
from registry.embedding.extras import needed_for
from registry.embedding.sentence_model import SentenceModel, find_files, read_model
from registry.embedding.term_vectors import TermVectors, Vectors, mean_vectors
from registry.embedding.words import split_words
from registry.errors import InputError, StorageError, UnreadableError
from registry.operations.embedding.embedding_files import read_terms
from registry.storage.objects import ObjectStore

Encode: TypeAlias = Callable[[pa.Array], Vectors]

STATIC = "static"
TERMS_FILE = "terms.parquet"

_FOLDER = "model"
_ON_THE_HUB = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")
_WANTED = ["*model.safetensors", "*tokenizer.json", "config.json", "modules.json"]


class ModelFiles(Value):
    """A model, and where its files lie in the store."""

    model: EmbeddingModel
    files: tuple[EmbeddedFile, ...]
    origin: dict[str, str] = {}
    """Where the files were found: a folder, or a repository with its revision."""


class StaticEncoder:
    """Terms at work."""

    def __init__(self, terms: TermVectors) -> None:
        self.terms = terms

    def encode(self, texts: pa.Array) -> Vectors:
        """Return the vectors of documents (`large_string` without nulls), one row each."""
        words = split_words(texts)
        return mean_vectors(self.terms, self.terms.vocabulary.encode(words), words.lengths)


def find_model(store: ObjectStore, name: str) -> ModelFiles:
    """Return a model of sentences by its folder, or by its name on the Hub, and keep its files.

    Args:
        store: Where the files are kept.
        name: A folder, or `owner/name` or `owner/name@revision` on the Hub.

    Raises:
        InputError: There is neither, or the Hub has no such model.
        UnreadableError: The folder holds no model of a known format.
        MissingExtraError: safetensors is not installed, or, for the Hub, huggingface-hub.
        StorageError: The Hub cannot be reached.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _keep(store, folder, name=folder.resolve().name, origin={"folder": str(folder)})
    found = _ON_THE_HUB.fullmatch(name)
    if found is None:
        raise InputError(
            f"there is no folder {name}, and it is no name on the Hub",
            hint="--model static, a folder, or owner/name",
        )
    folder, revision = _download(found["name"], found["revision"])
    origin = {"repository": found["name"], "revision": revision}
    return _keep(store, folder, name=found["name"].rpartition("/")[2], origin=origin)


def load_model(store: ObjectStore, kept: ModelFiles) -> StaticEncoder | SentenceModel:
    """Return a model at work, from its files in the store.

    Raises:
        UnknownError: A file is not there.
        CorruptObjectError: A file holds other bytes.
    """
    if kept.model.kind is EmbeddingKind.STATIC:
        return StaticEncoder(read_terms(store, kept.files[0].digest))
    files = {file.path.rpartition("/")[2]: store.read(file.digest) for file in kept.files}
    return read_model(kept.model.name, files)


def describe_origin(kept: ModelFiles) -> dict[str, JsonValue]:
    """Return what the record of a run says of a model."""
    return {**kept.model.model_dump(mode="json"), "origin": dict(kept.origin)}


def _keep(store: ObjectStore, folder: Path, *, name: str, origin: dict[str, str]) -> ModelFiles:
    paths = find_files(folder)
    try:
        contents = {file: path.read_bytes() for file, path in sorted(paths.items())}
    except OSError as error:
        raise UnreadableError(path=str(folder), reason=str(error.strerror)) from error
    model = read_model(name, contents).identity
    kept = {file: store.put_bytes(data) for file, data in contents.items()}
    files = tuple(
        EmbeddedFile(path=f"{_FOLDER}/{file}", digest=stored.digest, num_bytes=stored.num_bytes)
        for file, stored in kept.items()
    )
    return ModelFiles(model=model, files=files, origin=origin)


def _download(name: str, revision: str | None) -> tuple[Path, str]:
    """Fetch a model from the Hub at one revision; return its folder and that revision."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    with needed_for("a model of the Hub", extra="hub"):
        import huggingface_hub  # noqa: PLC0415 - behind an extra
        from huggingface_hub import errors  # noqa: PLC0415
    try:
        pinned = huggingface_hub.HfApi().model_info(name, revision=revision).sha
        folder = huggingface_hub.snapshot_download(name, revision=pinned, allow_patterns=_WANTED)
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise InputError(f"the Hub has no model {name}@{revision or 'main'}") from error
    except Exception as error:
        raise StorageError(
            f"cannot fetch {name} from the Hub: {error}",
            hint="fetch the model's folder elsewhere, then --model FOLDER",
        ) from error
    return Path(folder), str(pinned)
