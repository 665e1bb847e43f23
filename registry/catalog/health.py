"""What a database says of itself, for whoever wants to know why muster does not work."""

from contextlib import closing
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from registry.catalog.engine import Database
from registry.catalog.revision import EXPECTED, read_revision
from registry.catalog.tables import AuditLogRow
from registry.domain.keeping import DatabaseHealth
from registry.errors import InputError

_PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "recursive_triggers": 1}
"""What SQLite has to be set to; each connection of muster asks for it."""

_PRIVILEGES = ("SELECT", "INSERT", "TRUNCATE")


def examine_database(url: str) -> DatabaseHealth:
    """Ask a database for its version, its settings and how far its catalog is.

    Raises:
        InputError: The URL is not that of a catalog, or there is no file.
        StorageError: It cannot be opened or reached.
        MissingExtraError: The PostgreSQL driver is not installed.
    """
    database = Database(url)
    with closing(database):
        if database.file is not None and not database.file.exists():
            raise InputError(f"no catalog at {database.file}", hint="muster init")
        with database.reading() as connection:
            revision = read_revision(connection)
            engine, settings, findings = (
                _examine_sqlite(connection)
                if database.is_sqlite
                else _examine_postgresql(connection, has_tables=revision is not None)
            )
            last = _find_last(connection) if revision == EXPECTED else (0, None)
    return DatabaseHealth(
        place=database.place,
        engine=engine,
        revision=revision,
        settings=settings,
        findings=findings,
        last_entry=last[0],
        last_entry_at=last[1],
    )


def _examine_sqlite(connection: Connection) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    version = connection.execute(select(func.sqlite_version())).scalar_one()
    found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in _PRAGMAS}
    settings = tuple(f"{name} {value}" for name, value in found.items())
    wrong = tuple(
        f"{name} is {found[name]}, not {wanted}"
        for name, wanted in _PRAGMAS.items()
        if found[name] != wanted
    )
    return f"SQLite {version}", settings, wrong


def _examine_postgresql(
    connection: Connection, *, has_tables: bool
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    version = connection.execute(text("SHOW server_version")).scalar_one()
    user = connection.execute(text("SELECT current_user")).scalar_one()
    settings = [f"as {user}"]
    if has_tables:
        may = [
            privilege.lower()
            for privilege in _PRIVILEGES
            if connection.execute(
                text("SELECT has_table_privilege('version', :privilege)"), {"privilege": privilege}
            ).scalar_one()
        ]
        settings.append(f"may {', '.join(may) or 'nothing'}")
    if connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one():
        settings.append("a replica")
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    wrong = () if encoding == "UTF8" else (f"its encoding is {encoding}, not UTF8",)
    return f"PostgreSQL {version}", tuple(settings), wrong


def _find_last(connection: Connection) -> tuple[int, datetime | None]:
    query = select(AuditLogRow.id, AuditLogRow.at).order_by(AuditLogRow.id.desc()).limit(1)
    found = connection.execute(query).one_or_none()
    return (0, None) if found is None else (found.id, found.at)
