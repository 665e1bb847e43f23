"""PostgreSQL through ADBC: Arrow batches of a binary `COPY`, in one read-only snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import JsonValue

from registry.collection.values import as_json, explain, plain_batch, plain_schema
from registry.domain.collecting import TableSource
from registry.errors import InputError, MissingExtraError, StorageError

_BEGIN = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    # Whatever the server is set to, the same value is written the same way.
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO'",
    "SET LOCAL standard_conforming_strings = on",
)
_TABLES = """
SELECT relname FROM pg_catalog.pg_class
WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_table_is_visible(oid)
AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
ORDER BY relname
"""
_KEY = """
SELECT a.attname FROM pg_catalog.pg_index i
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = {table}::regclass AND i.indisprimary ORDER BY k.place
"""
_WRONG_STATEMENT = ("22", "42")
"""Classes of SQLSTATE that mean the caller's own words."""

_TIMEOUT = "57014"


class PostgresSession:
    """See `registry.collection.databases.Session`."""

    def __init__(self, source: TableSource) -> None:
        try:
            from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError(task="reading PostgreSQL", extra="postgres") from error
        self._place = source.uri
        self._timeout_seconds = source.timeout_seconds
        self._driver = dbapi
        _, _, rest = source.url.get_secret_value().partition(":")
        with self._translated():
            self._connection = dbapi.connect(f"postgresql:{rest}", autocommit=True)
        try:
            self._cursor = self._connection.cursor()
            milliseconds = int(source.timeout_seconds * 1_000)
            for statement in (*_BEGIN, f"SET LOCAL statement_timeout = {milliseconds}"):
                self._execute(statement)
        except BaseException:
            self._connection.close()
            raise

    def quote(self, *names: str) -> str:
        """See `Session.quote`."""
        return ".".join('"' + name.replace('"', '""') + '"' for name in names)

    def literal(self, value: JsonValue) -> str:
        """See `Session.literal`; the server finds the type by what it is compared with."""
        return "'" + str(value).replace("'", "''") + "'"

    def list_tables(self) -> list[str]:
        """See `Session.list_tables`."""
        return self._list(_TABLES)

    def list_key(self, table: tuple[str, ...]) -> list[str]:
        """See `Session.list_key`."""
        return self._list(_KEY.format(table=self.literal(self.quote(*table))))

    def list_columns(self, rows: str) -> list[str]:
        """See `Session.list_columns`."""
        self._execute(f"SELECT * FROM {rows} WHERE false")
        return [column[0] for column in self._cursor.description or ()]

    def ask(self, statement: str) -> JsonValue:
        """See `Session.ask`."""
        self._execute(statement)
        with self._translated():
            row = self._cursor.fetchone()
        return None if row is None else as_json(row[0])

    def read(self, statement: str, folder: Path) -> pa.RecordBatchReader:  # noqa: ARG002 - streamed
        """See `Session.read`."""
        self._execute(statement)
        with self._translated():
            rows = self._cursor.fetch_record_batch()
        schema = plain_schema(rows.schema)
        return pa.RecordBatchReader.from_batches(schema, self._stream(rows, schema))

    def close(self) -> None:
        """See `Session.close`; the server ends the transaction with the connection."""
        self._cursor.close()
        self._connection.close()

    def _stream(self, rows: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                with self._translated():
                    batch = rows.read_next_batch()
            except StopIteration:
                return
            yield plain_batch(batch, schema)

    def _list(self, statement: str) -> list[str]:
        self._execute(statement)
        with self._translated():
            return [row[0] for row in self._cursor.fetchall()]

    def _execute(self, statement: str) -> None:
        with self._translated():
            self._cursor.execute(statement)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what the driver raises into our errors; it names no password."""
        try:
            yield
        except StopIteration:
            raise
        except (self._driver.Error, OSError, pa.ArrowException) as error:
            raise self._translate(error) from error

    def _translate(self, error: Any) -> InputError | StorageError:  # noqa: ANN401 - three kinds
        state = getattr(error, "sqlstate", None) or ""
        if state == _TIMEOUT:
            return StorageError(
                f"{self._place}: a statement took longer than {self._timeout_seconds:g} seconds",
                hint="--timeout SECONDS",
            )
        reason = explain(error)
        if state.startswith(_WRONG_STATEMENT):
            return InputError(f"{self._place}: {reason}")
        return StorageError(f"{self._place}: {reason}")
