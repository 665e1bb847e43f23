"""How far a source was read, where it can be read further.

Why: a table that grows, or a repository, is registered again and again, and each time only what is
new is to be read.
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
    """Add the column, empty."""
    op.add_column(
        "source",
        sa.Column(
            "reached",
            JSON,
            nullable=True,
            comment="How far it was read, where it can be read further.",
        ),
    )


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("source", "reached")
