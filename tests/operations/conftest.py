from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import event

from registry.api import Registry
from registry.catalog.catalog import Catalog
from registry.operations.context import Context
from registry.settings import Settings
from registry.storage.objects import ObjectStore


@pytest.fixture
def clock():
    ticks = count()
    return lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(ticks))


@pytest.fixture
def make_context(tmp_path, catalog_url, clock):
    opened = []

    def make(**settings):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        catalog = Catalog.open(catalog_url)
        opened.append(catalog)
        return Context(
            catalog=catalog,
            store=ObjectStore(str(home / "objects")),
            home=home,
            settings=Settings(actor="tester", **settings),
            clock=clock,
        )

    yield make
    for catalog in opened:
        catalog.close()


@pytest.fixture
def context(make_context):
    return make_context()


@pytest.fixture
def muster(context):
    """A registry over both engines."""
    return Registry(context)


@pytest.fixture
def make_other_muster(tmp_path, clock, make_catalog_url):
    """A second registry on the same engine, with nothing in it."""
    opened = []

    def make():
        home = tmp_path / "other"
        home.mkdir()
        catalog = Catalog.open(make_catalog_url("other"))
        opened.append(catalog)
        return Registry(
            Context(
                catalog=catalog,
                store=ObjectStore(str(home / "objects")),
                home=home,
                settings=Settings(actor="tester"),
                clock=clock,
            )
        )

    yield make
    for catalog in opened:
        catalog.close()


@pytest.fixture
def sent(context):
    """The statements that the catalog sends, but those that begin and end transactions."""
    noted = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        if not statement.startswith("BEGIN"):
            noted.append(statement)

    event.listen(context.catalog._database._engine, "before_cursor_execute", note)
    return noted
