"""A migrated, empty catalog for each test, on SQLite and on a real PostgreSQL."""

import os
import shutil
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from tests.postgres_server import database_name, serve

ENGINES = ("sqlite", "postgresql")

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("muster", deadline=None)
settings.load_profile("muster")


def pytest_collection_modifyitems(items):
    """Begin with the slow tests, so that no process is left alone with one in the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server on which databases may be made and dropped."""
    with serve() as server:
        yield server


@pytest.fixture
def make_postgres_database(postgres):
    """Make a database without a catalog; it is gone after the test."""
    made = []

    def make():
        made.append(postgres.make())
        return made[-1]

    yield make
    for url in made:
        postgres.drop(url)


@pytest.fixture(scope="session")
def postgres_template(postgres):
    """The name of a migrated, empty database."""
    url = postgres.make()
    migrate.upgrade(url)
    yield database_name(url)
    postgres.drop(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """The path of a migrated, empty database."""
    path = tmp_path_factory.mktemp("template") / "catalog.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=ENGINES)
def engine(request):
    """The name of the engine that a test runs on."""
    return request.param


@pytest.fixture
def empty_url(engine, request, tmp_path):
    """The URL of a database without a catalog."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'catalog.db'}"
    return request.getfixturevalue("make_postgres_database")()


@pytest.fixture(scope="session")
def lend_catalog_url(request):
    """Make a migrated, empty catalog on an engine, as a context that yields its URL."""

    @contextmanager
    def lend(engine, path):
        if engine == "sqlite":
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            yield f"sqlite:///{path}"
            return
        server = request.getfixturevalue("postgres")
        url = server.make(request.getfixturevalue("postgres_template"))
        yield url
        server.drop(url)

    return lend


@pytest.fixture
def make_catalog_url(engine, lend_catalog_url, tmp_path):
    """Make a migrated, empty catalog under a name, and return its URL."""
    with ExitStack() as lent:
        yield lambda name="catalog": lent.enter_context(
            lend_catalog_url(engine, tmp_path / f"{name}.db")
        )


@pytest.fixture
def catalog_url(make_catalog_url):
    """The URL of a migrated, empty catalog."""
    return make_catalog_url()


@pytest.fixture
def catalog(catalog_url):
    """An open, empty catalog."""
    with Catalog.open(catalog_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data that developers may have beside the repository."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MUSTER_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip("the shared test data is not here; set MUSTER_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def s3_server():
    """A server that speaks S3, on loopback."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - only where it is asked for

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_bucket(s3_server, monkeypatch):
    """The URL of an empty bucket; the environment leads to it."""
    import s3fs  # noqa: PLC0415 - only where it is asked for

    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3tkey")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    s3fs.S3FileSystem().mkdir(name)
    yield f"s3://{name}"
    s3fs.S3FileSystem.clear_instance_cache()
