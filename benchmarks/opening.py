"""A new registry or catalog that is gone afterwards."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

from registry.api import Registry, open_registry
from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from registry.operations.keeping.database import init_registry
from registry.settings import HOME_FOLDER

POSTGRES_FACTOR = 3
"""How many times the target on SQLite a question may take on PostgreSQL."""


@contextmanager
def new_home() -> Iterator[Path]:
    """Give the home of a registry with nothing in it."""
    with TemporaryDirectory() as folder:
        init_registry(Path(folder))
        yield Path(folder) / HOME_FOLDER


@contextmanager
def new_registry() -> Iterator[Registry]:
    """Give a registry with nothing in it."""
    with new_home() as home, open_registry(home) as muster:
        yield muster


@contextmanager
def new_catalog(server: str | None = None) -> Iterator[Catalog]:
    """Give an empty catalog: a SQLite file, or a database of its own on a PostgreSQL server."""
    with new_database(server) as url, Catalog.open(url) as catalog:
        yield catalog


@contextmanager
def new_database(server: str | None = None) -> Iterator[str]:
    """Give the URL of an empty catalog."""
    if server is None:
        with TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'catalog.db'}"
            migrate.upgrade(url)
            yield url
        return
    name = f"muster_benchmark_{uuid4().hex[:8]}"
    admin = create_engine(_with_driver(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            url = make_url(server).set(database=name).render_as_string(hide_password=False)
            migrate.upgrade(url)
            yield url
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def run_statements(url: str, statements: Iterable[str]) -> None:
    """Run statements on a catalog's database in one transaction, past the library."""
    engine = create_engine(_with_driver(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _with_driver(url: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)
