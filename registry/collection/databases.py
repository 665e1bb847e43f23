"""Rows of SQL databases, as one snapshot sees them, in one Parquet file.

PostgreSQL is read through ADBC, which hands over Arrow batches of a binary `COPY`; every other
database through SQLAlchemy. What is asked of them is the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa
from pydantic import JsonValue

from registry.collection.base import Landed, Look
from registry.collection.parquet_file import write_parquet
from registry.domain.collecting import Position, TableSource, scheme_of
from registry.errors import ConflictError, InputError, UnknownError

_POSTGRESQL: Final = frozenset({"postgresql", "postgres"})


class Session(Protocol):
    """A transaction that sees one state of a database and writes nothing."""

    def quote(self, *names: str) -> str:
        """Return a name, the schema's before it, as a statement has it."""

    def literal(self, value: JsonValue) -> str:
        """Return a value that `ask` gave, as a statement has it."""

    def list_tables(self) -> list[str]:
        """Return the tables and views that need no schema before their name."""

    def list_key(self, table: tuple[str, ...]) -> list[str]:
        """Return the columns of a table's primary key; none where it has none."""

    def list_columns(self, rows: str) -> list[str]:
        """Return the columns of a table, or of a query in brackets.

        Raises:
            InputError: There is no such table, or the query is wrong.
        """

    def ask(self, statement: str) -> JsonValue:
        """Return the one value that a statement gives."""

    def read(self, statement: str, folder: Path) -> pa.RecordBatchReader:
        """Return the rows of a statement, streamed; what must wait does so in the folder."""

    def close(self) -> None:
        """End the transaction and the connection."""


def open_session(source: TableSource) -> Session:
    """Connect to a database and begin a transaction.

    Raises:
        InputError: The URL names no database that can be read.
        MissingExtraError: The driver is not installed.
        StorageError: It cannot be reached.
    """
    scheme = scheme_of(source.url.get_secret_value()) or ""
    if scheme.partition("+")[0] in _POSTGRESQL:
        from registry.collection.postgresql import PostgresSession  # noqa: PLC0415 - an extra

        return PostgresSession(source)
    from registry.collection.relational import SqlSession  # noqa: PLC0415 - loads SQLAlchemy

    return SqlSession(source)


@dataclass(frozen=True, slots=True)
class _Read:
    """How far the rows were read: those up to a value of the cursor."""

    cursor: JsonValue
    num_rows: int


class TableCollector:
    """The rows of a table or query; see `Collector`.

    With a cursor column, as many rows must be there up to the last value as were read. So one that
    came later with a lower value is noticed, and not lost.

    Raises:
        InputError: There is no such table, the query is wrong, or the URL is.
        MissingExtraError: The database's driver is not installed.
        StorageError: The database cannot be reached.
    """

    def __init__(self, source: TableSource) -> None:
        self._source = source
        self._session = open_session(source)
        try:
            self._rows = self._name_rows()
            self._columns = self._session.list_columns(self._rows)
            self._order = self._choose_order()
        except BaseException:
            self._session.close()
            raise

    def look(self, since: Position | None) -> Look:
        """See `Collector.look`."""
        before = self._find_read(since)
        return Look(
            goes_on=before is not None,
            num_rows=self._count() - (before.num_rows if before else 0),
            details=(
                ("columns", ", ".join(self._columns)),
                ("order", ", ".join(self._order) or "as found, which may differ the next time"),
            ),
        )

    def collect(self, folder: Path, since: Position | None) -> Iterator[Landed]:
        """See `Collector.collect`."""
        before = self._find_read(since)
        num_before = before.num_rows if before else 0
        num_wanted = self._count() - num_before
        path = folder / "rows.parquet"
        with self._session.read(self._statement(before), folder) as rows:
            num_rows = write_parquet(rows, rows.schema, path)
        if num_rows != num_wanted:
            raise ConflictError(
                f"{self._source.uri} gave {num_rows:,} of {num_wanted:,} rows",
                hint="run the same command again",
            )
        yield Landed(path, "rows", ".parquet", self._position(num_before + num_rows))

    def close(self) -> None:
        """See `Collector.close`."""
        self._session.close()

    def _name_rows(self) -> str:
        """Return what the statements select from."""
        source = self._source
        if source.query is not None:
            return f"({source.query.strip().rstrip(';')}\n) rows_of_query"
        table = _split_name(source.table or "")
        if len(table) == 1 and table[0] not in (tables := self._session.list_tables()):
            raise UnknownError(
                what="table",
                value=table[0],
                known=tables,
                hint="it has " + (", ".join(tables) or "no tables"),
            )
        return self._session.quote(*table)

    def _choose_order(self) -> list[str]:
        """Return the columns that rows are ordered by, so that the same rows are the same bytes."""
        source = self._source
        key = self._session.list_key(_split_name(source.table)) if source.table else []
        if source.cursor_column is None:
            return key
        if source.cursor_column not in self._columns:
            raise UnknownError(
                what=f"column of {source.table or 'the query'}",
                value=source.cursor_column,
                known=self._columns,
                hint="--cursor-column takes one of " + ", ".join(self._columns),
            )
        return [source.cursor_column, *(name for name in key if name != source.cursor_column)]

    @property
    def _cursor(self) -> str | None:
        name = self._source.cursor_column
        return None if name is None else self._session.quote(name)

    def _count(self, where: str = "") -> int:
        found = self._session.ask(f"SELECT count(*) FROM {self._rows}{where}")
        return int(str(found))

    def _find_read(self, since: Position | None) -> _Read | None:
        """Return how far the rows were read, if they are still there; None: not at all."""
        cursor, name = self._cursor, self._source.cursor_column
        if cursor is None:
            return None
        if num_null := self._count(f" WHERE {cursor} IS NULL"):
            raise InputError(
                f"{self._source.uri}: {num_null:,} rows have no {name}, and would never be behind "
                "its last value",
                hint="--cursor-column needs a column without nulls",
            )
        if since is None:
            return None
        last = since["cursor"]
        num_rows = self._count(f" WHERE {cursor} <= {self._session.literal(last)}")
        if num_rows != since["num_rows"]:
            raise ConflictError(
                f"{self._source.uri}: {since['num_rows']:,} rows were read up to {name} {last}, "
                f"and now there are {num_rows:,}",
                hint="--from-start reads all of them again",
            )
        return _Read(last, num_rows)

    def _statement(self, before: _Read | None) -> str:
        where = f" WHERE {self._cursor} > {self._session.literal(before.cursor)}" if before else ""
        names = ", ".join(map(self._session.quote, self._order))
        order = f" ORDER BY {names}" if names else ""
        return f"SELECT * FROM {self._rows}{where}{order}"

    def _position(self, num_rows: int) -> Position:
        if self._cursor is None:
            return {"num_rows": num_rows}
        last = self._session.ask(f"SELECT max({self._cursor}) FROM {self._rows}")
        return {"num_rows": num_rows, "cursor": last}


def _split_name(table: str) -> tuple[str, ...]:
    return tuple(part for part in table.partition(".")[::2] if part)
