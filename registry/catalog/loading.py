"""From rows to versions, in a constant number of queries however many there are."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, select

from registry.catalog.resolving import chunked
from registry.catalog.tables import (
    AS_IS,
    DatasetRow,
    GenerationRow,
    LicenceAssertionRow,
    MetricRow,
    RecipeRow,
    RunRow,
    SchemaDefinitionRow,
    SourceRow,
    TagRow,
    VersionLanguageRow,
    VersionRow,
    VersionSourceRow,
)
from registry.domain.names import DatasetName
from registry.domain.reading import Field
from registry.domain.recipe import Recipe
from registry.domain.version import Metric, SourceFacts, Version

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a query with too many columns for a type of its own."""

_FIELDS = TypeAdapter(tuple[Field, ...])

IS_CURRENT = LicenceAssertionRow.superseded_by.is_(None)
"""The condition of a licence assertion that no newer one has replaced."""

STANDS = GenerationRow.retracted_at.is_(None)
"""The condition of what is stated of who wrote a version that nobody took it back."""

_VERSIONS = (
    select(
        VersionRow.id,
        DatasetRow.name,
        DatasetRow.kind,
        VersionRow.number,
        VersionRow.content,
        VersionRow.state,
        VersionRow.manifest_digest,
        VersionRow.derivation_digest,
        VersionRow.num_documents,
        VersionRow.num_bytes,
        VersionRow.num_text_bytes,
        VersionRow.num_shards,
        VersionRow.document_index,
        VersionRow.sealed_at,
        SchemaDefinitionRow.fields,
        VersionRow.recipe_id,
        RecipeRow.document.label("recipe"),
        RunRow.public_id,
        LicenceAssertionRow.expression,
    )
    .join_from(VersionRow, DatasetRow, DatasetRow.id == VersionRow.dataset_id)
    .join(SchemaDefinitionRow, SchemaDefinitionRow.id == VersionRow.schema_id)
    .join(RecipeRow, RecipeRow.id == VersionRow.recipe_id)
    .join(RunRow, RunRow.id == VersionRow.run_id)
    .join(LicenceAssertionRow, LicenceAssertionRow.version_id == VersionRow.id)
    .where(IS_CURRENT)
)
_LANGUAGES = select(VersionLanguageRow.version_id, VersionLanguageRow.language)
_TAGS = select(TagRow.version_id, TagRow.name)
_METRICS = select(MetricRow.version_id, MetricRow.name, MetricRow.run_id, MetricRow.value)
_SOURCES = select(
    VersionSourceRow.version_id,
    VersionSourceRow.position,
    SourceRow.kind,
    SourceRow.uri,
    SourceRow.url,
    SourceRow.publisher,
    SourceRow.retrieved_at,
    SourceRow.reached,
).join_from(VersionSourceRow, SourceRow, SourceRow.id == VersionSourceRow.source_id)


def load_version(connection: Connection, version_id: int) -> Version:
    """Return one version."""
    return load_versions(connection, [version_id])[version_id]


def load_versions(connection: Connection, ids: Iterable[int]) -> dict[int, Version]:
    """Return versions by their ids: five queries for every 500."""
    versions: dict[int, Version] = {}
    for chunk in chunked(ids):
        languages = _group(connection, _LANGUAGES.where(VersionLanguageRow.version_id.in_(chunk)))
        tags = _group(connection, _TAGS.where(TagRow.version_id.in_(chunk)))
        metrics = _group(
            connection,
            _METRICS.where(MetricRow.version_id.in_(chunk)).order_by(MetricRow.run_id),
        )
        sources = _group(connection, _SOURCES.where(VersionSourceRow.version_id.in_(chunk)))
        for row in connection.execute(_VERSIONS.where(VersionRow.id.in_(chunk))):
            versions[row.id] = _version(
                row,
                languages=tuple(sorted(item.language for item in languages[row.id])),
                tags=tuple(sorted(item.name for item in tags[row.id])),
                metrics=_metrics(metrics[row.id]),
                sources=_sources(sources[row.id]),
            )
    return versions


def load_statements(
    connection: Connection, ids: Iterable[int]
) -> dict[int, tuple[list[str], list[SourceFacts]]]:
    """Return the languages and the sources in order, of each version: two queries for every 500."""
    statements: dict[int, tuple[list[str], list[SourceFacts]]] = {}
    for chunk in chunked(ids):
        languages = _group(connection, _LANGUAGES.where(VersionLanguageRow.version_id.in_(chunk)))
        sources = _group(connection, _SOURCES.where(VersionSourceRow.version_id.in_(chunk)))
        for version_id in chunk:
            spoken = [row.language for row in languages[version_id]]
            statements[version_id] = (spoken, list(_sources(sources[version_id])))
    return statements


def _group(
    connection: Connection, query: Select[*tuple[Any, ...]]
) -> defaultdict[int, list[AnyRow]]:
    groups: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(query):
        groups[row.version_id].append(row)
    return groups


def _version(
    row: AnyRow,
    *,
    languages: tuple[str, ...],
    tags: tuple[str, ...],
    metrics: tuple[Metric, ...],
    sources: tuple[SourceFacts, ...],
) -> Version:
    return Version(
        dataset=DatasetName.parse(row.name),
        number=row.number,
        kind=row.kind,
        content=row.content,
        state=row.state,
        digest=row.manifest_digest,
        derivation=row.derivation_digest,
        num_documents=row.num_documents,
        num_bytes=row.num_bytes,
        num_text_bytes=row.num_text_bytes,
        num_shards=row.num_shards,
        fields=_FIELDS.validate_python(row.fields),
        recipe=None if row.recipe_id == AS_IS else Recipe.model_validate(row.recipe),
        licence=row.expression,
        languages=languages,
        tags=tags,
        sources=sources,
        metrics=metrics,
        document_index=row.document_index,
        run=row.public_id,
        sealed_at=row.sealed_at,
    )


def _metrics(rows: list[AnyRow]) -> tuple[Metric, ...]:
    # Rows come by run, so the newest run's number for a name is the one that stays.
    values = {row.name: row.value for row in rows}
    return tuple(Metric(name=name, value=values[name]) for name in sorted(values))


def _sources(rows: list[AnyRow]) -> tuple[SourceFacts, ...]:
    return tuple(
        SourceFacts(
            kind=row.kind,
            uri=row.uri,
            url=row.url,
            publisher=row.publisher,
            retrieved_at=row.retrieved_at,
            reached=row.reached,
        )
        for row in sorted(rows, key=lambda row: int(row.position))
    )
