"""The database: one engine, and transactions that read, write or migrate.

A reader sees one consistent state. A writer holds the one write lock from its first statement on
(`BEGIN IMMEDIATE` on SQLite, an advisory lock on PostgreSQL), so what it read still holds when it
writes: nothing is lost, whoever else writes.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from registry.catalog.translation import translated
from registry.domain.digest import canonical_json
from registry.domain.urls import redact_url
from registry.errors import ConflictError, InputError, MissingExtraError

_WRITES = "muster_writes"
"""The execution option of a connection whose transaction writes."""

_WRITE_LOCK = 0x6D757374_6572
"""The key of PostgreSQL's advisory lock: `muster` in ASCII."""

_BUSY_SECONDS = 10
"""How long a SQLite connection waits for another's lock."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    # 64 MB instead of 2: the pages of a catalog with 100,000 versions and its lineage.
    "PRAGMA cache_size = -64000",
    "PRAGMA temp_store = MEMORY",
    # Without it REPLACE deletes sealed rows and no trigger sees it.
    "PRAGMA recursive_triggers = ON",
)


FirstRead: TypeAlias = Callable[[Connection], None]


class Database:
    """One engine, and the three kinds of transaction on it."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self._first_read: FirstRead | None = None
        self._hint: str | None = None
        self.place = redact_url(self.url.render_as_string(hide_password=False))
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _make_engine(self.url)
        self._readers = self._engine
        self._writers = self._engine.execution_options(**{_WRITES: True})
        if not self.is_sqlite:
            self._readers = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(self.url.database or "") if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state and writes nothing."""
        with translated(self.place, hint=self._hint), self._readers.connect() as connection:
            if self._first_read is not None:
                self._first_read(connection)
                self._first_read = None
            yield connection

    def be_replica(self, check: FirstRead, *, hint: str) -> None:
        """Have the first reader check what it finds; nothing is connected to before.

        Args:
            check: Raises where it is not what is wanted.
            hint: What to do where it cannot be reached.
        """
        self._first_read, self._hint = check, hint

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that holds the write lock; commit it unless the block raises."""
        with translated(self.place), self._writers.begin() as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Open a transaction that writes and may rebuild tables.

        SQLite would delete the children of a table that is rebuilt with foreign keys on. The
        pragma works only outside of a transaction, so it is set before; what it would have held
        is checked before the commit.

        Raises:
            ConflictError: Rows refer to rows that are not there; nothing was changed.
        """
        with translated(self.place), self._writers.connect() as connection:
            _enforce_foreign_keys(connection, on=False)
            try:
                with connection.begin():
                    yield connection
                    _check_foreign_keys(connection)
            finally:
                _enforce_foreign_keys(connection, on=True)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def parse_url(url: str) -> URL:
    """Read the URL of a catalog.

    Raises:
        InputError: It is no URL, or of another database than SQLite (a file) and PostgreSQL.
    """
    hint = "sqlite:///path/catalog.db or postgresql://user@host/database"
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        # The text itself stays out of the message: it may hold a password.
        raise InputError("the database URL does not parse", hint=hint) from error
    if parsed.drivername == "postgres":
        parsed = parsed.set(drivername="postgresql")
    backend = parsed.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise InputError(f"{backend!r} is not a database that can hold a catalog", hint=hint)
    if backend == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise InputError("a catalog needs a file", hint=hint)
    return parsed


def _make_engine(url: URL) -> Engine:
    options: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": _BUSY_SECONDS}
    try:
        engine = create_engine(
            url,
            json_serializer=lambda value: canonical_json(value).decode(),
            json_deserializer=json.loads,
            **options,
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError(task="a PostgreSQL catalog", extra="postgres") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's object
    # The driver shall not open transactions on its own: `_begin_sqlite` does.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")


def _enforce_foreign_keys(connection: Connection, *, on: bool) -> None:
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        if driver is not None:
            driver.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = sorted({f"{row[0]} -> {row[2]}" for row in broken})
        raise ConflictError(
            f"{len(broken)} rows refer to rows that are not there: {', '.join(tables)}"
        )
