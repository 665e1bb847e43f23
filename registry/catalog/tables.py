"""The tables of the catalog. The docstring of a row is the comment of its table.

Facts are written once; the triggers in `registry.catalog.triggers` hold them to it.
"""

from datetime import datetime
from inspect import getdoc
from typing import Any, ClassVar

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from registry.catalog.columns import (
    KEY,
    NAME,
    NAMING_CONVENTION,
    PYTHON_TYPES,
    Key,
    Name,
    OneOf,
    not_negative,
    one_of,
)
from registry.domain.count import CountMethod
from registry.domain.run import Operation, RunState
from registry.domain.tokenizer import TokenizerEngine, TokenizerKind
from registry.domain.version import Content, DatasetKind, Lifecycle, VersionState

AS_IS = 0
"""The id of the recipe that stands for none: keys hold no NULL, since NULLs never collide."""

_CLUSTERED = {"sqlite_with_rowid": False}
"""On SQLite the rows lie in the primary key itself: one tree instead of two."""


class Row(DeclarativeBase):
    """The base of all rows: naming convention, column types, comments."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = PYTHON_TYPES

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
        constraints = cls.__dict__.get("__table_args__", ())
        options = constraints[-1] if constraints and isinstance(constraints[-1], dict) else {}
        constraints = constraints[: len(constraints) - bool(options)]
        comment = " ".join((getdoc(cls) or "").split())
        cls.__table_args__ = (*constraints, {"comment": comment, **options})
        super().__init_subclass__(**kwargs)


class OwnerRow(Row):
    """A person or team that answers for datasets."""

    __tablename__ = "owner"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(NAME, unique=True, comment="The principal's name.")


class DatasetRow(Row):
    """A named series of versions."""

    __tablename__ = "dataset"
    __table_args__ = (
        one_of("kind", DatasetKind),
        one_of("lifecycle", Lifecycle),
        not_negative("head"),
        Index(None, "space"),
    )

    id: Mapped[Key]
    space: Mapped[Name] = mapped_column(comment="The part of the name before the slash.")
    name: Mapped[Name] = mapped_column(NAME, unique=True, comment="The full name, space/name.")
    kind: Mapped[DatasetKind] = mapped_column(OneOf(DatasetKind))
    description: Mapped[str] = mapped_column(comment="What it is, in words; empty: not said.")
    lifecycle: Mapped[Lifecycle] = mapped_column(OneOf(Lifecycle))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))
    head: Mapped[int] = mapped_column(
        comment="Number of the newest version, moved by compare-and-swap."
    )
    created_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(
        server_default=text("''"),
        comment="Folded words of name, description and tags, which the full-text index holds.",
    )


class SchemaDefinitionRow(Row):
    """The fields of records as found, shared by every version that has the same ones."""

    __tablename__ = "schema_definition"

    id: Mapped[Key]
    fingerprint: Mapped[str] = mapped_column(unique=True)
    fields: Mapped[JsonValue] = mapped_column(
        nullable=False, comment="A list of name and type, in order."
    )


class RecipeRow(Row):
    """A recipe that made versions; row 0, `as-is`, stands for none."""

    __tablename__ = "recipe"

    id: Mapped[Key]
    name: Mapped[Name]
    version: Mapped[str] = mapped_column(comment="The recipe's semantic version.")
    fingerprint: Mapped[str] = mapped_column(unique=True)
    document: Mapped[JsonValue] = mapped_column(
        nullable=False, comment="The whole recipe, defaults written out."
    )


class RunRow(Row):
    """One execution of an operation; opened, then closed once."""

    __tablename__ = "run"
    __table_args__ = (
        one_of("operation", Operation),
        one_of("state", RunState),
        CheckConstraint("(state = 'open') = (finished_at IS NULL)", name="finished"),
    )

    id: Mapped[Key]
    public_id: Mapped[Name] = mapped_column(NAME, unique=True, comment="A UUIDv7.")
    operation: Mapped[Operation] = mapped_column(OneOf(Operation))
    state: Mapped[RunState] = mapped_column(OneOf(RunState))
    derivation: Mapped[str] = mapped_column(
        index=True, comment="Digest of operation, code, parameters and inputs."
    )
    parameters: Mapped[JsonValue] = mapped_column(nullable=False)
    environment: Mapped[JsonValue] = mapped_column(
        nullable=False, comment="Versions of what touched the bytes, and the platform."
    )
    actor: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
    quarantine: Mapped[str | None] = mapped_column(
        comment="Digest of the object that holds the rejected rows."
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
    num_text_bytes: Mapped[int] = mapped_column(comment="UTF-8 bytes of text in the documents.")
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
        _CLUSTERED,
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    position: Mapped[int] = mapped_column(
        primary_key=True, comment="From 0; the order of the documents."
    )
    path: Mapped[str] = mapped_column(comment="The logical path inside the version.")
    digest: Mapped[str]
    num_bytes: Mapped[int]
    num_documents: Mapped[int]
    num_text_bytes: Mapped[int] = mapped_column(comment="UTF-8 bytes of text; 0 for token shards.")
    uri: Mapped[str | None] = mapped_column(
        comment="Where it lies when registered in place; NULL: in the object store, by digest."
    )
    modified_ns: Mapped[int | None] = mapped_column(
        comment="Modification time of a file in place, in nanoseconds."
    )
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


class VersionSourceRow(Row):
    """A source of a version."""

    __tablename__ = "version_source"
    __table_args__ = (_CLUSTERED,)

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="From 0, as stated.")
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)


class VersionLanguageRow(Row):
    """A language of a version's text, as stated."""

    __tablename__ = "version_language"
    __table_args__ = (_CLUSTERED,)

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    language: Mapped[Name] = mapped_column(primary_key=True, comment="A BCP 47 tag.")


class LicenceAssertionRow(Row):
    """What somebody states of a version's licence. Each version has one current assertion."""

    __tablename__ = "licence_assertion"
    __table_args__ = (
        CheckConstraint("superseded_by > id", name="superseded_by"),
        Index(
            "uq_licence_assertion_current",
            "version_id",
            unique=True,
            sqlite_where=text("superseded_by IS NULL"),
            postgresql_where=text("superseded_by IS NULL"),
        ),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    expression: Mapped[str] = mapped_column(comment="SPDX in normal form, or `unknown`.")
    asserted_by: Mapped[str]
    evidence: Mapped[str | None] = mapped_column(comment="Where it can be read.")
    asserted_at: Mapped[datetime]
    superseded_by: Mapped[int | None] = mapped_column(
        comment="The newer assertion. No foreign key: the older row is marked first, so that the "
        "current one is always unique."
    )


class TagRow(Row):
    """A movable name for one version of a dataset."""

    __tablename__ = "tag"
    __table_args__ = (_CLUSTERED,)

    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset.id"), primary_key=True)
    name: Mapped[Name] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), index=True)


class RunInputRow(Row):
    """A version that a run read."""

    __tablename__ = "run_input"
    __table_args__ = (_CLUSTERED,)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="From 0, as given.")
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), index=True)


class RunOutputRow(Row):
    """A version that a run made, or made again byte for byte."""

    __tablename__ = "run_output"
    __table_args__ = (_CLUSTERED,)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True, index=True)


class LineageEdgeRow(Row):
    """The child was made from the parent. Ids rise with time, so the graph has no loop."""

    __tablename__ = "lineage_edge"
    __table_args__ = (
        CheckConstraint("parent_id < child_id", name="acyclic"),
        Index(None, "parent_id", "child_id"),
        _CLUSTERED,
    )

    child_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)


class TokenizerRow(Row):
    """A tokenizer, known by all that changes ids. Of several with one name the newest is meant."""

    __tablename__ = "tokenizer"
    __table_args__ = (
        one_of("kind", TokenizerKind),
        one_of("engine", TokenizerEngine),
        Index(None, "name"),
    )

    id: Mapped[Key]
    fingerprint: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Name]
    kind: Mapped[TokenizerKind] = mapped_column(OneOf(TokenizerKind))
    engine: Mapped[TokenizerEngine] = mapped_column(OneOf(TokenizerEngine))
    file_digest: Mapped[str] = mapped_column(comment="The object that holds its file.")
    vocab_size: Mapped[int] = mapped_column(comment="Entries, added tokens included.")
    highest_id: Mapped[int] = mapped_column(comment="The highest id that encoding can give.")
    unknown_token: Mapped[str | None]
    eos_token: Mapped[str | None]
    eos_id: Mapped[int | None]
    bos_token: Mapped[str | None]
    bos_id: Mapped[int | None]
    created_at: Mapped[datetime]
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"), comment="The run that trained it; NULL: added from outside."
    )


class EngineCheckRow(Row):
    """What came out when another engine was compared with a tokenizer's reference."""

    __tablename__ = "engine_check"
    __table_args__ = (
        UniqueConstraint(
            "tokenizer_id",
            "parse_special",
            "engine",
            "engine_version",
            "reference",
            "reference_version",
            "is_equal",
            name="uq_engine_check_outcome",
        ),
        CheckConstraint("is_equal = (difference IS NULL)", name="difference"),
        not_negative("num_texts"),
    )

    id: Mapped[Key]
    tokenizer_id: Mapped[int] = mapped_column(ForeignKey("tokenizer.id"))
    parse_special: Mapped[bool] = mapped_column(
        comment="Whether the text of control tokens became their ids."
    )
    engine: Mapped[str]
    engine_version: Mapped[str]
    reference: Mapped[str]
    reference_version: Mapped[str]
    is_equal: Mapped[bool] = mapped_column(comment="One difference outweighs all that was equal.")
    num_texts: Mapped[int] = mapped_column(comment="Texts compared.")
    difference: Mapped[str | None] = mapped_column(
        comment="The first text with other ids, and the ids of both, as canonical JSON: "
        "PostgreSQL's own JSON holds no NUL."
    )
    checked_at: Mapped[datetime]


class TokenCountRow(Row):
    """How many tokens a version holds under one tokenizer, policy, recipe, scope and method."""

    __tablename__ = "token_count"
    __table_args__ = (
        one_of("method", CountMethod),
        CheckConstraint("superseded_by > id", name="superseded_by"),
        CheckConstraint(
            "num_tokens_low <= num_tokens AND num_tokens <= num_tokens_high", name="interval"
        ),
        CheckConstraint("sample_fraction >= 0 AND sample_fraction <= 1", name="sample_fraction"),
        not_negative(
            "num_tokens_low",
            "num_special_tokens",
            "num_documents",
            "num_bytes",
            "num_unknown_tokens",
        ),
        Index(
            "uq_token_count_current",
            "version_id",
            "tokenizer_id",
            "recipe_id",
            "policy",
            "scope",
            "method",
            unique=True,
            sqlite_where=text("superseded_by IS NULL"),
            postgresql_where=text("superseded_by IS NULL"),
        ),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"))
    tokenizer_id: Mapped[int] = mapped_column(ForeignKey("tokenizer.id"))
    recipe_id: Mapped[int] = mapped_column(
        ForeignKey("recipe.id"), comment="Applied on the fly; 0: the version as it stands."
    )
    policy: Mapped[str] = mapped_column(comment="Canonical JSON of the counting policy.")
    scope: Mapped[str] = mapped_column(comment="Empty: all documents of the version.")
    method: Mapped[CountMethod] = mapped_column(OneOf(CountMethod))
    num_tokens: Mapped[int] = mapped_column(comment="Of the text, without special tokens.")
    num_special_tokens: Mapped[int] = mapped_column(comment="EOS and BOS that the policy adds.")
    num_documents: Mapped[int]
    num_bytes: Mapped[int] = mapped_column(comment="UTF-8 bytes of the text that was counted.")
    num_unknown_tokens: Mapped[int]
    num_tokens_low: Mapped[int] = mapped_column(comment="Lower end of the 95 % interval.")
    num_tokens_high: Mapped[int] = mapped_column(comment="Upper end of the 95 % interval.")
    sample_fraction: Mapped[float]
    seed: Mapped[int | None]
    document_index: Mapped[str | None] = mapped_column(
        comment="Digest of the object with key and token count of each distinct document."
    )
    details: Mapped[str | None] = mapped_column(
        comment="Digest of the object with the vocabulary's use and the rejected rows."
    )
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    counted_at: Mapped[datetime]
    superseded_by: Mapped[int | None] = mapped_column(
        comment="The newer count. No foreign key: the older row is marked first, so that the "
        "current one is always unique."
    )


class LedgerEntryRow(Row):
    """The account of one step of a run: what went in, what was kept."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        not_negative("documents_kept", "bytes_kept_in", "bytes_kept", "documents_changed"),
        CheckConstraint(
            "documents_kept <= documents_in AND bytes_kept_in <= bytes_in", name="kept"
        ),
        _CLUSTERED,
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="From 0; 0 is the reader.")
    step: Mapped[str]
    documents_in: Mapped[int]
    bytes_in: Mapped[int] = mapped_column(comment="UTF-8 bytes of text.")
    documents_kept: Mapped[int]
    bytes_kept_in: Mapped[int] = mapped_column(comment="Of the kept documents, as they came in.")
    bytes_kept: Mapped[int] = mapped_column(comment="Of the kept documents, as they went out.")
    documents_changed: Mapped[int]


class LedgerRejectionRow(Row):
    """The documents that one step of a run rejected for one reason."""

    __tablename__ = "ledger_rejection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "position"], ["ledger_entry.run_id", "ledger_entry.position"]
        ),
        not_negative("num_documents", "num_bytes"),
        _CLUSTERED,
    )

    run_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="The step's.")
    reason: Mapped[Name] = mapped_column(primary_key=True)
    num_documents: Mapped[int]
    num_bytes: Mapped[int]


class MetricRow(Row):
    """One measured number about a version. Of several with one name the newest run's holds."""

    __tablename__ = "metric"
    __table_args__ = (_CLUSTERED,)

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), primary_key=True)
    name: Mapped[Name] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    value: Mapped[float]


class AuditLogRow(Row):
    """Every change, by whom. Each hash covers the entry and the hash of the entry before."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(
        KEY, primary_key=True, autoincrement=False, comment="From 1, without gaps."
    )
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(comment="Noun and verb, such as version.seal.")
    entity: Mapped[str] = mapped_column(comment="What was changed, by its public name.")
    detail: Mapped[str] = mapped_column(
        comment="Canonical JSON, kept as text since the hash covers these very bytes."
    )
    previous_hash: Mapped[str] = mapped_column(
        unique=True, comment="Of the entry before; of the first, the digest of nothing."
    )
    hash: Mapped[str]
