"""Models and who wrote a version; takedowns with what was found and what was done.

Why: what is synthetic in a version, through how many models it went and what their output may be
used for follows from who wrote its sources, which the catalog could not say. And what had to go
could be followed to no version that holds it, nor kept from coming back.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
CHOICE = sa.String(32)
CLUSTERED = {"sqlite_with_rowid": False}

TABLES = (
    "model",
    "model_training",
    "generation",
    "generation_grounding",
    "mixture_part",
    "takedown",
    "takedown_document",
    "takedown_item",
    "takedown_action",
)


def upgrade() -> None:
    """Create the tables, whose rows never change."""
    create_models()
    create_generations()
    op.create_table(
        "mixture_part",
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("parent_id", KEY, nullable=False),
        sa.Column("num_documents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("parent_id < version_id", name=op.f("ck_mixture_part_acyclic")),
        sa.CheckConstraint("num_documents >= 0", name=op.f("ck_mixture_part_not_negative")),
        reference("mixture_part", "version_id", "version"),
        reference("mixture_part", "parent_id", "version"),
        sa.PrimaryKeyConstraint("version_id", "parent_id", name=op.f("pk_mixture_part")),
        comment="How many documents a version took from a parent, as stated when it was "
        "registered.",
        **CLUSTERED,
    )
    create_takedowns()
    for table in TABLES:
        for event in events():
            refuse(table, event)


def downgrade() -> None:
    """Remove the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def create_models() -> None:
    """Create the tables of models and of what they were trained on."""
    op.create_table(
        "model",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("revision", NAME, nullable=False),
        sa.Column("weights_digest", sa.Text(), nullable=True),
        sa.Column(
            "output_licence",
            sa.Text(),
            nullable=False,
            comment="What may be done with its output: SPDX in normal form, or `unknown`.",
        ),
        sa.Column(
            "output_terms",
            JSON,
            nullable=True,
            comment="The same, term by term; NULL: as the expression says.",
        ),
        sa.Column("terms_url", sa.Text(), nullable=True, comment="Where that can be read."),
        sa.Column(
            "trained_until",
            sa.BigInteger(),
            nullable=False,
            comment="The highest id of a version it was trained on; 0: none is known.",
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint("trained_until >= 0", name=op.f("ck_model_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("name", "revision", name=op.f("uq_model_name_revision")),
        sa.UniqueConstraint("id", "trained_until", name=op.f("uq_model_id_trained_until")),
        comment="A model at one revision. What is stated of it is stated once.",
    )
    op.create_table(
        "model_training",
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="From 0, as stated."),
        sa.Column("trained_until", sa.BigInteger(), nullable=False, comment="The model's."),
        sa.CheckConstraint("version_id <= trained_until", name=op.f("ck_model_training_acyclic")),
        reference_to_model("model_training"),
        reference("model_training", "version_id", "version"),
        sa.PrimaryKeyConstraint("model_id", "version_id", name=op.f("pk_model_training")),
        comment="A version that a model was trained on.",
        **CLUSTERED,
    )
    op.create_index(op.f("ix_model_training_version_id"), "model_training", ["version_id"])


def create_generations() -> None:
    """Create the tables of who wrote a version, and of what the model was given."""
    op.create_table(
        "generation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=True),
        sa.Column("trained_until", sa.BigInteger(), nullable=True, comment="The model's."),
        sa.Column("role", CHOICE, nullable=False),
        sa.Column(
            "prompt_digest", sa.Text(), nullable=True, comment="Of the prompt or its template."
        ),
        sa.Column("sampling", JSON, nullable=False, comment="Parameters of sampling."),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("stated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "role IN ('generator', 'rewriter', 'translator', 'judge', 'people')",
            name=op.f("ck_generation_role"),
        ),
        sa.CheckConstraint(
            "(role = 'people') = (model_id IS NULL)", name=op.f("ck_generation_model")
        ),
        sa.CheckConstraint(
            "(model_id IS NULL) = (trained_until IS NULL)", name=op.f("ck_generation_trained")
        ),
        sa.CheckConstraint("trained_until < version_id", name=op.f("ck_generation_acyclic")),
        reference_to_model("generation"),
        reference("generation", "version_id", "version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation")),
        sa.UniqueConstraint("id", "version_id", name=op.f("uq_generation_id_version_id")),
        comment="What somebody states of who wrote the documents of a version: a model in a role, "
        "or people. A version lies above all that its model was trained on, so the graph through "
        "models has no loop.",
    )
    for column in ("version_id", "model_id"):
        op.create_index(op.f(f"ix_generation_{column}"), "generation", [column])
    op.create_table(
        "generation_grounding",
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", KEY, nullable=False),
        sa.Column(
            "version_id",
            sa.BigInteger(),
            nullable=False,
            comment="The version that was generated.",
        ),
        sa.CheckConstraint("parent_id < version_id", name=op.f("ck_generation_grounding_acyclic")),
        sa.ForeignKeyConstraint(
            ["generation_id", "version_id"],
            ["generation.id", "generation.version_id"],
            name=op.f("fk_generation_grounding_generation_id_version_id_generation"),
        ),
        reference("generation_grounding", "parent_id", "version"),
        sa.PrimaryKeyConstraint("generation_id", "parent_id", name=op.f("pk_generation_grounding")),
        comment="A version whose documents a model was given, beside the parents in the lineage.",
        **CLUSTERED,
    )
    for column in ("parent_id", "version_id"):
        op.create_index(op.f(f"ix_generation_grounding_{column}"), "generation_grounding", [column])


def create_takedowns() -> None:
    """Create the tables of takedowns."""
    op.create_table(
        "takedown",
        sa.Column("id", KEY, nullable=False, comment="The number that a person names it by."),
        sa.Column("selector", CHOICE, nullable=False),
        sa.Column("value", sa.Text(), nullable=False, comment="What the selector asks for."),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deadline", MOMENT, nullable=True),
        sa.Column(
            "unread", JSON, nullable=False, comment="Versions whose files could not be read."
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "selector IN ('url-pattern', 'digest', 'id', 'dataset')",
            name=op.f("ck_takedown_selector"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedown")),
        comment="A demand that documents go.",
    )
    op.create_table(
        "takedown_document",
        sa.Column("takedown_id", KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("num_bytes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("num_bytes >= 0", name=op.f("ck_takedown_document_not_negative")),
        reference("takedown_document", "takedown_id", "takedown"),
        sa.PrimaryKeyConstraint("takedown_id", "digest", name=op.f("pk_takedown_document")),
        comment="A text that has to go: its digest and size, and nothing of it.",
        **CLUSTERED,
    )
    op.create_index(op.f("ix_takedown_document_digest"), "takedown_document", ["digest"])
    op.create_table(
        "takedown_item",
        sa.Column("takedown_id", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="From 1."),
        sa.Column("kind", CHOICE, nullable=False),
        sa.Column("version_id", KEY, nullable=True),
        sa.Column("model_id", KEY, nullable=True),
        sa.Column("num_documents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('documents', 'derived', 'suspect', 'model')",
            name=op.f("ck_takedown_item_kind"),
        ),
        sa.CheckConstraint("num_documents >= 0", name=op.f("ck_takedown_item_not_negative")),
        sa.CheckConstraint(
            "(version_id IS NULL) <> (model_id IS NULL)", name=op.f("ck_takedown_item_subject")
        ),
        reference("takedown_item", "takedown_id", "takedown"),
        reference("takedown_item", "version_id", "version"),
        reference("takedown_item", "model_id", "model"),
        sa.PrimaryKeyConstraint("takedown_id", "position", name=op.f("pk_takedown_item")),
        comment="An entry of a work list, frozen when the takedown was opened.",
        **CLUSTERED,
    )
    op.create_index(op.f("ix_takedown_item_version_id"), "takedown_item", ["version_id"])
    op.create_table(
        "takedown_action",
        sa.Column("id", KEY, nullable=False, comment="Rises with time."),
        sa.Column("takedown_id", KEY, nullable=False),
        sa.Column(
            "position", sa.BigInteger(), nullable=True, comment="The entry's; NULL: the whole."
        ),
        sa.Column("action", CHOICE, nullable=False),
        sa.Column("version_id", KEY, nullable=True, comment="The version that takes its place."),
        sa.Column("note", sa.Text(), nullable=True, comment="Why, or what proves it."),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "action IN ('rebuilt', 'withdrawn', 'exempted', 'closed')",
            name=op.f("ck_takedown_action_action"),
        ),
        reference("takedown_action", "takedown_id", "takedown"),
        reference("takedown_action", "version_id", "version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedown_action")),
        comment="What was done about an entry, or with the whole. The newest holds.",
    )
    op.create_index(op.f("ix_takedown_action_takedown_id"), "takedown_action", ["takedown_id"])


def reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """Return the foreign key of a column to the id of a table."""
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name)


def reference_to_model(table: str) -> sa.ForeignKeyConstraint:
    """Return the foreign key to a model, with the highest id of what it was trained on."""
    return sa.ForeignKeyConstraint(
        ["model_id", "trained_until"],
        ["model.id", "model.trained_until"],
        name=op.f(f"fk_{table}_model_id_trained_until_model"),
    )


def events() -> tuple[str, ...]:
    """Return what is refused on this engine."""
    truncate = ("truncate",) if op.get_bind().dialect.name == "postgresql" else ()
    return ("update", "delete", *truncate)


def refuse(table: str, event: str) -> None:
    """Make the trigger that always refuses an event."""
    dialect = op.get_bind().dialect.name
    each = "STATEMENT" if event == "truncate" else "ROW"
    action = "EXECUTE FUNCTION muster_refuse()"
    if dialect == "sqlite":
        action = f"BEGIN SELECT RAISE(ABORT, '{table} is sealed: {event} refused'); END"
    op.execute(
        f"CREATE TRIGGER {table}_{event}_refused BEFORE {event.upper()} ON {table} "
        f"FOR EACH {each} {action}"
    )
