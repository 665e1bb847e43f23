"""Full-text search over name, description and tags of datasets.

Why: `muster search`. Both engines hold the same folded words, made in Python, so that they find
the same datasets. SQLite keeps them in an external-content FTS5 table that triggers follow,
PostgreSQL in a GIN index. The words of datasets that are already there are made here.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ON_SQLITE = (
    """
    CREATE VIRTUAL TABLE dataset_fts
    USING fts5(
      words, content='dataset', content_rowid='id', tokenize='ascii', detail='none', columnsize=0
    )
    """,
    """
    CREATE TRIGGER dataset_fts_insert AFTER INSERT ON dataset BEGIN
      INSERT INTO dataset_fts (rowid, words) VALUES (NEW.id, NEW.words);
    END
    """,
    """
    CREATE TRIGGER dataset_fts_update AFTER UPDATE OF words ON dataset
    WHEN OLD.words <> NEW.words BEGIN
      INSERT INTO dataset_fts (dataset_fts, rowid, words) VALUES ('delete', OLD.id, OLD.words);
      INSERT INTO dataset_fts (rowid, words) VALUES (NEW.id, NEW.words);
    END
    """,
    """
    CREATE TRIGGER dataset_fts_delete AFTER DELETE ON dataset BEGIN
      INSERT INTO dataset_fts (dataset_fts, rowid, words) VALUES ('delete', OLD.id, OLD.words);
    END
    """,
    "INSERT INTO dataset_fts (dataset_fts) VALUES ('rebuild')",
)

ON_POSTGRESQL = (
    "CREATE INDEX dataset_fts ON dataset "
    "USING gin (array_to_tsvector(string_to_array(words, ' ')))",
)


def upgrade() -> None:
    """Add the words, make those of the datasets that are there, and index them."""
    # A plain ALTER: no table is rebuilt, so no trigger is lost.
    op.add_column(
        "dataset",
        sa.Column(
            "words",
            sa.Text(),
            nullable=False,
            server_default=sa.text("''"),
            comment="Folded words of name, description and tags, which the full-text index holds.",
        ),
    )
    fill_words()
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in ON_SQLITE if on_sqlite else ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Remove the index and the words."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER dataset_fts_{event}")
        op.execute("DROP TABLE dataset_fts")
    else:
        op.execute("DROP INDEX dataset_fts")
    # On SQLite this rebuilds the table. It has no other triggers than those just dropped.
    with op.batch_alter_table("dataset") as batch:
        batch.drop_column("words")


def fill_words() -> None:
    """Make the words of every dataset that is there."""
    connection = op.get_bind()
    dataset = sa.table("dataset", *map(sa.column, ("id", "name", "description", "words")))
    tag = sa.table("tag", sa.column("dataset_id"), sa.column("name"))
    tags: dict[int, list[str]] = {}
    for dataset_id, name in connection.execute(sa.select(tag.c.dataset_id, tag.c.name)):
        tags.setdefault(dataset_id, []).append(name)
    columns = (dataset.c.id, dataset.c.name, dataset.c.description)
    rows = [
        {"dataset": row.id, "folded": fold(row.name, row.description, *tags.get(row.id, []))}
        for row in connection.execute(sa.select(*columns))
    ]
    if rows:
        update = sa.update(dataset).where(dataset.c.id == sa.bindparam("dataset"))
        connection.execute(update.values(words=sa.bindparam("folded")), rows)


def fold(*texts: str) -> str:
    """Return the words of texts as `registry.catalog.search` folds them at this revision."""
    words: set[str] = set()
    for text in texts:
        decomposed = unicodedata.normalize("NFKD", text)
        plain = "".join(char for char in decomposed if not unicodedata.combining(char))
        words.update(word[:64] for word in re.findall(r"[^\W_]+", plain.casefold()))
    return " ".join(sorted(words)[:2000])
