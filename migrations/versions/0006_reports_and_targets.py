"""Readiness reports as they were made, and the targets that they are about.

Why: a verdict that somebody acts on must be found again with everything it stands on, and what a
team wants to train is stated once, under a name, and not typed anew for each report.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create both tables, whose rows never change."""
    op.create_table(
        "target",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="From 1 within the name."),
        sa.Column(
            "digest", sa.Text(), nullable=False, comment="Fingerprint of everything but the name."
        ),
        sa.Column("definition", sa.Text(), nullable=False, comment="The target as canonical JSON."),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_target_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint("name", "number", name=op.f("uq_target_number")),
        comment="A model that somebody wants to train. A changed target is a new row of its name.",
    )
    op.create_table(
        "report",
        sa.Column("id", KEY, nullable=False),
        sa.Column(
            "digest",
            sa.Text(),
            nullable=False,
            comment="Fingerprint of everything but the moment: the same inputs give the same one.",
        ),
        sa.Column("muster_version", sa.Text(), nullable=False),
        sa.Column(
            "tokenizer", sa.Text(), nullable=False, comment="Its name when the report was made."
        ),
        sa.Column(
            "law", sa.Text(), nullable=False, comment="The id of the law that the verdicts go by."
        ),
        sa.Column("num_versions", sa.BigInteger(), nullable=False),
        sa.Column("unique_tokens", sa.BigInteger(), nullable=False),
        sa.Column(
            "verdicts",
            sa.Text(),
            nullable=False,
            comment="In short, for lists, as canonical JSON.",
        ),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="The report as JSON in its own order; the digest covers its canonical form.",
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "num_versions >= 0 AND unique_tokens >= 0", name=op.f("ck_report_not_negative")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("digest", name=op.f("uq_report_digest")),
        comment="A readiness report as it was made, with the digests of everything it stands on.",
    )
    dialect = op.get_bind().dialect.name
    for table in ("target", "report"):
        for event in ("update", "delete", *(("truncate",) if dialect == "postgresql" else ())):
            refuse(dialect, table, event)


def downgrade() -> None:
    """Remove both tables, and with them the reports that were kept."""
    op.drop_table("report")
    op.drop_table("target")


def refuse(dialect: str, table: str, event: str) -> None:
    """Make the trigger that refuses an event."""
    each = "STATEMENT" if event == "truncate" else "ROW"
    action = "EXECUTE FUNCTION muster_refuse()"
    if dialect == "sqlite":
        action = f"BEGIN SELECT RAISE(ABORT, '{table} is sealed: {event} refused'); END"
    op.execute(
        f"CREATE TRIGGER {table}_{event}_refused BEFORE {event.upper()} ON {table} "
        f"FOR EACH {each} {action}"
    )
