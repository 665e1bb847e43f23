"""Facts that many versions share, each kept once: schemas, recipes, sources; and tokenizer ids."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select

from registry.catalog.identifiers import reserve_ids
from registry.catalog.inserting import insert_rows
from registry.catalog.resolving import chunked
from registry.catalog.tables import (
    AS_IS,
    RecipeRow,
    Row,
    SchemaDefinitionRow,
    SourceRow,
    TokenizerRow,
)
from registry.domain.digest import Digest, fingerprint
from registry.domain.reading import Field
from registry.domain.recipe import Recipe
from registry.domain.version import SourceFacts
from registry.errors import UnknownError

_SCHEMAS = select(SchemaDefinitionRow.fingerprint, SchemaDefinitionRow.id)
_RECIPES = select(RecipeRow.fingerprint, RecipeRow.id)
_SOURCES = select(SourceRow.fingerprint, SourceRow.id)
_TOKENIZERS = select(TokenizerRow.fingerprint, TokenizerRow.id)


@lru_cache(maxsize=1_024)
def schema_fingerprint(fields: tuple[Field, ...]) -> Digest:
    """Return the fingerprint of a schema: names and types, in order."""
    return fingerprint([[field.name, field.type] for field in fields])


def source_fingerprint(source: SourceFacts) -> Digest:
    """Return the fingerprint of all that is stated of a source."""
    if source.reached is None:
        return _fingerprint_of_files(source)
    return fingerprint(source.model_dump(mode="json"))


@lru_cache(maxsize=1_024)
def _fingerprint_of_files(source: SourceFacts) -> Digest:
    # What is read as a whole has the fingerprint from before sources could be read further.
    return fingerprint(source.model_dump(mode="json", exclude={"reached"}))


def ensure_schemas(
    connection: Connection, schemas: Mapping[Digest, tuple[Field, ...]]
) -> dict[Digest, int]:
    """Return the id of each schema, by fingerprint; write those that are new."""
    rows: dict[str, dict[str, Any]] = {}
    for key, fields in schemas.items():
        rows[key] = {"fields": [field.model_dump(mode="json") for field in fields]}
    return _ensure(connection, SchemaDefinitionRow, _SCHEMAS, rows)


def ensure_recipes(connection: Connection, recipes: Mapping[Digest, Recipe]) -> dict[Digest, int]:
    """Return the id of each recipe, by fingerprint; write those that are new."""
    rows: dict[str, dict[str, Any]] = {}
    for key, recipe in recipes.items():
        rows[key] = {
            "name": recipe.name,
            "version": recipe.version,
            "document": recipe.model_dump(mode="json"),
        }
    return _ensure(connection, RecipeRow, _RECIPES, rows)


def ensure_sources(
    connection: Connection, sources: Mapping[Digest, SourceFacts]
) -> dict[Digest, int]:
    """Return the id of each source, by fingerprint; write those that are new."""
    rows = {key: {**vars(source)} for key, source in sources.items()}
    return _ensure(connection, SourceRow, _SOURCES, rows)


def find_tokenizers(connection: Connection, fingerprints: Iterable[Digest]) -> dict[Digest, int]:
    """Return the id of each tokenizer, by fingerprint.

    Raises:
        UnknownError: One has not been added.
    """
    return _require(connection, _TOKENIZERS, fingerprints, what="tokenizer")


def find_recipes(
    connection: Connection, fingerprints: Iterable[Digest | None]
) -> dict[Digest | None, int]:
    """Return the id of each recipe, by fingerprint; None is the one that stands for none.

    Raises:
        UnknownError: One has made no version yet.
    """
    wanted = [key for key in fingerprints if key is not None]
    found: dict[Digest | None, int] = {None: AS_IS}
    return found | _require(connection, _RECIPES, wanted, what="recipe")


def _ensure(
    connection: Connection,
    row: type[Row],
    query: Select[str, int],
    rows: Mapping[str, dict[str, Any]],
) -> dict[Digest, int]:
    found = _find(connection, query, rows)
    missing = [key for key in rows if key not in found]
    if missing:
        ids = dict(zip(missing, reserve_ids(connection, row, len(missing)), strict=True))
        values = [{"id": ids[key], "fingerprint": key, **rows[key]} for key in missing]
        insert_rows(connection, row, values)
        found |= ids
    return found


def _require(
    connection: Connection,
    query: Select[str, int],
    fingerprints: Iterable[Digest],
    *,
    what: str,
) -> dict[Digest, int]:
    wanted = set(fingerprints)
    found = _find(connection, query, wanted)
    for key in wanted - found.keys():
        raise UnknownError(what=what, value=key)
    return found


def _find(
    connection: Connection, query: Select[str, int], fingerprints: Iterable[str]
) -> dict[Digest, int]:
    found: dict[Digest, int] = {}
    for chunk in chunked(fingerprints):
        column = query.selected_columns["fingerprint"]
        found |= {row[0]: row[1] for row in connection.execute(query.where(column.in_(chunk)))}
    return found
