"""Copy a catalog into another database, SQLite or PostgreSQL, and prove that both hold the same.

All in one transaction of the target, from one state of the source, in batches: memory does not grow
with the catalog. What the target then gives back is digested again and compared, table by table.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import (
    Connection,
    Double,
    Table,
    Text,
    exists,
    func,
    inspect,
    literal,
    select,
)

from registry.catalog.audit import find_broken_entry
from registry.catalog.columns import JsonDocument, UtcDateTime
from registry.catalog.engine import Database
from registry.catalog.inserting import insert_rows
from registry.catalog.migrate import make_schema
from registry.catalog.revision import EXPECTED, check_revision, read_revision
from registry.catalog.tables import AS_IS, RecipeRow, Row
from registry.domain.digest import canonical_json, finish, new_hasher
from registry.domain.keeping import CatalogCopy, CopiedTable
from registry.errors import InputError, SchemaRevisionError

Rows: TypeAlias = list[dict[str, Any]]
Reported: TypeAlias = Callable[[int], None]
"""Told how many bytes more of canonical values were read or written."""

_BATCH = 500
"""Rows held in memory at once; a report may have 100 kB."""

_CLASSES: dict[str, type[Row]] = {
    mapper.local_table.name: mapper.class_  # type: ignore[attr-defined]  # each maps one table
    for mapper in Row.registry.mappers
}


class _Differs(Exception):  # noqa: N818 - it never leaves this module
    """Takes back what was written."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = findings


def copy_catalog(
    source_url: str, target_url: str, *, dry_run: bool = False, report: Reported = lambda _: None
) -> CatalogCopy:
    """Copy every row of a catalog into an empty one, in one transaction; it is made if need be.

    Args:
        source_url: A catalog at this program's revision.
        target_url: A database without a catalog, or with an empty one.
        dry_run: Look at both, and write nothing.
        report: Told how far it is.

    Returns:
        What was copied; or, with findings and nothing written, why not: the source's audit log is
        broken, or what came back from the target differs.

    Raises:
        InputError: The target is not empty, or holds other tables.
        SchemaRevisionError: One of the two is at another revision.
        StorageError: A database cannot be reached, read or written.
    """
    source, target = Database(source_url), Database(target_url)
    with closing(source), closing(target):
        _require_file(source)
        with source.reading() as reading:
            check_revision(read_revision(reading))
            _require_empty(target)
            findings = _find_breach(reading, source.place)
            tables: list[CopiedTable] = []
            if not findings and dry_run:
                tables = [_digest(reading, table, report) for table in Row.metadata.sorted_tables]
            elif not findings:
                tables, findings = _copy(reading, target, report)
    status = "planned" if dry_run else "copied"
    return CatalogCopy(
        status="refused" if findings else status,
        source=source.place,
        target=target.place,
        revision=EXPECTED,
        tables=tuple(tables),
        findings=tuple(findings),
    )


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in Row.metadata.sorted_tables
    }


def _copy(
    reading: Connection, target: Database, report: Reported
) -> tuple[list[CopiedTable], list[str]]:
    is_new = target.file is not None and not target.file.exists()
    copied = False
    try:
        with target.migrating() as writing:
            make_schema(writing)
            _require_no_rows(writing, target.place)
            tables = [
                _copy_table(reading, writing, table, report) for table in Row.metadata.sorted_tables
            ]
            _compare(writing, tables, report)
            _go_on_counting(writing)
        copied = True
    except _Differs as differing:
        return [], differing.findings
    finally:
        if is_new and not copied and target.file is not None:
            target.close()
            _remove(target.file)
    return tables, []


def _copy_table(
    reading: Connection, writing: Connection, table: Table, report: Reported
) -> CopiedTable:
    account = _Account(table, report)
    # The recipe that stands for none comes with the schema.
    is_there = table.c.id == AS_IS if table.name == RecipeRow.__tablename__ else None
    for rows in _read(reading, table):
        account.add(rows)
        new = rows if is_there is None else [row for row in rows if row["id"] != AS_IS]
        insert_rows(writing, _CLASSES[table.name], new)
    return account.close()


def _digest(connection: Connection, table: Table, report: Reported) -> CopiedTable:
    account = _Account(table, report)
    for rows in _read(connection, table):
        account.add(rows)
    return account.close()


def _read(connection: Connection, table: Table) -> Iterator[Rows]:
    """Yield the rows of a table in the order of their keys, which is the same on both engines."""
    keys = [
        column.collate("C")
        if connection.dialect.name == "postgresql" and isinstance(column.type, Text)
        else column
        for column in table.primary_key
    ]
    query = select(table).order_by(*keys)
    names = table.columns.keys()
    with connection.execute(query, execution_options={"yield_per": _BATCH}) as found:
        for part in found.partitions():
            yield [dict(zip(names, row, strict=True)) for row in part]


class _Account:
    """The rows of a table that were seen, as a number and a digest."""

    def __init__(self, table: Table, report: Reported) -> None:
        self._name = table.name
        self._canonical = [(column.name, _canonical(column.type)) for column in table.columns]
        self._hasher = new_hasher()
        self._num_rows = 0
        self._report = report

    def add(self, rows: Rows) -> None:
        lines = [
            canonical_json([convert(row[name]) for name, convert in self._canonical])
            for row in rows
        ]
        data = b"\n".join([*lines, b""])
        self._hasher.update(data)
        self._num_rows += len(rows)
        self._report(len(data))

    def close(self) -> CopiedTable:
        return CopiedTable(name=self._name, num_rows=self._num_rows, digest=finish(self._hasher))


def _canonical(kind: object) -> Callable[[Any], Any]:
    """Return what makes of a column's value the one JSON value that both engines mean."""
    if isinstance(kind, UtcDateTime):
        return _say_moment
    if isinstance(kind, JsonDocument):
        return _say_json
    if isinstance(kind, Double):
        # JSON knows no infinity, and a decimal form is not exact in every language.
        return _say_float
    return _say_same


def _say_moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="microseconds")


def _say_float(value: float | None) -> str | None:
    return None if value is None else float(value).hex()


def _say_same(value: Any) -> Any:  # noqa: ANN401 - text, whole numbers and booleans
    return value


def _say_json(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with whole numbers as integers: JSONB keeps no 1e22, but its digits."""
    if isinstance(value, dict):
        return {key: _say_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_say_json(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _compare(writing: Connection, tables: list[CopiedTable], report: Reported) -> None:
    """Read back what was written.

    Raises:
        _Differs: It is something else, or the audit log does not follow from itself.
    """
    findings = []
    for table in tables:
        found = _digest(writing, Row.metadata.tables[table.name], report)
        if found != table:
            findings.append(
                f"{table.name}: {table.num_rows:,} rows with {table.digest} came back as "
                f"{found.num_rows:,} with {found.digest}"
            )
    findings += _find_breach(writing, "the copy")
    if findings:
        raise _Differs(findings)


def _find_breach(connection: Connection, place: str) -> list[str]:
    broken = find_broken_entry(connection)
    return [] if broken is None else [f"{place}: the audit log is broken at entry {broken}"]


def _go_on_counting(writing: Connection) -> None:
    """Let PostgreSQL number rows behind those that were copied; SQLite does so by itself."""
    if writing.dialect.name != "postgresql":
        return
    for table in Row.metadata.sorted_tables:
        if "id" not in table.c:
            continue
        sequence = func.pg_get_serial_sequence(literal(table.name), literal("id"))
        if writing.execute(select(sequence)).scalar() is None:
            continue
        highest = select(func.max(table.c.id)).scalar_subquery()
        # Of an empty table the first number is still to be given.
        is_used = func.coalesce(highest, 0) > 0
        writing.execute(select(func.setval(sequence, func.greatest(highest, 1), is_used)))


def _require_file(source: Database) -> None:
    if source.file is not None and not source.file.exists():
        raise InputError(f"no catalog at {source.file}", hint="muster init")


def _require_empty(target: Database) -> None:
    """Refuse a target that holds anything, before it is locked and without making a file."""
    if target.file is not None and not target.file.exists():
        return
    with target.reading() as connection:
        found = read_revision(connection)
        if found == EXPECTED:
            _require_no_rows(connection, target.place)
            return
        if found is not None:
            hint = f"MUSTER_DATABASE_URL={target.place} muster db upgrade"
            raise SchemaRevisionError(found=found, expected=EXPECTED, hint=hint)
        others = sorted(inspect(connection).get_table_names())
        if others:
            more = f" and {len(others) - 3:,} more" if len(others) > 3 else ""
            raise InputError(
                f"{target.place} holds tables of something else: {', '.join(others[:3])}{more}",
                hint="name a database of its own for the catalog",
            )


def _require_no_rows(connection: Connection, place: str) -> None:
    for table in Row.metadata.sorted_tables:
        query = select(exists().select_from(table))
        if table.name == RecipeRow.__tablename__:
            query = select(exists().select_from(table).where(table.c.id != AS_IS))
        if connection.execute(query).scalar():
            raise InputError(
                f"{place} is not empty: table {table.name} has rows",
                hint="a catalog is copied into an empty database: name another one",
            )


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
