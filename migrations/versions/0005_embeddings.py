"""Versions of embeddings, and the runs that make and measure them.

Why: embeddings are shards of a version of their own, as tokens are, so the catalog must know one
more content and two more operations. No row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CHECKS = {
    "run": (
        "operation",
        ("register", "normalize", "tokenize", "train-tokenizer", "derive"),
        (
            "register",
            "normalize",
            "tokenize",
            "embed",
            "measure-diversity",
            "train-tokenizer",
            "derive",
        ),
    ),
    "version": (
        "content",
        ("documents", "tokens"),
        ("documents", "tokens", "embeddings"),
    ),
}
"""By table: a column, the values it had, and those it has from now on."""


def upgrade() -> None:
    """Allow the new values."""
    for table, (column, _, values) in CHECKS.items():
        allow(table, column, values)


def downgrade() -> None:
    """Allow the old values only; a catalog that holds embeddings cannot go back."""
    for table, (column, values, _) in CHECKS.items():
        allow(table, column, values)


def allow(table: str, column: str, values: tuple[str, ...]) -> None:
    """Hold a column to some values, in place of those it is held to."""
    name = f"ck_{table}_{column}"
    listed = ", ".join(f"'{value}'" for value in values)
    triggers = read_triggers(table)
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(name), type_="check")
        batch.create_check_constraint(op.f(name), sa.text(f"{column} IN ({listed})"))
    for statement in triggers:
        op.execute(statement)


def read_triggers(table: str) -> list[str]:
    """Return the statements that make a table's triggers, which SQLite drops with a rebuild."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return []
    query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    return list(bind.execute(query, {"table": table}).scalars())
