"""Who says what of a licence and how surely, and a ledger of costs.

Why: several people say different things of one version's licence, so that the newest is not always
the one that holds, and what nobody stated must be told from what somebody did. Costs are entries
that are never changed, in whole millionths of a currency.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
CHOICE = sa.String(32)

SINCE_0001 = ("id", "version_id", "expression", "asserted_by", "evidence", "asserted_at")
ADDED = ("basis", "confidence", "evidence_digest")
INHERITED = "stated for every input"
"""What stood as the evidence of a licence that every input agreed on."""

SUPERSEDED_BY_THEN = (
    "The newer assertion. No foreign key: the older row is marked first, so that the current one "
    "is always unique."
)
SUPERSEDED_BY_NOW = (
    "The assertion that holds instead; NULL: this one holds. The one column that changes, since an "
    "older assertion can come to hold again. No foreign key: a row is marked before the one that "
    "replaces it, so that one at most ever holds."
)
ASSERTED_BY_NOW = "Who says so; the audit log has the actor."
COMMENT_THEN = (
    "What somebody states of a version's licence. Each version has one current assertion."
)
COMMENT_NOW = (
    "What somebody states of a version's licence. Of all that is stated one assertion holds."
)


def upgrade() -> None:
    """Add basis, confidence and the copy of the evidence; make the ledger of costs."""
    drop_triggers("licence_assertion")
    with op.batch_alter_table("licence_assertion") as batch:
        batch.drop_constraint(op.f("ck_licence_assertion_superseded_by"), type_="check")
        batch.create_check_constraint(
            op.f("ck_licence_assertion_superseded_by"), "superseded_by <> id"
        )
        batch.alter_column(
            "superseded_by",
            existing_type=sa.BigInteger(),
            comment=SUPERSEDED_BY_NOW,
            existing_comment=SUPERSEDED_BY_THEN,
        )
        batch.alter_column("asserted_by", existing_type=sa.Text(), comment=ASSERTED_BY_NOW)
        batch.create_table_comment(COMMENT_NOW, existing_comment=COMMENT_THEN)
        for column in added_columns():
            batch.add_column(column)
        batch.create_check_constraint(
            op.f("ck_licence_assertion_basis"), "basis IN ('stated', 'inherited', 'unstated')"
        )
        batch.create_check_constraint(
            op.f("ck_licence_assertion_confidence"), "confidence IN ('low', 'medium', 'high')"
        )
    op.create_index(op.f("ix_licence_assertion_version_id"), "licence_assertion", ["version_id"])
    op.execute(
        f"UPDATE licence_assertion SET basis = 'inherited' WHERE evidence = '{INHERITED}'"  # noqa: S608 - a constant
    )
    # Nobody could tell a stated `unknown` from none. Either way nobody knows.
    op.execute(
        "UPDATE licence_assertion SET basis = 'unstated' "
        "WHERE expression = 'unknown' AND evidence IS NULL"
    )
    seal_assertions("1 = 1", (*SINCE_0001, *ADDED))
    create_costs()


def downgrade() -> None:
    """Remove the ledger and the columns; of each version the newest assertion holds again."""
    op.drop_table("cost_entry")
    drop_triggers("licence_assertion")
    op.drop_index(op.f("ix_licence_assertion_version_id"), "licence_assertion")
    op.drop_index("uq_licence_assertion_current", "licence_assertion")
    op.execute(
        "UPDATE licence_assertion SET superseded_by = (SELECT min(newer.id) "
        "FROM licence_assertion AS newer WHERE newer.version_id = licence_assertion.version_id "
        "AND newer.id > licence_assertion.id)"
    )
    with op.batch_alter_table("licence_assertion") as batch:
        for name in ("superseded_by", "basis", "confidence"):
            batch.drop_constraint(op.f(f"ck_licence_assertion_{name}"), type_="check")
        for name in ADDED:
            batch.drop_column(name)
        batch.alter_column(
            "superseded_by",
            existing_type=sa.BigInteger(),
            comment=SUPERSEDED_BY_THEN,
            existing_comment=SUPERSEDED_BY_NOW,
        )
        batch.alter_column(
            "asserted_by", existing_type=sa.Text(), comment=None, existing_comment=ASSERTED_BY_NOW
        )
        batch.create_table_comment(COMMENT_THEN, existing_comment=COMMENT_NOW)
        batch.create_check_constraint(
            op.f("ck_licence_assertion_superseded_by"), "superseded_by > id"
        )
    op.create_index(
        "uq_licence_assertion_current",
        "licence_assertion",
        ["version_id"],
        unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL"),
    )
    seal_assertions("OLD.superseded_by IS NULL", SINCE_0001)


def added_columns() -> tuple[sa.Column[str], ...]:
    """Return the columns of an assertion that this revision adds."""
    return (
        sa.Column(
            "basis",
            CHOICE,
            nullable=False,
            server_default=sa.text("'stated'"),
            comment="Whether somebody stated it; `inherited`, `unstated`: nobody did.",
        ),
        sa.Column(
            "confidence",
            CHOICE,
            nullable=False,
            server_default=sa.text("'medium'"),
            comment="How well it is founded.",
        ),
        sa.Column(
            "evidence_digest",
            sa.Text(),
            nullable=True,
            comment="Digest of the object that holds a copy of the evidence.",
        ),
    )


def create_costs() -> None:
    """Create the ledger of costs, whose rows never change."""
    op.create_table(
        "cost_entry",
        sa.Column("id", KEY, nullable=False, comment="The number that a person names it by."),
        sa.Column("kind", CHOICE, nullable=False),
        sa.Column(
            "amount_micros",
            sa.BigInteger(),
            nullable=False,
            comment="Millionths of the currency's unit.",
        ),
        sa.Column("currency", sa.Text(), nullable=False, comment="An ISO 4217 code."),
        sa.Column("version_id", KEY, nullable=True),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("source_id", KEY, nullable=True),
        sa.Column(
            "quantity", sa.BigInteger(), nullable=True, comment="How many units were paid for."
        ),
        sa.Column("unit", sa.Text(), nullable=True, comment="Such as byte-month or gpu-hour."),
        sa.Column(
            "incurred_on", sa.Text(), nullable=True, comment="The day it falls on, in ISO 8601."
        ),
        sa.Column(
            "evidence", sa.Text(), nullable=True, comment="Where the invoice or the price is."
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reverses", KEY, nullable=True, comment="The entry that it takes back."),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('acquire', 'licence', 'compute', 'api', 'storage', 'human')",
            name=op.f("ck_cost_entry_kind"),
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_cost_entry_currency")),
        sa.CheckConstraint(
            "CASE WHEN reverses IS NULL THEN amount_micros >= 0 ELSE amount_micros <= 0 END",
            name=op.f("ck_cost_entry_amount"),
        ),
        sa.CheckConstraint("reverses < id", name=op.f("ck_cost_entry_reverses")),
        sa.CheckConstraint(
            "(version_id IS NOT NULL AND run_id IS NULL AND source_id IS NULL) "
            "OR (version_id IS NULL AND run_id IS NOT NULL AND source_id IS NULL) "
            "OR (version_id IS NULL AND run_id IS NULL AND source_id IS NOT NULL)",
            name=op.f("ck_cost_entry_subject"),
        ),
        sa.CheckConstraint(
            "(quantity IS NULL) = (unit IS NULL)", name=op.f("ck_cost_entry_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_cost_entry_version_id_version")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_cost_entry_run_id_run")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_cost_entry_source_id_source")
        ),
        sa.ForeignKeyConstraint(
            ["reverses"], ["cost_entry.id"], name=op.f("fk_cost_entry_reverses_cost_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_entry")),
        sa.UniqueConstraint("reverses", name=op.f("uq_cost_entry_reverses")),
        comment="What something cost. A mistake is corrected by an entry that takes it back.",
    )
    for column in ("version_id", "run_id", "source_id"):
        op.create_index(op.f(f"ix_cost_entry_{column}"), "cost_entry", [column])
    for event in events():
        refuse("cost_entry", event)


def seal_assertions(allowed: str, others: tuple[str, ...]) -> None:
    """Make the triggers of assertions, which a rebuild on SQLite has lost."""
    same = "IS" if op.get_bind().dialect.name == "sqlite" else "IS NOT DISTINCT FROM"
    # In the order of the columns, as the triggers of today are written.
    old = ", ".join(f"OLD.{column}" for column in others)
    new = ", ".join(f"NEW.{column}" for column in others)
    for event in events():
        condition = f"NOT ({allowed} AND ({old}) {same} ({new}))" if event == "update" else ""
        refuse("licence_assertion", event, condition)


def events() -> tuple[str, ...]:
    """Return what is refused on this engine."""
    truncate = ("truncate",) if op.get_bind().dialect.name == "postgresql" else ()
    return ("update", "delete", *truncate)


def drop_triggers(table: str) -> None:
    """Remove the triggers of a table, so that its rows can be filled in."""
    on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
    for event in events():
        op.execute(f"DROP TRIGGER {table}_{event}_refused{on}")


def refuse(table: str, event: str, condition: str = "") -> None:
    """Make the trigger that refuses an event, always or on a condition."""
    dialect = op.get_bind().dialect.name
    each = "STATEMENT" if event == "truncate" else "ROW"
    action = "EXECUTE FUNCTION muster_refuse()"
    if dialect == "sqlite":
        action = f"BEGIN SELECT RAISE(ABORT, '{table} is sealed: {event} refused'); END"
    when = f" WHEN ({condition})" if condition else ""
    op.execute(
        f"CREATE TRIGGER {table}_{event}_refused BEFORE {event.upper()} ON {table} "
        f"FOR EACH {each}{when} {action}"
    )
