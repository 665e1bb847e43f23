"""Every database that SQLAlchemy knows, rows as the driver gives them, in one transaction."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from pydantic import JsonValue
from sqlalchemy import (
    URL,
    Connection,
    NullPool,
    create_engine,
    event,
    exc,
    inspect,
    literal,
    make_url,
)

from registry.collection.row_spool import read_spooled
from registry.collection.values import as_json, explain
from registry.domain.collecting import TableSource
from registry.errors import InputError, StorageError

_ROWS_AT_ONCE = 1_000
_STEPS_BETWEEN_LOOKS = 10_000
"""Instructions of SQLite between two looks at the clock."""

_SNAPSHOTS = ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE")
"""Levels of isolation in which all statements see one state, the cheapest first."""


class SqlSession:
    """See `registry.collection.databases.Session`."""

    def __init__(self, source: TableSource) -> None:
        self._place = source.uri
        self._deadline = _Deadline(source.timeout_seconds)
        url = _read_url(source)
        try:
            engine = create_engine(url, poolclass=NullPool)
        except exc.NoSuchModuleError as error:
            raise InputError(
                f"{self._place}: SQLAlchemy knows no database {url.drivername!r}",
                hint="such as postgresql://, sqlite:///, mysql+pymysql://",
            ) from error
        except ImportError as error:
            raise InputError(
                f"{self._place}: the driver is not installed: {error.name}",
                hint=f"install the driver that has the Python module {error.name}",
            ) from error
        if url.get_backend_name() == "sqlite":
            event.listen(engine, "connect", self._deadline.watch)
        with self._translated():
            self._connection = engine.connect().execution_options(
                stream_results=True, no_parameters=True
            )
            _see_one_state(self._connection)
        self._preparer = self._connection.dialect.identifier_preparer

    def quote(self, *names: str) -> str:
        """See `Session.quote`."""
        return ".".join(self._preparer.quote_identifier(name) for name in names)

    def literal(self, value: JsonValue) -> str:
        """See `Session.literal`."""
        words = literal(value).compile(
            dialect=self._connection.dialect, compile_kwargs={"literal_binds": True}
        )
        return str(words)

    def list_tables(self) -> list[str]:
        """See `Session.list_tables`."""
        with self._translated():
            inspector = inspect(self._connection)
            return sorted([*inspector.get_table_names(), *inspector.get_view_names()])

    def list_key(self, table: tuple[str, ...]) -> list[str]:
        """See `Session.list_key`."""
        schema = table[0] if len(table) > 1 else None
        with self._translated():
            key = inspect(self._connection).get_pk_constraint(table[-1], schema=schema)
        return list(key["constrained_columns"])

    def list_columns(self, rows: str) -> list[str]:
        """See `Session.list_columns`."""
        with self._translated(), self._execute(f"SELECT * FROM {rows} WHERE 1 = 0") as result:
            return list(result.keys())

    def ask(self, statement: str) -> JsonValue:
        """See `Session.ask`."""
        with self._translated(), self._execute(statement) as result:
            return as_json(result.scalar())

    def read(self, statement: str, folder: Path) -> pa.RecordBatchReader:
        """See `Session.read`."""
        with self._translated(), self._execute(statement) as result:
            names = list(result.keys())
            rows = ([tuple(row) for row in part] for part in result.partitions(_ROWS_AT_ONCE))
            return read_spooled(names, rows, folder)

    def close(self) -> None:
        """See `Session.close`."""
        self._connection.close()

    @contextmanager
    def _execute(self, statement: str) -> Iterator[Any]:
        self._deadline.begin()
        result = self._connection.exec_driver_sql(statement)
        try:
            yield result
        finally:
            result.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            raise self._translate(error) from error

    def _translate(self, error: exc.DBAPIError) -> InputError | StorageError:
        reason = explain(error.orig or error)
        if self._deadline.is_over:
            return StorageError(
                f"{self._place}: a statement took longer than {self._deadline.seconds:g} seconds",
                hint="--timeout SECONDS",
            )
        # SQLite calls a wrong statement an operational error, as it does a file that is none.
        is_wrong = isinstance(error, exc.ProgrammingError) or isinstance(
            error.orig, sqlite3.OperationalError
        )
        kind = InputError if is_wrong and not error.connection_invalidated else StorageError
        return kind(f"{self._place}: {reason}")


class _Deadline:
    """Ends a statement of SQLite that takes too long; other databases have limits of their own."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def begin(self) -> None:
        self._end = time.monotonic() + self.seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end

    def watch(self, connection: sqlite3.Connection, _: object) -> None:
        connection.set_progress_handler(lambda: self.is_over, _STEPS_BETWEEN_LOOKS)
        connection.text_factory = _decode


def _decode(data: bytes) -> str | bytes:
    """Return text of SQLite, which takes any bytes for text; what is not UTF-8 stays bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _read_url(source: TableSource) -> URL:
    """Return the URL to connect to; a SQLite file is opened for reading, and never made.

    Raises:
        InputError: It is no URL, or there is no file.
    """
    try:
        url = make_url(source.url.get_secret_value())
    except exc.ArgumentError as error:
        raise InputError(f"{source.uri!r} is not the URL of a database") from error
    if url.get_backend_name() != "sqlite":
        return url
    path = Path(url.database or "")
    if not path.is_file():
        raise InputError(
            f"{source.uri}: no file {str(path)!r}", hint="sqlite:///folder/file.db is a path"
        )
    return url.set(
        database=f"file:{quote(str(path.absolute()))}", query={"mode": "ro", "uri": "true"}
    )


def _see_one_state(connection: Connection) -> None:
    """Make all statements see one state, in the cheapest way that the database has.

    SQLite does so for every transaction, and begins one with the first statement that it is told
    to; its driver would begin none for reading.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
        return
    levels = connection.dialect.get_isolation_level_values(
        connection.connection.dbapi_connection  # type: ignore[arg-type] # open, so it is there
    )
    for level in _SNAPSHOTS:
        if level in levels:
            connection.execution_options(isolation_level=level)
            return
