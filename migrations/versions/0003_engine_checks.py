"""What was found when engines were compared with a tokenizer's reference.

Why: a fast engine is used only where it gave the ids of the reference on texts made to tell them
apart, and what was found holds as long as neither library changes. A difference is kept for good.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table, whose rows never change."""
    op.create_table(
        "engine_check",
        sa.Column("id", KEY, nullable=False),
        sa.Column("tokenizer_id", KEY, nullable=False),
        sa.Column(
            "parse_special",
            sa.Boolean(),
            nullable=False,
            comment="Whether the text of control tokens became their ids.",
        ),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reference_version", sa.Text(), nullable=False),
        sa.Column(
            "is_equal",
            sa.Boolean(),
            nullable=False,
            comment="One difference outweighs all that was equal.",
        ),
        sa.Column("num_texts", sa.BigInteger(), nullable=False, comment="Texts compared."),
        sa.Column(
            "difference",
            sa.Text(),
            nullable=True,
            comment="The first text with other ids, and the ids of both, as canonical JSON: "
            "PostgreSQL's own JSON holds no NUL.",
        ),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "is_equal = (difference IS NULL)", name=op.f("ck_engine_check_difference")
        ),
        sa.CheckConstraint("num_texts >= 0", name=op.f("ck_engine_check_not_negative")),
        sa.ForeignKeyConstraint(
            ["tokenizer_id"], ["tokenizer.id"], name=op.f("fk_engine_check_tokenizer_id_tokenizer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engine_check")),
        sa.UniqueConstraint(
            "tokenizer_id",
            "parse_special",
            "engine",
            "engine_version",
            "reference",
            "reference_version",
            "is_equal",
            name=op.f("uq_engine_check_outcome"),
        ),
        comment="What came out when another engine was compared with a tokenizer's reference.",
    )
    dialect = op.get_bind().dialect.name
    for event in ("update", "delete", *(("truncate",) if dialect == "postgresql" else ())):
        refuse(dialect, event)


def downgrade() -> None:
    """Remove the table; what it says can be found again."""
    op.drop_table("engine_check")


def refuse(dialect: str, event: str) -> None:
    """Make the trigger that refuses an event."""
    each = "STATEMENT" if event == "truncate" else "ROW"
    action = "EXECUTE FUNCTION muster_refuse()"
    if dialect == "sqlite":
        action = f"BEGIN SELECT RAISE(ABORT, 'engine_check is sealed: {event} refused'); END"
    op.execute(
        f"CREATE TRIGGER engine_check_{event}_refused BEFORE {event.upper()} ON engine_check "
        f"FOR EACH {each} {action}"
    )
