"""Reports, mixtures and embeddings in the work list of a takedown; an index of the audit log.

Why: a report that was kept stands on the documents that have to go as much as a model does, so the
list names it. The audit log is asked for what was done to one version, and was read as a whole.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "takedown_item"
CLUSTERED = {"sqlite_with_rowid": False}
KINDS_THEN = "kind IN ('documents', 'derived', 'suspect', 'model')"
KINDS_NOW = (
    "kind IN ('documents', 'mixture', 'derived', 'embeddings', 'suspect', 'model', 'report')"
)
SUBJECT_THEN = "(version_id IS NULL) <> (model_id IS NULL)"
SUBJECT_NOW = (
    "(version_id IS NOT NULL AND model_id IS NULL AND report_id IS NULL) "
    "OR (version_id IS NULL AND model_id IS NOT NULL AND report_id IS NULL) "
    "OR (version_id IS NULL AND model_id IS NULL AND report_id IS NOT NULL)"
)


def upgrade() -> None:
    """Add the report of an entry and the new kinds; index the audit log by entity."""
    drop_triggers()
    with op.batch_alter_table(TABLE, table_kwargs=CLUSTERED) as batch:
        batch.add_column(sa.Column("report_id", KEY, nullable=True))
        batch.create_foreign_key(
            op.f("fk_takedown_item_report_id_report"), "report", ["report_id"], ["id"]
        )
        check(batch, kinds=KINDS_NOW, subject=SUBJECT_NOW)
    make_triggers()
    op.create_index(op.f("ix_audit_log_entity"), "audit_log", ["entity"])


def downgrade() -> None:
    """Remove the index and the column; entries of reports go, the new kinds become the old ones."""
    op.drop_index(op.f("ix_audit_log_entity"), "audit_log")
    drop_triggers()
    op.execute("DELETE FROM takedown_item WHERE kind = 'report'")
    op.execute("UPDATE takedown_item SET kind = 'documents' WHERE kind = 'mixture'")
    op.execute("UPDATE takedown_item SET kind = 'derived' WHERE kind = 'embeddings'")
    with op.batch_alter_table(TABLE, table_kwargs=CLUSTERED) as batch:
        check(batch, kinds=KINDS_THEN, subject=SUBJECT_THEN)
        batch.drop_constraint(op.f("fk_takedown_item_report_id_report"), type_="foreignkey")
        batch.drop_column("report_id")
    make_triggers()


def check(batch: BatchOperations, *, kinds: str, subject: str) -> None:
    """Put other checks in place of those on kind and subject."""
    for name, condition in (("kind", kinds), ("subject", subject)):
        batch.drop_constraint(op.f(f"ck_takedown_item_{name}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_takedown_item_{name}"), condition)


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
