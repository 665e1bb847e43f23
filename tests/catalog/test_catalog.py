import subprocess
import sys

import pytest

from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from registry.catalog.engine import Database
from registry.catalog.revision import EXPECTED
from registry.errors import InputError, SchemaRevisionError


def set_revision(url, revision):
    database = Database(url)
    with database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE muster_revision SET version_num = '{revision}'")
    database.close()


def test_an_empty_database_is_refused_with_the_command_that_mends_it(empty_url, engine, tmp_path):
    if engine == "sqlite":
        (tmp_path / "catalog.db").touch()

    with pytest.raises(SchemaRevisionError) as caught:
        Catalog.open(empty_url)
    assert (None, EXPECTED, "muster db upgrade") == (
        caught.value.found,
        caught.value.expected,
        caught.value.hint,
    )


def test_an_older_revision_is_refused_and_not_upgraded(empty_url):
    migrate.upgrade(empty_url, revision="0001")

    with pytest.raises(SchemaRevisionError, match="at revision 0001") as caught:
        Catalog.open(empty_url)
    assert "muster db upgrade" == caught.value.hint
    assert "0001" == migrate.current(empty_url)


def test_an_unknown_revision_asks_for_a_newer_muster(catalog_url):
    set_revision(catalog_url, "9999")

    with pytest.raises(SchemaRevisionError, match="at revision 9999") as caught:
        Catalog.open(catalog_url)
    assert "pip install --upgrade muster-catalog" == caught.value.hint


def test_opening_nothing_makes_no_file(tmp_path):
    path = tmp_path / "none.db"

    with pytest.raises(InputError, match=r"no catalog at .*none\.db"):
        Catalog.open(f"sqlite:///{path}")
    assert not path.exists()


def test_opening_a_catalog_loads_no_alembic(catalog_url):
    code = (
        "import sys; from registry.catalog.catalog import Catalog; "
        f"Catalog.open({catalog_url!r}).close(); sys.exit('alembic' in sys.modules)"
    )

    assert 0 == subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode
