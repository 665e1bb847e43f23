"""What models wrote, and copies, in the work list of a takedown.

Why: a model that was trained on what has to go may have written it out again, so the list names
what it wrote and what came of that, for a person to judge. And a text that has to go may have been
given by others too, which nobody was told. No row changes: of older lists nothing is known of
copies.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "takedown_item"
CLUSTERED = {"sqlite_with_rowid": False}
COMMENT = "Documents found by the text of another alone; NULL: not counted."
BEFORE = ("documents", "mixture", "derived", "embeddings", "suspect", "model", "report")
VALUES = (
    "documents",
    "mixture",
    "derived",
    "embeddings",
    "suspect",
    "tainted",
    "model",
    "report",
)


def upgrade() -> None:
    """Allow the kind, and add the number of copies."""
    drop_triggers()
    with op.batch_alter_table(TABLE, table_kwargs=CLUSTERED) as batch:
        allow(batch, VALUES)
        batch.add_column(sa.Column("num_copies", sa.BigInteger(), nullable=True, comment=COMMENT))
        batch.create_check_constraint(
            op.f("ck_takedown_item_num_copies"), sa.text("num_copies BETWEEN 0 AND num_documents")
        )
    make_triggers()


def downgrade() -> None:
    """Remove the column; of the kinds the nearest takes the place of the new one."""
    drop_triggers()
    op.execute("UPDATE takedown_item SET kind = 'suspect' WHERE kind = 'tainted'")
    with op.batch_alter_table(TABLE, table_kwargs=CLUSTERED) as batch:
        batch.drop_constraint(op.f("ck_takedown_item_num_copies"), type_="check")
        batch.drop_column("num_copies")
        allow(batch, BEFORE)
    make_triggers()


def allow(batch: BatchOperations, values: tuple[str, ...]) -> None:
    """Hold the kind of an entry to some values, in place of those it is held to."""
    listed = ", ".join(f"'{value}'" for value in values)
    batch.drop_constraint(op.f("ck_takedown_item_kind"), type_="check")
    batch.create_check_constraint(op.f("ck_takedown_item_kind"), sa.text(f"kind IN ({listed})"))


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
