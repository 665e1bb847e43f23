"""Mixtures: versions that name others and the share of a run that each is given.

Why: what is trained on is rarely one version, and the weights decide how often each token is seen.
A mixture is a version like any other, so the catalog knows one more content and one more operation,
and a part of a mixture has a weight beside its documents. No row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CHECKS = {
    "run": (
        "operation",
        (
            "register",
            "normalize",
            "tokenize",
            "embed",
            "measure-diversity",
            "train-tokenizer",
            "derive",
        ),
        (
            "register",
            "normalize",
            "tokenize",
            "embed",
            "mix",
            "measure-diversity",
            "train-tokenizer",
            "derive",
        ),
    ),
    "version": (
        "content",
        ("documents", "tokens", "embeddings"),
        ("documents", "tokens", "embeddings", "mixture"),
    ),
}
"""By table: a column, the values it had, and those it has from now on."""

COMMENT = "What a version took from a parent: documents as stated, or a share of every run on it."
COMMENT_BEFORE = (
    "How many documents a version took from a parent, as stated when it was registered."
)


def upgrade() -> None:
    """Allow the new values; give parts a weight."""
    for table, (column, _, values) in CHECKS.items():
        allow(table, column, values)
    triggers = read_triggers("mixture_part")
    with op.batch_alter_table("mixture_part") as batch:
        batch.add_column(
            sa.Column(
                "weight",
                sa.BigInteger(),
                nullable=True,
                comment="Billionths of the tokens that a run reads; NULL: documents were taken, "
                "not weighed.",
            )
        )
        batch.create_check_constraint(
            op.f("ck_mixture_part_weight"), sa.text("weight BETWEEN 1 AND 1000000000")
        )
        batch.create_table_comment(COMMENT, existing_comment=COMMENT_BEFORE)
    for statement in triggers:
        op.execute(statement)


def downgrade() -> None:
    """Allow the old values only; a catalog that holds mixtures cannot go back."""
    triggers = read_triggers("mixture_part")
    with op.batch_alter_table("mixture_part") as batch:
        batch.drop_constraint(op.f("ck_mixture_part_weight"), type_="check")
        batch.drop_column("weight")
        batch.create_table_comment(COMMENT_BEFORE, existing_comment=COMMENT)
    for statement in triggers:
        op.execute(statement)
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
