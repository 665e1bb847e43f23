"""What the catalog says of the fields of versions: their schema, and how their files are read."""

import json
from collections import defaultdict
from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import Connection, Text, cast, select

from registry.catalog.resolving import chunked, resolve_all
from registry.catalog.tables import RunRow, SchemaDefinitionRow, ShardRow, TokenizerRow, VersionRow
from registry.domain.field_lineage import FieldFacts
from registry.domain.names import Reference
from registry.domain.reading import Field, Reading
from registry.domain.version import Content

_FIELDS = TypeAdapter(tuple[Field, ...])
_SCHEMAS = select(VersionRow.id, SchemaDefinitionRow.fields).join_from(
    VersionRow, SchemaDefinitionRow, SchemaDefinitionRow.id == VersionRow.schema_id
)
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
    """Return what the catalog says of the fields of versions: five queries for every 500.

    Raises:
        UnknownError: One of the versions is not there.
    """
    ids = resolve_all(connection, references)
    schemas: dict[int, tuple[str, ...]] = {}
    readings: defaultdict[int, list[Reading]] = defaultdict(list)
    for chunk in chunked(ids.values()):
        for version_id, fields in connection.execute(_SCHEMAS.where(VersionRow.id.in_(chunk))):
            schemas[version_id] = tuple(field.name for field in _FIELDS.validate_python(fields))
        for row in connection.execute(_READINGS.where(ShardRow.version_id.in_(chunk))):
            reading = json.loads(row.reading)
            if reading is not None:
                readings[row.version_id].append(Reading.model_validate(reading))
    tokenizers = _load_tokenizers(connection, list(ids.values()))
    return {
        reference: FieldFacts(
            fields=schemas[version_id],
            readings=tuple(readings[version_id]),
            tokenizer=tokenizers.get(version_id),
        )
        for reference, version_id in ids.items()
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
