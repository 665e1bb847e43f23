"""Insert rows: the one road, for one row and for ten thousand.

SQLAlchemy compiles each statement once and then prepares the parameters of every row anew, which
costs more than SQLite takes to write them. Here only the columns whose type converts a value are
touched, and the rows go to the driver in one call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, insert

from registry.catalog.tables import Row


def insert_rows(connection: Connection, row: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all give the same columns, at least two; of no rows, do nothing."""
    if rows:
        prepared = _prepare(row, tuple(rows[0]), connection.dialect)
        connection.exec_driver_sql(prepared.sql, prepared.bind(rows))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An INSERT as a driver takes it."""

    sql: str
    converters: Mapping[str, Callable[[Any], Any]]
    """What makes the driver's value of ours, by column; the other values go as they are."""

    arrange: Callable[[Mapping[str, Any]], Any]
    """Gives the parameters of a row: a tuple, or where the driver wants names the row itself."""

    def bind(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the parameters of rows."""
        return [self.arrange(row) for row in map(self._convert, rows)]

    def _convert(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.converters:
            return row
        values = dict(row)
        for name, convert in self.converters.items():
            values[name] = convert(values[name])
        return values


@lru_cache(maxsize=256)
def _prepare(row: type[Row], names: tuple[str, ...], dialect: Dialect) -> _Prepared:
    table = Row.metadata.tables[row.__tablename__]
    # Inline: nobody asks for the keys that the database gives.
    compiled = insert(table).inline().compile(dialect=dialect, column_keys=list(names))
    converters = {
        name: convert
        for name in names
        if (convert := table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
    }
    positions = getattr(compiled, "positiontup", None)
    return _Prepared(
        sql=str(compiled),
        converters=converters,
        arrange=dict if positions is None else itemgetter(*positions),
    )
