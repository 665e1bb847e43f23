"""Find the embeddings that are meant, and what their manifest says."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from registry.domain.embedding import EmbeddingManifest
from registry.domain.names import Reference
from registry.domain.version import Content, Shard, Version
from registry.errors import InputError, UnreadableError
from registry.operations.context import Context
from registry.operations.embedding.embedding_models import ModelFiles
from registry.operations.embedding.embeddings_of import list_embeddings

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class OpenEmbeddings:
    """A version of embeddings, its manifest, and the shards that hold vectors."""

    version: Version
    manifest: EmbeddingManifest
    shards: tuple[Shard, ...]

    @property
    def files(self) -> ModelFiles:
        """The model and where its files lie."""
        return ModelFiles(model=self.manifest.model, files=self.manifest.files)


def open_embeddings(context: Context, reference: Reference) -> OpenEmbeddings:
    """Return the embeddings that a reference means: of documents, the newest made from them.

    Raises:
        InputError: The version holds tokens, or documents that nobody embedded.
        UnknownError: There is no such version.
    """
    version = context.catalog.versions.get(reference)
    if version.content is not Content.EMBEDDINGS:
        made = list_embeddings(context, version)
        if not made:
            raise InputError(
                f"there are no embeddings of {version.reference}",
                hint=f"muster embed {version.reference}"
                if version.content is Content.DOCUMENTS
                else f"muster lineage {version.reference}",
            )
        version = made[0]
    shards = _list_shards(context, version)
    return OpenEmbeddings(
        version=version,
        manifest=read_manifest(context, version),
        shards=tuple(shard for shard in shards if shard.num_documents),
    )


def read_manifest(context: Context, version: Version) -> EmbeddingManifest:
    """Return the manifest of a version of embeddings.

    Raises:
        UnreadableError: It is not what it should be.
    """
    shards = _list_shards(context, version)
    digest = next(shard.digest for shard in shards if shard.path == MANIFEST)
    try:
        return EmbeddingManifest.model_validate_json(context.store.read(digest))
    except ValidationError as error:
        raise UnreadableError(path=MANIFEST, reason=str(error)) from error


def _list_shards(context: Context, version: Version) -> Sequence[Shard]:
    return context.catalog.versions.list_shards(Reference.parse(version.reference))
