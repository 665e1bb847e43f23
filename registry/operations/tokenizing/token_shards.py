"""Open the token shards of a version, and refuse bytes that are no longer the same."""

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from registry.domain.digest import digest_of_file
from registry.domain.names import Reference
from registry.domain.progress import Done
from registry.domain.tokens import TokenManifest
from registry.domain.version import Content, Shard, Version
from registry.errors import CorruptObjectError, InputError, UnreadableError
from registry.operations.context import Context
from registry.operations.passes.inputs import refuse_withdrawn
from registry.storage.objects import translated_errors
from registry.tokenization.formats.base import Origin
from registry.tokenization.formats.megatron_reader import MegatronReader
from registry.tokenization.stored_tokens import StoredTokens

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class OpenTokens:
    """A version of token shards behind memory maps, and what its manifest says."""

    version: Version
    manifest: TokenManifest
    origin: Origin
    tokens: StoredTokens
    files: tuple[tuple[Shard, Path], ...]
    """Each `.bin` and `.idx`, and where it lies."""


def open_token_shards(context: Context, reference: Reference, stack: ExitStack) -> OpenTokens:
    """Open a version's token shards; of the bytes only sizes and headers are looked at.

    Args:
        context: The open registry.
        reference: The version.
        stack: Removes in the end what was copied here from a store that is no local folder.

    Raises:
        InputError: The version holds documents, or was withdrawn.
        UnknownError: An object is gone.
        UnreadableError: A shard is not what it was said to be.
        StorageError: There is no space for a copy.
    """
    version = _require_tokens(context.catalog.versions.get(reference))
    refuse_withdrawn(context, version)
    shards = context.catalog.versions.list_shards(Reference.parse(version.reference))
    folder = _folder_for_copies(context, shards, stack)
    files = {
        shard.path: (shard, _local_file(context, shard, folder))
        for shard in shards
        if shard.path != _MANIFEST
    }
    bins = [path for path in files if path.endswith(".bin")]
    readers = [
        MegatronReader.open(files[path][1], files[path.removesuffix("bin") + "idx"][1])
        for path in bins
    ]
    manifest = _read_manifest(context, shards)
    tokens = StoredTokens(readers, dtype=np.dtype(manifest.dtype).newbyteorder("<"))
    return OpenTokens(
        version=version,
        manifest=manifest,
        origin=Origin(version.reference, tuple(bins), tokens.first_numbers[:-1]),
        tokens=tokens,
        files=tuple(files.values()),
    )


def check_digests(context: Context, opened: OpenTokens) -> None:
    """Read every byte of token shards and compare it with what was sealed.

    Raises:
        CorruptObjectError: A shard holds other bytes.
    """
    context.progress.start("check", total_bytes=sum(shard.num_bytes for shard, _ in opened.files))
    try:
        for shard, path in opened.files:
            if digest_of_file(path) != shard.digest:
                raise CorruptObjectError(
                    f"the object of {shard.path} holds other bytes than were sealed "
                    f"({shard.digest})",
                    hint="restore it from a backup, or make the version again",
                )
            context.progress.advance(
                Done(num_bytes=shard.num_bytes, num_documents=shard.num_documents)
            )
    finally:
        context.progress.finish()


def _require_tokens(version: Version) -> Version:
    if version.content is Content.MIXTURE:
        raise InputError(
            f"{version.reference} is a mixture and holds no token itself",
            hint=f"muster mixture export {version.reference} DIR",
        )
    if version.content is not Content.TOKENS:
        raise InputError(
            f"{version.reference} holds {version.content}, not tokens",
            hint=f"muster tokenize {version.reference} --tokenizer NAME"
            if version.content is Content.DOCUMENTS
            else f"muster lineage {version.reference}",
        )
    return version


def _read_manifest(context: Context, shards: Sequence[Shard]) -> TokenManifest:
    digest = next(shard.digest for shard in shards if shard.path == _MANIFEST)
    try:
        return TokenManifest.model_validate_json(context.store.read(digest))
    except ValidationError as error:
        raise UnreadableError(path=_MANIFEST, reason=str(error)) from error


def _folder_for_copies(context: Context, shards: Sequence[Shard], stack: ExitStack) -> Path | None:
    """Return a folder for copies if the store is no local folder, else None."""
    if context.store.local_path_of(shards[0].digest) is not None:
        return None
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muster-tokens-")))


def _local_file(context: Context, shard: Shard, folder: Path | None) -> Path:
    found = context.store.local_path_of(shard.digest)
    # Opening says which object is gone.
    with context.store.open(shard.digest) as stream:
        if found is not None:
            return found
        path = Path(folder or ".") / shard.path
        with translated_errors(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
    return path
