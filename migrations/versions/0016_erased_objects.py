"""Objects that were erased from the store for a takedown: digest and size of each stay.

Why: what a takedown withdrew lay in the store for ever. What is gone on purpose must be told from
what was lost, by whoever verifies, and for as long as the catalog stands. No row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
TABLE = "erased_object"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        TABLE,
        sa.Column("takedown_id", KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("num_bytes", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("num_bytes >= 0", name=op.f("ck_erased_object_not_negative")),
        sa.PrimaryKeyConstraint("takedown_id", "digest", name=op.f("pk_erased_object")),
        sa.ForeignKeyConstraint(
            ["takedown_id"], ["takedown.id"], name=op.f("fk_erased_object_takedown_id_takedown")
        ),
        comment="An object that was erased from the store: its digest and size, and nothing of it.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_erased_object_digest"), TABLE, ["digest"])
    make_triggers()


def downgrade() -> None:
    """Remove the table; what was erased looks lost then."""
    op.drop_table(TABLE)


def make_triggers() -> None:
    """Refuse every change of the table's rows."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for event in ("update", "delete") if is_sqlite else ("update", "delete", "truncate"):
        each = "STATEMENT" if event == "truncate" else "ROW"
        action = "EXECUTE FUNCTION muster_refuse()"
        if is_sqlite:
            action = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is sealed: {event} refused'); END"
        op.execute(
            f"CREATE TRIGGER {TABLE}_{event}_refused BEFORE {event.upper()} ON {TABLE} "
            f"FOR EACH {each} {action}"
        )
