"""Statements of who wrote a version that are taken back.

Why: a model that was named by mistake made a version synthetic for ever, and with it all that came
of it. A statement can be marked, once, as the withdrawal of a version is; who did it and why stand
in the audit log. No row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
TABLE = "generation"
COMMENT = "When it was taken back; the audit log says by whom and why. NULL: it stands."
OTHERS = (
    "id",
    "version_id",
    "model_id",
    "trained_until",
    "role",
    "prompt_digest",
    "sampling",
    "actor",
    "stated_at",
)


def upgrade() -> None:
    """Add the moment, which alone may be written, and once."""
    drop_trigger()
    op.add_column(TABLE, sa.Column("retracted_at", MOMENT, nullable=True, comment=COMMENT))
    is_same = "IS" if is_sqlite() else "IS NOT DISTINCT FROM"
    old, new = (", ".join(f"{row}.{name}" for name in OTHERS) for row in ("OLD", "NEW"))
    allowed = "OLD.retracted_at IS NULL AND NEW.retracted_at IS NOT NULL"
    make_trigger(f" WHEN (NOT ({allowed} AND ({old}) {is_same} ({new})))")


def downgrade() -> None:
    """Remove it; a catalog where something was taken back cannot go back: it would stand again."""
    retracted = sa.text("SELECT count(*) FROM generation WHERE retracted_at IS NOT NULL")
    if op.get_bind().execute(retracted).scalar():
        raise ValueError("statements were taken back, which would stand again")
    drop_trigger()
    op.drop_column(TABLE, "retracted_at")
    make_trigger("")


def is_sqlite() -> bool:
    """Return whether this is the engine without functions of triggers."""
    return op.get_bind().dialect.name == "sqlite"


def drop_trigger() -> None:
    """Remove the trigger that refuses changes."""
    op.execute(f"DROP TRIGGER {TABLE}_update_refused" + ("" if is_sqlite() else f" ON {TABLE}"))


def make_trigger(when: str) -> None:
    """Make the trigger that refuses changes, but for some."""
    action = "EXECUTE FUNCTION muster_refuse()"
    if is_sqlite():
        action = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is sealed: update refused'); END"
    op.execute(
        f"CREATE TRIGGER {TABLE}_update_refused BEFORE UPDATE ON {TABLE} "
        f"FOR EACH ROW{when} {action}"
    )
