"""Tables: versions that hold rows of typed columns.

Why: a table that a recipe made is no text, so what reads documents must not take it for one, and
its rows are to be counted, verified and traced as documents are. The catalog knows one more
content. No row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE = ("documents", "tokens", "embeddings", "mixture")
VALUES = ("documents", "table", "tokens", "embeddings", "mixture")

COMMENTS = {
    "version": (
        "UTF-8 bytes of text in the documents.",
        "UTF-8 bytes of text in the documents, or bytes of the values of a table.",
    ),
    "shard": (
        "UTF-8 bytes of text; 0 for token shards.",
        "UTF-8 bytes of text, or bytes of the values of a table; 0 for token shards.",
    ),
}


def upgrade() -> None:
    """Allow tables."""
    allow(VALUES)
    for table, (before, after) in COMMENTS.items():
        comment(table, after, before)


def downgrade() -> None:
    """Allow what there was before; a catalog that holds tables cannot go back."""
    for table, (before, after) in COMMENTS.items():
        comment(table, before, after)
    allow(BEFORE)


def allow(values: tuple[str, ...]) -> None:
    """Hold the content of versions to some values, in place of those it is held to."""
    listed = ", ".join(f"'{value}'" for value in values)
    triggers = read_triggers("version")
    with op.batch_alter_table("version") as batch:
        batch.drop_constraint(op.f("ck_version_content"), type_="check")
        batch.create_check_constraint(op.f("ck_version_content"), sa.text(f"content IN ({listed})"))
    for statement in triggers:
        op.execute(statement)


def comment(table: str, text: str, before: str) -> None:
    """Say anew what the bytes of a table's rows are; SQLite keeps no comments."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.alter_column(
        table,
        "num_text_bytes",
        existing_type=sa.BigInteger(),
        existing_nullable=False,
        comment=text,
        existing_comment=before,
    )


def read_triggers(table: str) -> list[str]:
    """Return the statements that make a table's triggers, which SQLite drops with a rebuild."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return []
    query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    return list(bind.execute(query, {"table": table}).scalars())
