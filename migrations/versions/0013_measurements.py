"""Measurements: what was found of a version's documents, kept as objects.

Why: near duplicates are found by a signature of each document, and what overlaps with evaluation
data by its words. Both take a pass over all documents, are facts of a version, and lie in the
store; the catalog says which version they are of and by which method. It knows two more operations.
No row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "measurement"
BEFORE = (
    "register",
    "normalize",
    "tokenize",
    "embed",
    "mix",
    "measure-diversity",
    "train-tokenizer",
    "derive",
)
VALUES = (
    "register",
    "normalize",
    "tokenize",
    "embed",
    "mix",
    "measure-diversity",
    "measure-near-duplicates",
    "measure-contamination",
    "train-tokenizer",
    "derive",
)


def upgrade() -> None:
    """Make the table; allow the new operations."""
    allow(VALUES)
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False, comment="Rises with time."),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column(
            "recipe_id",
            KEY,
            nullable=False,
            comment="Applied on the fly; 0: the version as it stands.",
        ),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column(
            "method",
            sa.Text(),
            nullable=False,
            comment="Canonical JSON of all that decides what is found, beside the documents.",
        ),
        sa.Column(
            "found",
            sa.Text(),
            nullable=False,
            comment="Digest of the object that holds what was found.",
        ),
        sa.Column("run_id", KEY, nullable=False, comment="The run that measured it."),
        sa.CheckConstraint(
            "kind IN ('near-duplicates', 'contamination')", name=op.f("ck_measurement_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_measurement_version_id_version")
        ),
        sa.ForeignKeyConstraint(
            ["recipe_id"], ["recipe.id"], name=op.f("fk_measurement_recipe_id_recipe")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_measurement_run_id_run")),
        sa.UniqueConstraint(
            "version_id",
            "recipe_id",
            "kind",
            "method",
            name=op.f("uq_measurement_version_id_recipe_id_kind_method"),
        ),
        comment="What was measured of a version's documents, kept as an object.",
    )
    make_triggers()


def downgrade() -> None:
    """Remove the table; a catalog that holds such runs cannot go back."""
    op.drop_table(TABLE)
    allow(BEFORE)


def allow(values: tuple[str, ...]) -> None:
    """Hold the operation of runs to some values, in place of those it is held to."""
    listed = ", ".join(f"'{value}'" for value in values)
    triggers = read_triggers("run")
    with op.batch_alter_table("run") as batch:
        batch.drop_constraint(op.f("ck_run_operation"), type_="check")
        batch.create_check_constraint(op.f("ck_run_operation"), sa.text(f"operation IN ({listed})"))
    for statement in triggers:
        op.execute(statement)


def read_triggers(table: str) -> list[str]:
    """Return the statements that make a table's triggers, which SQLite drops with a rebuild."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return []
    query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    return list(bind.execute(query, {"table": table}).scalars())


def make_triggers() -> None:
    """Refuse every change of the table's rows."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for event in ("update", "delete") if is_sqlite else ("update", "delete", "truncate"):
        each = "STATEMENT" if event == "truncate" else "ROW"
        action = "EXECUTE FUNCTION muster_refuse()"
        if is_sqlite:
            action = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is sealed: {event} refused'); END"
        op.execute(
            f"CREATE TRIGGER {TABLE}_{event}_refused BEFORE {event.upper()} ON {TABLE} "
            f"FOR EACH {each} {action}"
        )
