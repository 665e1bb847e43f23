"""What the catalog says of the fields of versions: their schema, and how their files are read."""

import json
from collections import defaultdict
from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import Connection, Text, cast, select

from registry.catalog.resolving import chunked, resolve_all
from registry.catalog.tables import (
    AS_IS,
    RecipeRow,
    RunRow,
    SchemaDefinitionRow,
    ShardRow,
    TokenizerRow,
    VersionRow,
)
from registry.domain.field_lineage import FieldFacts
from registry.domain.names import Reference
from registry.domain.reading import Field, Reading
from registry.domain.recipe import Recipe
from registry.domain.version import Content

_FIELDS = TypeAdapter(tuple[Field, ...])
_SCHEMAS = select(VersionRow.id, VersionRow.recipe_id, SchemaDefinitionRow.fields).join_from(
    VersionRow, SchemaDefinitionRow, SchemaDefinitionRow.id == VersionRow.schema_id
)
_RECIPES = select(RecipeRow.id, RecipeRow.document)
# PostgreSQL compares no JSON, but its text. Token shards have no reading.
_READING = cast(ShardRow.reading, Text).label("reading")
_READINGS = (
    select(ShardRow.version_id, _READING)
    .where(ShardRow.reading.is_not(None))
    .distinct()
    .order_by(ShardRow.version_id, _READING)
)
_TOKENIZINGS = (
    select(VersionRow.id, RunRow.parameters)
    .join_from(VersionRow, RunRow, RunRow.id == VersionRow.run_id)
    .where(VersionRow.content == Content.TOKENS)
)
_TOKENIZERS = select(TokenizerRow.fingerprint, TokenizerRow.name)


def load_field_facts(
    connection: Connection, references: Sequence[Reference]
) -> dict[Reference, FieldFacts]:
    """Return what the catalog says of the fields of versions: six queries for every 500.

    Raises:
        UnknownError: One of the versions is not there.
    """
    ids = resolve_all(connection, references)
    schemas: dict[int, tuple[str, ...]] = {}
    made_by: dict[int, int] = {}
    readings: defaultdict[int, list[Reading]] = defaultdict(list)
    for chunk in chunked(ids.values()):
        for found in connection.execute(_SCHEMAS.where(VersionRow.id.in_(chunk))):
            fields = _FIELDS.validate_python(found.fields)
            schemas[found.id] = tuple(field.name for field in fields)
            made_by[found.id] = found.recipe_id
        for row in connection.execute(_READINGS.where(ShardRow.version_id.in_(chunk))):
            reading = json.loads(row.reading)
            if reading is not None:
                readings[row.version_id].append(Reading.model_validate(reading))
    tokenizers = _load_tokenizers(connection, list(ids.values()))
    recipes = _load_recipes(connection, set(made_by.values()) - {AS_IS})
    return {
        reference: FieldFacts(
            fields=schemas[version_id],
            readings=tuple(readings[version_id]),
            tokenizer=tokenizers.get(version_id),
            recipe=recipes.get(made_by[version_id]),
        )
        for reference, version_id in ids.items()
    }


def _load_recipes(connection: Connection, ids: set[int]) -> dict[int, Recipe]:
    return {
        row.id: Recipe.model_validate(row.document)
        for chunk in chunked(ids)
        for row in connection.execute(_RECIPES.where(RecipeRow.id.in_(chunk)))
    }


def _load_tokenizers(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return the name of the tokenizer that made the ids of each version of tokens."""
    used: dict[int, str] = {}
    for chunk in chunked(ids):
        for version_id, parameters in connection.execute(
            _TOKENIZINGS.where(VersionRow.id.in_(chunk))
        ):
            if isinstance(parameters, dict) and "tokenizer" in parameters:
                used[version_id] = str(parameters["tokenizer"])
    names: dict[str, str] = {}
    for keys in chunked(set(used.values())):
        found = connection.execute(_TOKENIZERS.where(TokenizerRow.fingerprint.in_(keys)))
        names |= {row.fingerprint: row.name for row in found}
    return {version_id: names[key] for version_id, key in used.items() if key in names}
