"""What documents and tables that a recipe made are called, and what answers say of both."""

from collections.abc import Sequence

from registry.domain.reading import Field, Format, Reading
from registry.domain.recipe import Recipe, RecipeIdentity
from registry.domain.version import Shard
from registry.storage.shards import WrittenShard

DUPLICATES = "exact_duplicates.num_documents"
"""The metric that counts documents equal to an earlier one of the same version."""

DOCUMENT_READING = Reading(format=Format.DOCUMENTS, text_columns=("text",), id_column="id")
DOCUMENT_FIELDS = tuple(
    Field(name=name, type="string") for name in ("id", "text", "source", "metadata")
)
TABLE_READING = Reading(format=Format.PARQUET)
"""A table's rows become no documents: there is no column of text."""


def identify(recipe: Recipe) -> RecipeIdentity:
    """Return what an answer says of a recipe."""
    return RecipeIdentity(name=recipe.name, version=recipe.version, fingerprint=recipe.fingerprint)


def name_shards(
    written: Sequence[WrittenShard],
    *,
    number: int,
    reading: Reading = DOCUMENT_READING,
    stem: str = "documents",
) -> tuple[Shard, ...]:
    """Return the shards of a unit under their logical paths."""
    return tuple(
        Shard(
            path=f"{stem}-{number:05}-{place:03}.parquet",
            digest=shard.stored.digest,
            num_bytes=shard.stored.num_bytes,
            num_documents=shard.num_documents,
            num_text_bytes=shard.num_text_bytes,
            reading=reading,
        )
        for place, shard in enumerate(written)
    )
