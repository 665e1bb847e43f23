"""The core of the catalog.

Why: the tables of datasets, versions, runs, lineage, tokenizers, counts, licences and the audit
log, with the triggers that keep sealed facts as they were written. Nothing here may import the
classes of today: a migration says what was, for ever.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
CHOICE = sa.String(32)

TABLES = (
    "owner",
    "dataset",
    "run",
    "ledger_entry",
    "ledger_rejection",
    "recipe",
    "schema_definition",
    "version",
    "shard",
    "shard_location",
    "tag",
    "run_input",
    "run_output",
    "lineage_edge",
    "source",
    "version_source",
    "version_language",
    "licence_assertion",
    "metric",
    "tokenizer",
    "token_count",
    "audit_log",
)
"""In the order of their foreign keys."""

AS_IS_FINGERPRINT = "sha256:1f846a6b2c43f38d38dfd6fc4973d306a9bfa14966e5d34ea4d1fd020dd90fb8"
"""The digest of the canonical JSON of the text `as-is`."""

APPEND_ONLY = (
    "audit_log",
    "ledger_entry",
    "ledger_rejection",
    "lineage_edge",
    "metric",
    "recipe",
    "run_input",
    "run_output",
    "schema_definition",
    "shard",
    "shard_location",
    "source",
    "tokenizer",
    "version_language",
    "version_source",
)

# The one column that may change, when, and all the others, which may not.
ALLOWED_CHANGES = {
    "licence_assertion": (
        "OLD.superseded_by IS NULL",
        ("id", "version_id", "expression", "asserted_by", "evidence", "asserted_at"),
    ),
    "token_count": (
        "OLD.superseded_by IS NULL",
        (
            "id",
            "version_id",
            "tokenizer_id",
            "recipe_id",
            "policy",
            "scope",
            "method",
            "num_tokens",
            "num_special_tokens",
            "num_documents",
            "num_bytes",
            "num_unknown_tokens",
            "num_tokens_low",
            "num_tokens_high",
            "sample_fraction",
            "seed",
            "document_index",
            "details",
            "run_id",
            "counted_at",
        ),
    ),
    "version": (
        "OLD.state = 'sealed' AND NEW.state = 'withdrawn'",
        (
            "id",
            "dataset_id",
            "number",
            "content",
            "manifest_digest",
            "derivation_digest",
            "schema_id",
            "recipe_id",
            "run_id",
            "num_documents",
            "num_bytes",
            "num_text_bytes",
            "num_shards",
            "document_index",
            "sealed_at",
        ),
    ),
}

REFUSAL = """
CREATE FUNCTION muster_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is sealed: % refused', TG_TABLE_NAME, lower(TG_OP)
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    """Create every table, the recipe that stands for none, and the triggers."""
    create_datasets()
    create_runs()
    create_versions()
    create_statements()
    create_counts()
    create_audit()
    op.bulk_insert(
        sa.table(
            "recipe",
            sa.column("id", KEY),
            sa.column("name", sa.Text()),
            sa.column("version", sa.Text()),
            sa.column("fingerprint", sa.Text()),
            sa.column("document", DOCUMENT),
        ),
        [
            {
                "id": 0,
                "name": "as-is",
                "version": "0",
                "fingerprint": AS_IS_FINGERPRINT,
                "document": {"name": "as-is", "version": "0", "description": "", "steps": []},
            }
        ],
    )
    create_triggers()


def downgrade() -> None:
    """Remove everything."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION muster_refuse()")


def create_triggers() -> None:
    """Make every trigger of this revision."""
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(REFUSAL)
    for table in APPEND_ONLY:
        refuse(dialect, table, "update")
    for table, (allowed, others) in ALLOWED_CHANGES.items():
        same = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
        old = ", ".join(f"OLD.{column}" for column in others)
        new = ", ".join(f"NEW.{column}" for column in others)
        refuse(dialect, table, "update", f"NOT ({allowed} AND ({old}) {same} ({new}))")
    refuse(dialect, "run", "update", "OLD.state <> 'open'")
    for table in (*APPEND_ONLY, *ALLOWED_CHANGES, "run"):
        refuse(dialect, table, "delete")
        if dialect == "postgresql":
            refuse(dialect, table, "truncate")


def refuse(dialect: str, table: str, event: str, condition: str = "") -> None:
    """Make the trigger that refuses one event on a table, always or on a condition."""
    each = "STATEMENT" if event == "truncate" else "ROW"
    action = "EXECUTE FUNCTION muster_refuse()"
    if dialect == "sqlite":
        action = f"BEGIN SELECT RAISE(ABORT, '{table} is sealed: {event} refused'); END"
    when = f" WHEN ({condition})" if condition else ""
    op.execute(
        f"CREATE TRIGGER {table}_{event}_refused BEFORE {event.upper()} ON {table} "
        f"FOR EACH {each}{when} {action}"
    )


def create_datasets() -> None:
    """Create datasets and who answers for them."""
    op.create_table(
        "owner",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", NAME, nullable=False, comment="The principal's name."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner")),
        sa.UniqueConstraint("name", name=op.f("uq_owner_name")),
        comment="A person or team that answers for datasets.",
    )
    op.create_table(
        "dataset",
        sa.Column("id", KEY, nullable=False),
        sa.Column("space", NAME, nullable=False, comment="The part of the name before the slash."),
        sa.Column("name", NAME, nullable=False, comment="The full name, space/name."),
        sa.Column("kind", CHOICE, nullable=False),
        sa.Column(
            "description",
            sa.Text(),
            nullable=False,
            comment="What it is, in words; empty: not said.",
        ),
        sa.Column("lifecycle", CHOICE, nullable=False),
        sa.Column("owner_id", KEY, nullable=True),
        sa.Column(
            "head",
            sa.BigInteger(),
            nullable=False,
            comment="Number of the newest version, moved by compare-and-swap.",
        ),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('text', 'code', 'tabular', 'synthetic', 'mixture', 'evaluation')",
            name=op.f("ck_dataset_kind"),
        ),
        sa.CheckConstraint(
            "lifecycle IN ('active', 'deprecated', 'archived')", name=op.f("ck_dataset_lifecycle")
        ),
        sa.CheckConstraint("head >= 0", name=op.f("ck_dataset_not_negative")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_dataset_owner_id_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("name", name=op.f("uq_dataset_name")),
        comment="A named series of versions.",
    )
    op.create_index(op.f("ix_dataset_space"), "dataset", ["space"])


def create_runs() -> None:
    """Create runs and their books."""
    op.create_table(
        "run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", NAME, nullable=False, comment="A UUIDv7."),
        sa.Column("operation", CHOICE, nullable=False),
        sa.Column("state", CHOICE, nullable=False),
        sa.Column(
            "derivation",
            sa.Text(),
            nullable=False,
            comment="Digest of operation, code, parameters and inputs.",
        ),
        sa.Column("parameters", DOCUMENT, nullable=False),
        sa.Column(
            "environment",
            DOCUMENT,
            nullable=False,
            comment="Versions of what touched the bytes, and the platform.",
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "quarantine",
            sa.Text(),
            nullable=True,
            comment="Digest of the object that holds the rejected rows.",
        ),
        sa.CheckConstraint(
            "(state = 'open') = (finished_at IS NULL)", name=op.f("ck_run_finished")
        ),
        sa.CheckConstraint(
            "operation IN ('register', 'normalize', 'tokenize', 'train-tokenizer', 'derive')",
            name=op.f("ck_run_operation"),
        ),
        sa.CheckConstraint("state IN ('open', 'done', 'failed')", name=op.f("ck_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("public_id", name=op.f("uq_run_public_id")),
        comment="One execution of an operation; opened, then closed once.",
    )
    op.create_index(op.f("ix_run_derivation"), "run", ["derivation"])
    op.create_table(
        "ledger_entry",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="From 0; 0 is the reader."),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("documents_in", sa.BigInteger(), nullable=False),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False, comment="UTF-8 bytes of text."),
        sa.Column("documents_kept", sa.BigInteger(), nullable=False),
        sa.Column(
            "bytes_kept_in",
            sa.BigInteger(),
            nullable=False,
            comment="Of the kept documents, as they came in.",
        ),
        sa.Column(
            "bytes_kept",
            sa.BigInteger(),
            nullable=False,
            comment="Of the kept documents, as they went out.",
        ),
        sa.Column("documents_changed", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "documents_kept <= documents_in AND bytes_kept_in <= bytes_in",
            name=op.f("ck_ledger_entry_kept"),
        ),
        sa.CheckConstraint(
            "documents_kept >= 0 AND bytes_kept_in >= 0 AND bytes_kept >= 0 AND "
            "documents_changed >= 0",
            name=op.f("ck_ledger_entry_not_negative"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_ledger_entry_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_ledger_entry")),
        comment="The account of one step of a run: what went in, what was kept.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_rejection",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="The step's."),
        sa.Column("reason", NAME, nullable=False),
        sa.Column("num_documents", sa.BigInteger(), nullable=False),
        sa.Column("num_bytes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "num_documents >= 0 AND num_bytes >= 0", name=op.f("ck_ledger_rejection_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["run_id", "position"],
            ["ledger_entry.run_id", "ledger_entry.position"],
            name=op.f("fk_ledger_rejection_run_id_position_ledger_entry"),
        ),
        sa.PrimaryKeyConstraint("run_id", "position", "reason", name=op.f("pk_ledger_rejection")),
        comment="The documents that one step of a run rejected for one reason.",
        sqlite_with_rowid=False,
    )


def create_versions() -> None:
    """Create versions, what they hold and what they were made from."""
    op.create_table(
        "recipe",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("version", sa.Text(), nullable=False, comment="The recipe's semantic version."),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column(
            "document", DOCUMENT, nullable=False, comment="The whole recipe, defaults written out."
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipe")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_recipe_fingerprint")),
        comment="A recipe that made versions; row 0, `as-is`, stands for none.",
    )
    op.create_table(
        "schema_definition",
        sa.Column("id", KEY, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("fields", DOCUMENT, nullable=False, comment="A list of name and type, in order."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_definition")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_schema_definition_fingerprint")),
        comment="The fields of records as found, shared by every version that has the same ones.",
    )
    op.create_table(
        "version",
        sa.Column(
            "id", KEY, nullable=False, comment="Rises with time: a parent's is below its child's."
        ),
        sa.Column("dataset_id", KEY, nullable=False),
        sa.Column(
            "number",
            sa.BigInteger(),
            nullable=False,
            comment="From 1, without gaps, within the dataset.",
        ),
        sa.Column("content", CHOICE, nullable=False),
        sa.Column("state", CHOICE, nullable=False),
        sa.Column("manifest_digest", sa.Text(), nullable=False, comment="What the bytes are."),
        sa.Column(
            "derivation_digest",
            sa.Text(),
            nullable=True,
            comment="How they were made; NULL: registered from outside.",
        ),
        sa.Column("schema_id", KEY, nullable=False),
        sa.Column("recipe_id", KEY, nullable=False, comment="0: as it came."),
        sa.Column("run_id", KEY, nullable=False, comment="The run that made it."),
        sa.Column("num_documents", sa.BigInteger(), nullable=False),
        sa.Column("num_bytes", sa.BigInteger(), nullable=False, comment="Size of the files."),
        sa.Column(
            "num_text_bytes",
            sa.BigInteger(),
            nullable=False,
            comment="UTF-8 bytes of text in the documents.",
        ),
        sa.Column("num_shards", sa.BigInteger(), nullable=False),
        sa.Column(
            "document_index",
            sa.Text(),
            nullable=True,
            comment="Digest of the object with the keys of the distinct documents.",
        ),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.CheckConstraint("content IN ('documents', 'tokens')", name=op.f("ck_version_content")),
        sa.CheckConstraint("state IN ('sealed', 'withdrawn')", name=op.f("ck_version_state")),
        sa.CheckConstraint(
            "num_documents >= 0 AND num_bytes >= 0 AND num_text_bytes >= 0 AND num_shards >= 0",
            name=op.f("ck_version_not_negative"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_version_number")),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_version_dataset_id_dataset")
        ),
        sa.ForeignKeyConstraint(
            ["recipe_id"], ["recipe.id"], name=op.f("fk_version_recipe_id_recipe")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_version_run_id_run")),
        sa.ForeignKeyConstraint(
            ["schema_id"],
            ["schema_definition.id"],
            name=op.f("fk_version_schema_id_schema_definition"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
        sa.UniqueConstraint(
            "dataset_id", "manifest_digest", name=op.f("uq_version_dataset_id_manifest_digest")
        ),
        sa.UniqueConstraint("dataset_id", "number", name=op.f("uq_version_dataset_id_number")),
        comment="A sealed manifest of shards. Its only later change is from sealed to withdrawn.",
    )
    op.create_index(op.f("ix_version_derivation_digest"), "version", ["derivation_digest"])
    op.create_table(
        "shard",
        sa.Column("version_id", KEY, nullable=False),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="From 0; the order of the documents.",
        ),
        sa.Column(
            "path", sa.Text(), nullable=False, comment="The logical path inside the version."
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("num_bytes", sa.BigInteger(), nullable=False),
        sa.Column("num_documents", sa.BigInteger(), nullable=False),
        sa.Column(
            "num_text_bytes",
            sa.BigInteger(),
            nullable=False,
            comment="UTF-8 bytes of text; 0 for token shards.",
        ),
        sa.Column(
            "uri",
            sa.Text(),
            nullable=True,
            comment="Where it lies when registered in place; NULL: in the object store, by digest.",
        ),
        sa.Column(
            "modified_ns",
            sa.BigInteger(),
            nullable=True,
            comment="Modification time of a file in place, in nanoseconds.",
        ),
        sa.Column("reading", DOCUMENT, nullable=True, comment="How it becomes documents."),
        sa.CheckConstraint(
            "position >= 0 AND num_bytes >= 0 AND num_documents >= 0 AND num_text_bytes >= 0",
            name=op.f("ck_shard_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_shard_version_id_version")
        ),
        sa.PrimaryKeyConstraint("version_id", "position", name=op.f("pk_shard")),
        sa.UniqueConstraint("version_id", "path", name=op.f("uq_shard_version_id_path")),
        comment="One file of a version.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shard_location",
        sa.Column("id", KEY, nullable=False, comment="Rises with time."),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="The shard's."),
        sa.Column("uri", sa.Text(), nullable=True, comment="NULL: in the object store, by digest."),
        sa.Column(
            "modified_ns",
            sa.BigInteger(),
            nullable=True,
            comment="Modification time of a file in place, in nanoseconds.",
        ),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("run_id", KEY, nullable=False, comment="The run that found it."),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_shard_location_run_id_run")),
        sa.ForeignKeyConstraint(
            ["version_id", "position"],
            ["shard.version_id", "shard.position"],
            name=op.f("fk_shard_location_version_id_position_shard"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shard_location")),
        comment="Where a file of a version lay when its bytes were sealed again. The newest holds.",
    )
    op.create_index(
        op.f("ix_shard_location_version_id_position"),
        "shard_location",
        ["version_id", "position"],
    )
    op.create_table(
        "tag",
        sa.Column("dataset_id", KEY, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_tag_dataset_id_dataset")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_tag_version_id_version")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "name", name=op.f("pk_tag")),
        comment="A movable name for one version of a dataset.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tag_version_id"), "tag", ["version_id"])
    op.create_table(
        "run_input",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="From 0, as given."),
        sa.Column("version_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_input_run_id_run")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_run_input_version_id_version")
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_input")),
        comment="A version that a run read.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_run_input_version_id"), "run_input", ["version_id"])
    op.create_table(
        "run_output",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_output_run_id_run")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_run_output_version_id_version")
        ),
        sa.PrimaryKeyConstraint("run_id", "version_id", name=op.f("pk_run_output")),
        comment="A version that a run made, or made again byte for byte.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_run_output_version_id"), "run_output", ["version_id"])
    op.create_table(
        "lineage_edge",
        sa.Column("child_id", KEY, nullable=False),
        sa.Column("parent_id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.CheckConstraint("parent_id < child_id", name=op.f("ck_lineage_edge_acyclic")),
        sa.ForeignKeyConstraint(
            ["child_id"], ["version.id"], name=op.f("fk_lineage_edge_child_id_version")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["version.id"], name=op.f("fk_lineage_edge_parent_id_version")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_lineage_edge_run_id_run")),
        sa.PrimaryKeyConstraint("child_id", "parent_id", "run_id", name=op.f("pk_lineage_edge")),
        comment="The child was made from the parent. Ids rise with time, so the graph has no loop.",
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_lineage_edge_parent_id_child_id"), "lineage_edge", ["parent_id", "child_id"]
    )


def create_statements() -> None:
    """Create what is stated and measured of versions."""
    op.create_table(
        "source",
        sa.Column("id", KEY, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="Of all that is stated."),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True, comment="Where the publisher offers it."),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("retrieved_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_source_fingerprint")),
        comment="Where data came from, as stated at registration; without credentials.",
    )
    op.create_table(
        "version_source",
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="From 0, as stated."),
        sa.Column("source_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_version_source_source_id_source")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_version_source_version_id_version")
        ),
        sa.PrimaryKeyConstraint("version_id", "position", name=op.f("pk_version_source")),
        comment="A source of a version.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_version_source_source_id"), "version_source", ["source_id"])
    op.create_table(
        "version_language",
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("language", NAME, nullable=False, comment="A BCP 47 tag."),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_version_language_version_id_version")
        ),
        sa.PrimaryKeyConstraint("version_id", "language", name=op.f("pk_version_language")),
        comment="A language of a version's text, as stated.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "licence_assertion",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column(
            "expression", sa.Text(), nullable=False, comment="SPDX in normal form, or `unknown`."
        ),
        sa.Column("asserted_by", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True, comment="Where it can be read."),
        sa.Column("asserted_at", MOMENT, nullable=False),
        sa.Column(
            "superseded_by",
            sa.BigInteger(),
            nullable=True,
            comment="The newer assertion. No foreign key: the older row is marked first, "
            "so that the current one is always unique.",
        ),
        sa.CheckConstraint("superseded_by > id", name=op.f("ck_licence_assertion_superseded_by")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_licence_assertion_version_id_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_assertion")),
        comment="What somebody states of a version's licence. Each version has one "
        "current assertion.",
    )
    op.create_index(
        "uq_licence_assertion_current",
        "licence_assertion",
        ["version_id"],
        unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL"),
    )
    op.create_table(
        "metric",
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_metric_run_id_run")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_metric_version_id_version")
        ),
        sa.PrimaryKeyConstraint("version_id", "name", "run_id", name=op.f("pk_metric")),
        comment="One measured number about a version. Of several with one name the "
        "newest run's holds.",
        sqlite_with_rowid=False,
    )


def create_counts() -> None:
    """Create tokenizers and token counts."""
    op.create_table(
        "tokenizer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("kind", CHOICE, nullable=False),
        sa.Column("engine", CHOICE, nullable=False),
        sa.Column(
            "file_digest", sa.Text(), nullable=False, comment="The object that holds its file."
        ),
        sa.Column(
            "vocab_size", sa.BigInteger(), nullable=False, comment="Entries, added tokens included."
        ),
        sa.Column(
            "highest_id",
            sa.BigInteger(),
            nullable=False,
            comment="The highest id that encoding can give.",
        ),
        sa.Column("unknown_token", sa.Text(), nullable=True),
        sa.Column("eos_token", sa.Text(), nullable=True),
        sa.Column("eos_id", sa.BigInteger(), nullable=True),
        sa.Column("bos_token", sa.Text(), nullable=True),
        sa.Column("bos_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column(
            "run_id",
            KEY,
            nullable=True,
            comment="The run that trained it; NULL: added from outside.",
        ),
        sa.CheckConstraint(
            "engine IN ('tokenizers', 'sentencepiece')", name=op.f("ck_tokenizer_engine")
        ),
        sa.CheckConstraint(
            "kind IN ('bpe', 'unigram', 'wordpiece', 'wordlevel')", name=op.f("ck_tokenizer_kind")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_tokenizer_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokenizer")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_tokenizer_fingerprint")),
        comment="A tokenizer, known by all that changes ids. Of several with one name "
        "the newest is meant.",
    )
    op.create_index(op.f("ix_tokenizer_name"), "tokenizer", ["name"])
    op.create_table(
        "token_count",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("tokenizer_id", KEY, nullable=False),
        sa.Column(
            "recipe_id",
            KEY,
            nullable=False,
            comment="Applied on the fly; 0: the version as it stands.",
        ),
        sa.Column(
            "policy", sa.Text(), nullable=False, comment="Canonical JSON of the counting policy."
        ),
        sa.Column(
            "scope", sa.Text(), nullable=False, comment="Empty: all documents of the version."
        ),
        sa.Column("method", CHOICE, nullable=False),
        sa.Column(
            "num_tokens",
            sa.BigInteger(),
            nullable=False,
            comment="Of the text, without special tokens.",
        ),
        sa.Column(
            "num_special_tokens",
            sa.BigInteger(),
            nullable=False,
            comment="EOS and BOS that the policy adds.",
        ),
        sa.Column("num_documents", sa.BigInteger(), nullable=False),
        sa.Column(
            "num_bytes",
            sa.BigInteger(),
            nullable=False,
            comment="UTF-8 bytes of the text that was counted.",
        ),
        sa.Column("num_unknown_tokens", sa.BigInteger(), nullable=False),
        sa.Column(
            "num_tokens_low",
            sa.BigInteger(),
            nullable=False,
            comment="Lower end of the 95 % interval.",
        ),
        sa.Column(
            "num_tokens_high",
            sa.BigInteger(),
            nullable=False,
            comment="Upper end of the 95 % interval.",
        ),
        sa.Column("sample_fraction", sa.Double(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column(
            "document_index",
            sa.Text(),
            nullable=True,
            comment="Digest of the object with key and token count of each distinct document.",
        ),
        sa.Column(
            "details",
            sa.Text(),
            nullable=True,
            comment="Digest of the object with the vocabulary's use and the rejected rows.",
        ),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.Column(
            "superseded_by",
            sa.BigInteger(),
            nullable=True,
            comment="The newer count. No foreign key: the older row is marked first, so "
            "that the current one is always unique.",
        ),
        sa.CheckConstraint(
            "method IN ('exact', 'sampled', 'declared')", name=op.f("ck_token_count_method")
        ),
        sa.CheckConstraint(
            "num_tokens_low <= num_tokens AND num_tokens <= num_tokens_high",
            name=op.f("ck_token_count_interval"),
        ),
        sa.CheckConstraint(
            "num_tokens_low >= 0 AND num_special_tokens >= 0 AND num_documents >= "
            "0 AND num_bytes >= 0 AND num_unknown_tokens >= 0",
            name=op.f("ck_token_count_not_negative"),
        ),
        sa.CheckConstraint(
            "sample_fraction >= 0 AND sample_fraction <= 1",
            name=op.f("ck_token_count_sample_fraction"),
        ),
        sa.CheckConstraint("superseded_by > id", name=op.f("ck_token_count_superseded_by")),
        sa.ForeignKeyConstraint(
            ["recipe_id"], ["recipe.id"], name=op.f("fk_token_count_recipe_id_recipe")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_token_count_run_id_run")),
        sa.ForeignKeyConstraint(
            ["tokenizer_id"], ["tokenizer.id"], name=op.f("fk_token_count_tokenizer_id_tokenizer")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_token_count_version_id_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_count")),
        comment="How many tokens a version holds under one tokenizer, policy, recipe, "
        "scope and method.",
    )
    op.create_index(
        "uq_token_count_current",
        "token_count",
        ["version_id", "tokenizer_id", "recipe_id", "policy", "scope", "method"],
        unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL"),
    )


def create_audit() -> None:
    """Create the audit log."""
    op.create_table(
        "audit_log",
        sa.Column("id", KEY, autoincrement=False, nullable=False, comment="From 1, without gaps."),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "action", sa.Text(), nullable=False, comment="Noun and verb, such as version.seal."
        ),
        sa.Column(
            "entity", sa.Text(), nullable=False, comment="What was changed, by its public name."
        ),
        sa.Column(
            "detail",
            sa.Text(),
            nullable=False,
            comment="Canonical JSON, kept as text since the hash covers these very bytes.",
        ),
        sa.Column(
            "previous_hash",
            sa.Text(),
            nullable=False,
            comment="Of the entry before; of the first, the digest of nothing.",
        ),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_audit_log_previous_hash")),
        comment="Every change, by whom. Each hash covers the entry and the hash of the "
        "entry before.",
    )
