"""Versions: shards, where they lie, where they came from."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.catalog.columns import Key, Name, OneOf, not_negative, one_of
from registry.catalog.tables.base import CLUSTERED, Row
from registry.domain.measurement import MeasurementKind
from registry.domain.version import Content, VersionState


class SchemaDefinitionRow(Row):
    """The fields of records as found, shared by every version that has the same ones."""

    __tablename__ = "schema_definition"

    id: Mapped[Key]
    fingerprint: Mapped[str] = mapped_column(unique=True)
    fields: Mapped[JsonValue] = mapped_column(
        nullable=False, comment="A list of name and type, in order."
    )


class VersionRow(Row):
    """A sealed manifest of shards. Its only later change is from sealed to withdrawn."""

    __tablename__ = "version"
    __table_args__ = (
        UniqueConstraint("dataset_id", "number"),
        UniqueConstraint("dataset_id", "manifest_digest"),
        one_of("content", Content),
        one_of("state", VersionState),
        CheckConstraint("number > 0", name="number"),
        not_negative("num_documents", "num_bytes", "num_text_bytes", "num_shards"),
    )

    id: Mapped[Key] = mapped_column(comment="Rises with time: a parent's is below its child's.")
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    number: Mapped[int] = mapped_column(comment="From 1, without gaps, within the dataset.")
    content: Mapped[Content] = mapped_column(OneOf(Content))
    state: Mapped[VersionState] = mapped_column(OneOf(VersionState))
    manifest_digest: Mapped[str] = mapped_column(comment="What the bytes are.")
    derivation_digest: Mapped[str | None] = mapped_column(
        index=True, comment="How they were made; NULL: registered from outside."
    )
    schema_id: Mapped[int] = mapped_column(ForeignKey("schema_definition.id"))
    recipe_id: Mapped[int] = mapped_column(ForeignKey("recipe.id"), comment="0: as it came.")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="The run that made it.")
    num_documents: Mapped[int]
    num_bytes: Mapped[int] = mapped_column(comment="Size of the files.")
    num_text_bytes: Mapped[int] = mapped_column(
        comment="UTF-8 bytes of text in the documents, or bytes of the values of a table."
    )
    num_shards: Mapped[int]
    document_index: Mapped[str | None] = mapped_column(
        comment="Digest of the object with the keys of the distinct documents."
    )
    sealed_at: Mapped[datetime]


class ShardRow(Row):
    """One file of a version."""

    __tablename__ = "shard"
    __table_args__ = (
        UniqueConstraint("version_id", "path"),
        not_negative("position", "num_bytes", "num_documents", "num_text_bytes"),
        CLUSTERED,
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    position: Mapped[int] = mapped_column(
        primary_key=True, comment="From 0; the order of the documents."
    )
    path: Mapped[str] = mapped_column(comment="The logical path inside the version.")
    digest: Mapped[str]
    num_bytes: Mapped[int]
    num_documents: Mapped[int]
    num_text_bytes: Mapped[int] = mapped_column(
        comment="UTF-8 bytes of text, or bytes of the values of a table; 0 for token shards."
    )
    uri: Mapped[str | None] = mapped_column(
        comment="Where it lies when registered in place; NULL: in the object store, by digest."
    )
    modified_ns: Mapped[int | None] = mapped_column(
        comment="Modification time of a file in place, in nanoseconds."
    )
    etag: Mapped[str | None] = mapped_column(comment="Entity tag of a file in place elsewhere.")
    reading: Mapped[JsonValue | None] = mapped_column(comment="How it becomes documents.")


class ShardLocationRow(Row):
    """Where a file of a version lay when its bytes were sealed again. The newest holds."""

    __tablename__ = "shard_location"
    __table_args__ = (
        ForeignKeyConstraint(["version_id", "position"], ["shard.version_id", "shard.position"]),
        Index(None, "version_id", "position"),
    )

    id: Mapped[Key] = mapped_column(comment="Rises with time.")
    version_id: Mapped[int]
    position: Mapped[int] = mapped_column(comment="The shard's.")
    uri: Mapped[str | None] = mapped_column(comment="NULL: in the object store, by digest.")
    modified_ns: Mapped[int | None] = mapped_column(
        comment="Modification time of a file in place, in nanoseconds."
    )
    etag: Mapped[str | None] = mapped_column(comment="Entity tag of a file in place elsewhere.")
    recorded_at: Mapped[datetime]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="The run that found it.")


class SourceRow(Row):
    """Where data came from, as stated at registration; without credentials."""

    __tablename__ = "source"

    id: Mapped[Key]
    fingerprint: Mapped[str] = mapped_column(unique=True, comment="Of all that is stated.")
    kind: Mapped[str]
    uri: Mapped[str]
    url: Mapped[str | None] = mapped_column(comment="Where the publisher offers it.")
    publisher: Mapped[str | None]
    retrieved_at: Mapped[datetime | None]
    reached: Mapped[JsonValue | None] = mapped_column(
        comment="How far it was read, where it can be read further."
    )


class VersionSourceRow(Row):
    """A source of a version."""

    __tablename__ = "version_source"
    __table_args__ = (CLUSTERED,)

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="From 0, as stated.")
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)


class VersionLanguageRow(Row):
    """A language of a version's text, as stated."""

    __tablename__ = "version_language"
    __table_args__ = (CLUSTERED,)

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    language: Mapped[Name] = mapped_column(primary_key=True, comment="A BCP 47 tag.")


class MetricRow(Row):
    """One measured number about a version. Of several with one name the newest run's holds."""

    __tablename__ = "metric"
    __table_args__ = (CLUSTERED,)

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    name: Mapped[Name] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    value: Mapped[float]


class MeasurementRow(Row):
    """What was measured of a version's documents, kept as an object."""

    __tablename__ = "measurement"
    __table_args__ = (
        UniqueConstraint("version_id", "recipe_id", "kind", "method"),
        one_of("kind", MeasurementKind),
    )

    id: Mapped[Key] = mapped_column(comment="Rises with time.")
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    recipe_id: Mapped[int] = mapped_column(
        ForeignKey("recipe.id"), comment="Applied on the fly; 0: the version as it stands."
    )
    kind: Mapped[MeasurementKind] = mapped_column(OneOf(MeasurementKind))
    method: Mapped[str] = mapped_column(
        comment="Canonical JSON of all that decides what is found, beside the documents."
    )
    found: Mapped[str] = mapped_column(comment="Digest of the object that holds what was found.")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="The run that measured it.")
