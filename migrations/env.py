"""Alembic's environment: one transaction for the whole way, on SQLite and PostgreSQL alike.

`registry.catalog.migrate` hands over its connection. On the command line, where there is none,
the database is the one that the settings name.
"""

from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from registry.catalog.columns import JsonDocument, OneOf, UtcDateTime
from registry.catalog.engine import Database
from registry.catalog.revision import VERSION_TABLE
from registry.catalog.tables import Row
from registry.errors import InputError
from registry.settings import Settings

CUSTOM_TYPES = {
    UtcDateTime: 'sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")',
    JsonDocument: 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")',
    OneOf: "sa.String(32)",
}
"""How our column types are written in a migration, which must not depend on today's classes."""


def run() -> None:
    """Run what Alembic was asked for, on the connection given or on the settings' database."""
    if context.is_offline_mode():
        raise InputError("migrations look at the rows they move: they have no offline mode")
    connection = context.config.attributes.get("connection")
    if connection is not None:
        migrate_on(connection)
        return
    settings = Settings.read()
    home = Path() if settings.database_url else settings.find_home(Path.cwd())
    database = Database(settings.resolve_database_url(home))
    with database.migrating() as own:
        migrate_on(own)
    database.close()


def migrate_on(connection: Connection) -> None:
    """Run on a connection whose transaction is the caller's."""
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        version_table=VERSION_TABLE,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        include_object=include_object,
        render_item=render_item,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        context.run_migrations()


def include_object(
    _object: object, name: str | None, _kind: str, _reflected: bool, _other: object
) -> bool:
    """Leave out the full-text index: its tables on SQLite, the index itself on PostgreSQL."""
    return name is None or not (name.endswith("_fts") or "_fts_" in name)


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    """Write our column types in SQLAlchemy's own words."""
    if kind != "type":
        return False
    if isinstance(item, JsonDocument):
        _context.imports.add("from sqlalchemy.dialects import postgresql")
    return CUSTOM_TYPES.get(type(item), False)


run()
