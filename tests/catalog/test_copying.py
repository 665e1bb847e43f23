"""A copy holds the same rows on either engine, or nothing was written."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from registry.catalog import copying, migrate
from registry.catalog.catalog import Catalog
from registry.catalog.copying import copy_catalog
from registry.catalog.engine import Database
from registry.catalog.integrity import find_contradictions
from registry.errors import InputError, SchemaRevisionError, StorageError
from tests.catalog.factories import make_draft, make_run, ref, seal
from tests.migrations.test_migrations import populate
from tests.postgres_server import execute

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


@pytest.fixture
def other_url(engine, request, tmp_path):
    """The URL of a database without a catalog, on the other engine."""
    if OTHER[engine] == "sqlite":
        return f"sqlite:///{tmp_path / 'other.db'}"
    return request.getfixturevalue("make_postgres_database")()


@pytest.fixture
def populated_url(catalog_url):
    populate(catalog_url)
    return catalog_url


def test_a_copy_and_its_copy_hold_the_same_on_both_engines(populated_url, other_url, tmp_path):
    there = copy_catalog(populated_url, other_url)
    back = copy_catalog(other_url, f"sqlite:///{tmp_path / 'back.db'}")

    assert ("copied", ()) == (there.status, there.findings)
    assert there.tables == back.tables
    assert all(table.num_rows for table in there.tables)
    database = Database(other_url)
    with closing(database), database.reading() as connection:
        assert [] == find_contradictions(connection)


def test_ids_go_on_behind_those_that_were_copied(populated_url, other_url):
    copy_catalog(populated_url, other_url)

    with Catalog.open(other_url) as catalog:
        sealed = seal(catalog, "web/new", content="new")
        draft = make_draft("web/new", content="newer", inputs=("web/new@1", "web/cc@1"))
        catalog.versions.seal(draft, run=make_run("x"), actor="ada", at=sealed.version.sealed_at)

        assert ["web/new@2"] == [one.reference for one in catalog.datasets.search("new")]
        assert catalog.audit.verify() is None


def test_a_dry_run_tells_the_same_and_writes_nothing(populated_url, other_url, tmp_path):
    planned = copy_catalog(populated_url, other_url, dry_run=True)

    assert migrate.current(other_url) is None
    assert not (tmp_path / "other.db").exists()
    copied = copy_catalog(populated_url, other_url)
    assert ("planned", copied.tables) == (planned.status, planned.tables)


def test_a_target_that_is_not_empty_is_refused(populated_url, other_url):
    copy_catalog(populated_url, other_url)

    with pytest.raises(InputError, match="is not empty: table"):
        copy_catalog(populated_url, other_url)


def test_a_target_at_another_revision_is_refused(catalog_url, other_url):
    migrate.upgrade(other_url, revision="0003")

    with pytest.raises(SchemaRevisionError, match="0003"):
        copy_catalog(catalog_url, other_url)


def test_a_target_with_tables_of_something_else_is_refused(catalog_url, other_url):
    database = Database(other_url)
    with closing(database), database.writing() as connection:
        connection.execute(text("CREATE TABLE album (name TEXT)"))

    with pytest.raises(InputError, match="something else: album"):
        copy_catalog(catalog_url, other_url)


def break_chain(url):
    """Change an entry behind the triggers' back, as somebody with the file in hand can."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("DROP TRIGGER audit_log_update_refused")
            connection.execute("UPDATE audit_log SET actor = 'eve' WHERE id = 2")
            connection.commit()
    else:
        execute(url, "ALTER TABLE audit_log DISABLE TRIGGER USER")
        execute(url, "UPDATE audit_log SET actor = 'eve' WHERE id = 2")


def test_a_source_with_a_broken_audit_log_is_refused_and_nothing_written(
    populated_url, other_url, tmp_path
):
    break_chain(populated_url)

    answer = copy_catalog(populated_url, other_url)

    assert "refused" == answer.status
    assert ["the audit log is broken at entry 2"] == [
        finding.rpartition(": ")[2] for finding in answer.findings
    ]
    assert migrate.current(other_url) is None


def test_a_copy_that_comes_back_otherwise_is_taken_back(
    populated_url, other_url, tmp_path, monkeypatch
):
    insert = copying.insert_rows

    def lose_one(connection, row, rows):
        insert(connection, row, rows[1:] if row.__tablename__ == "metric" else rows)

    monkeypatch.setattr(copying, "insert_rows", lose_one)

    answer = copy_catalog(populated_url, other_url)

    assert "refused" == answer.status
    assert answer.findings[0].startswith("metric: 1 rows with sha256:")
    assert migrate.current(other_url) is None
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_value_that_postgresql_cannot_keep_is_named_and_nothing_written(
    catalog, catalog_url, other_url
):
    seal(catalog, description="a\x00b")

    with pytest.raises(InputError, match="cannot keep this value"):
        copy_catalog(catalog_url, other_url)
    assert migrate.current(other_url) is None


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_target_that_is_not_there_is_a_storage_error(catalog_url, tmp_path):
    with pytest.raises(StorageError):
        copy_catalog(catalog_url, f"postgresql://ada@/none?host={tmp_path}")


def test_rows_are_copied_in_batches(catalog, catalog_url, other_url, monkeypatch):
    monkeypatch.setattr(copying, "_BATCH", 3)
    for number in range(5):
        seal(catalog, content=f"{number}")

    copy_catalog(catalog_url, other_url)

    with Catalog.open(other_url) as copied:
        assert 5 == len(copied.versions.list_for(ref("web/cc").dataset))
