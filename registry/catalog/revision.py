"""The schema's revisions, as constants, so that opening a catalog needs no Alembic."""

from sqlalchemy import Connection, inspect, text

from registry.errors import SchemaRevisionError

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
)
"""Every revision that this program knows, oldest first; a test holds them equal to Alembic's."""

EXPECTED = REVISIONS[-1]
"""The revision that this program works with."""

VERSION_TABLE = "muster_revision"
"""Where Alembic keeps the revision; its own name, since others share databases too."""


def read_revision(connection: Connection) -> str | None:
    """Return the revision of a database; None when it holds no catalog."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant
    return connection.execute(query).scalar_one_or_none()


def check_revision(found: str | None) -> None:
    """Accept the expected revision.

    Raises:
        SchemaRevisionError: It is older, unknown or none; the hint is the command that mends it.
    """
    if found == EXPECTED:
        return
    known = found is None or found in REVISIONS
    hint = "muster db upgrade" if known else "pip install --upgrade muster-catalog"
    raise SchemaRevisionError(found=found, expected=EXPECTED, hint=hint)
