"""Versions that cannot be read, and tokenizers, in the work list of a takedown.

Why: of a version whose file is gone nobody knows what it holds, so a takedown must not close over
it; and the vocabulary of a tokenizer is made of the texts that it was trained on. What a list says
that was opened before stays; its unread versions join it when it is worked off.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "takedown_item"
CLUSTERED = {"sqlite_with_rowid": False}
BEFORE = (
    "documents",
    "mixture",
    "derived",
    "embeddings",
    "suspect",
    "tainted",
    "model",
    "report",
)
VALUES = (
    "documents",
    "mixture",
    "derived",
    "embeddings",
    "unread",
    "suspect",
    "tainted",
    "tokenizer",
    "model",
    "report",
)
SUBJECT_THEN = (
    "(version_id IS NOT NULL AND model_id IS NULL AND report_id IS NULL) "
    "OR (version_id IS NULL AND model_id IS NOT NULL AND report_id IS NULL) "
    "OR (version_id IS NULL AND model_id IS NULL AND report_id IS NOT NULL)"
)
SUBJECT_NOW = (
    "CASE WHEN version_id IS NULL THEN 0 ELSE 1 END "
    "+ CASE WHEN tokenizer_id IS NULL THEN 0 ELSE 1 END "
    "+ CASE WHEN model_id IS NULL THEN 0 ELSE 1 END "
    "+ CASE WHEN report_id IS NULL THEN 0 ELSE 1 END = 1"
)


def upgrade() -> None:
    """Add the tokenizer of an entry and the new kinds."""
    drop_triggers()
    with op.batch_alter_table(TABLE, table_kwargs=CLUSTERED) as batch:
        batch.add_column(sa.Column("tokenizer_id", KEY, nullable=True))
        batch.create_foreign_key(
            op.f("fk_takedown_item_tokenizer_id_tokenizer"), "tokenizer", ["tokenizer_id"], ["id"]
        )
        allow(batch, VALUES, subject=SUBJECT_NOW)
    make_triggers()


def downgrade() -> None:
    """Remove the column; entries of tokenizers go, and what was not read becomes suspect."""
    drop_triggers()
    op.execute("DELETE FROM takedown_item WHERE kind = 'tokenizer'")
    op.execute("UPDATE takedown_item SET kind = 'suspect' WHERE kind = 'unread'")
    with op.batch_alter_table(TABLE, table_kwargs=CLUSTERED) as batch:
        allow(batch, BEFORE, subject=SUBJECT_THEN)
        batch.drop_constraint(op.f("fk_takedown_item_tokenizer_id_tokenizer"), type_="foreignkey")
        batch.drop_column("tokenizer_id")
    make_triggers()


def allow(batch: BatchOperations, values: tuple[str, ...], *, subject: str) -> None:
    """Hold the kind and the subject of an entry to other conditions than before."""
    listed = ", ".join(f"'{value}'" for value in values)
    for name, condition in (("kind", f"kind IN ({listed})"), ("subject", subject)):
        batch.drop_constraint(op.f(f"ck_takedown_item_{name}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_takedown_item_{name}"), sa.text(condition))


def events() -> tuple[str, ...]:
    """Return what is refused on this engine."""
    truncate = ("truncate",) if op.get_bind().dialect.name == "postgresql" else ()
    return ("update", "delete", *truncate)


def drop_triggers() -> None:
    """Remove the triggers of the table, which a rebuild would lose."""
    on = f" ON {TABLE}" if op.get_bind().dialect.name == "postgresql" else ""
    for event in events():
        op.execute(f"DROP TRIGGER {TABLE}_{event}_refused{on}")


def make_triggers() -> None:
    """Make the triggers of the table again."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for event in events():
        each = "STATEMENT" if event == "truncate" else "ROW"
        action = "EXECUTE FUNCTION muster_refuse()"
        if is_sqlite:
            action = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is sealed: {event} refused'); END"
        op.execute(
            f"CREATE TRIGGER {TABLE}_{event}_refused BEFORE {event.upper()} ON {TABLE} "
            f"FOR EACH {each} {action}"
        )
