"""Ids: public ones of runs, and the integer keys of rows that are about to be written."""

import os
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from registry.catalog.tables import Row


def new_run_id(at: datetime) -> str:
    """Return a UUIDv7: the milliseconds of a moment, then 74 random bits.

    Source:
        RFC 9562, section 5.7.
    """
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    random = int.from_bytes(os.urandom(10), "big") & (1 << 74) - 1
    high, low = random >> 62, random & (1 << 62) - 1
    digits = f"{milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def reserve_ids(connection: Connection, row: type[Row], number: int) -> Iterator[int]:
    """Return rising ids for rows about to be inserted, so that others can refer to them at once.

    SQLite has one writer, so the ids behind the highest are free; PostgreSQL's sequence gives
    each only once.
    """
    if number == 0:
        return iter(())
    table = row.__table__
    if connection.dialect.name == "sqlite":
        highest = connection.execute(_HIGHEST[row]).scalar_one()
        return iter(range(highest + 1, highest + 1 + number))
    query = text(
        "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :number)"
    )
    found = connection.execute(query, {"table": table.description, "number": number})
    return iter(sorted(found.scalars()))


_HIGHEST = {
    mapper.class_: select(func.coalesce(func.max(mapper.local_table.c.id), 0))
    for mapper in Row.registry.mappers
    if "id" in mapper.local_table.c
}
