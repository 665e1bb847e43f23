"""Make a whole catalog one SQLite file, and look whether it is one."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, select

from registry.catalog.audit import GENESIS
from registry.catalog.copying import Reported, copy_catalog, count_rows
from registry.catalog.engine import Database
from registry.catalog.integrity import find_contradictions
from registry.catalog.revision import EXPECTED, check_revision, read_revision
from registry.catalog.tables import AuditLogRow
from registry.domain.keeping import Backup
from registry.errors import CorruptObjectError, StorageError

_LAST = select(AuditLogRow.id, AuditLogRow.hash).order_by(AuditLogRow.id.desc()).limit(1)


def back_up(source_url: str, file: Path, *, report: Reported = lambda _: None) -> Backup:
    """Write one state of a catalog into a new SQLite file, and check it; others may write on.

    SQLite writes it itself (`VACUUM INTO`), which leaves out free pages; of a PostgreSQL catalog it
    is a copy. The file is checked as `db check` does, and against the source.

    Args:
        source_url: A catalog at this program's revision.
        file: Where nothing is yet.
        report: Told how far a copy is.

    Raises:
        CorruptObjectError: The catalog contradicts itself, so a backup of it would too.
        SchemaRevisionError: It is at another revision.
        StorageError: It cannot be read, or the file not be written.
    """
    source = Database(source_url)
    with closing(source):
        with source.reading() as connection:
            check_revision(read_revision(connection))
        if source.file is None:
            copied = copy_catalog(source_url, f"sqlite:///{file}", report=report)
            _refuse(source.place, list(copied.findings))
        else:
            _vacuum(source.file, file)
        return _check(source, file)


def _vacuum(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise StorageError(f"{target}: the backup failed: {error}") from error


def _check(source: Database, file: Path) -> Backup:
    backup = Database(f"sqlite:///{file}")
    with closing(backup), backup.reading() as copied, source.reading() as connection:
        _refuse(source.place, find_contradictions(copied))
        last, counts = _find_last(copied), count_rows(copied)
        if last == _find_last(connection) and counts != count_rows(connection):
            _refuse(source.place, ["the backup has other numbers of rows"])
        if last[0] and last[1] != _find_hash(connection, last[0]):
            _refuse(source.place, [f"entry {last[0]} of the audit log is another one"])
    return Backup(
        source=source.place,
        file=str(file),
        num_bytes=file.stat().st_size,
        num_rows=sum(counts.values()),
        revision=EXPECTED,
        last_entry=last[0],
    )


def _refuse(place: str, findings: list[str]) -> None:
    if findings:
        raise CorruptObjectError(
            f"{place} is not backed up: {'; '.join(findings)}", hint="muster db check"
        )


def _find_last(connection: Connection) -> tuple[int, str]:
    found = connection.execute(_LAST).one_or_none()
    return (0, GENESIS) if found is None else (found.id, found.hash)


def _find_hash(connection: Connection, number: int) -> str | None:
    query = select(AuditLogRow.hash).where(AuditLogRow.id == number)
    return connection.execute(query).scalar_one_or_none()
