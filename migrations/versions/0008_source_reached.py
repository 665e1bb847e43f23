"""How far a source was read, and the entity tags of files that lie elsewhere.

Why: a table that grows, or a repository, is registered again and again, and each time only what is
new is to be read. A file in an object store has no modification time that could be trusted; that it
is still the same is known by its entity tag.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the columns, empty."""
    op.add_column(
        "source",
        sa.Column(
            "reached",
            JSON,
            nullable=True,
            comment="How far it was read, where it can be read further.",
        ),
    )
    for table in ("shard", "shard_location"):
        op.add_column(
            table,
            sa.Column(
                "etag",
                sa.Text(),
                nullable=True,
                comment="Entity tag of a file in place elsewhere.",
            ),
        )


def downgrade() -> None:
    """Remove the columns."""
    for table in ("shard", "shard_location"):
        op.drop_column(table, "etag")
    op.drop_column("source", "reached")
