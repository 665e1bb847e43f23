"""A backup is a whole catalog in one file, or nothing."""

import sqlite3
from contextlib import closing

import pytest

from registry.catalog.backing_up import back_up
from registry.catalog.catalog import Catalog
from registry.catalog.copying import copy_catalog
from registry.errors import CorruptObjectError, InputError
from registry.operations.keeping.backup import backup
from tests.catalog.factories import seal
from tests.catalog.test_copying import break_chain
from tests.migrations.test_migrations import populate


@pytest.fixture
def home(tmp_path, catalog_url, monkeypatch):
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("MUSTER_DATABASE_URL", catalog_url)
    return folder


def test_a_backup_holds_every_row_and_opens_as_a_catalog(home, catalog_url, tmp_path):
    populate(catalog_url)
    file = tmp_path / "deep" / "backup.db"

    made = backup(file, home=home)

    copied = copy_catalog(f"sqlite:///{file}", f"sqlite:///{tmp_path / 'again.db'}")
    source = copy_catalog(catalog_url, f"sqlite:///{tmp_path / 'source.db'}", dry_run=True)
    assert source.tables == copied.tables
    assert (source.num_rows, str(file)) == (made.num_rows, made.file)
    assert [file] == list(file.parent.iterdir())


def test_a_backup_never_replaces_a_file_unasked(home, catalog, tmp_path):
    file = tmp_path / "backup.db"
    backup(file, home=home)
    seal(catalog)

    with pytest.raises(InputError, match="is there already"):
        backup(file, home=home)
    with pytest.raises(InputError, match="is a folder"):
        backup(tmp_path, home=home, force=True)
    backup(file, home=home, force=True)
    with Catalog.open(f"sqlite:///{file}") as opened:
        assert 1 == len(opened.datasets.list())


def test_a_catalog_that_contradicts_itself_is_not_backed_up(home, catalog_url, tmp_path):
    populate(catalog_url)
    break_chain(catalog_url)

    with pytest.raises(CorruptObjectError, match="broken at entry 2"):
        backup(tmp_path / "backup.db", home=home)
    assert not (tmp_path / "backup.db").exists()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_others_write_while_a_backup_is_made(catalog, catalog_url, tmp_path, monkeypatch):
    seal(catalog)
    connect = sqlite3.connect

    def connect_late(*args, **options):
        seal(catalog, content="meanwhile")
        return connect(*args, **options)

    monkeypatch.setattr("registry.catalog.backing_up.sqlite3.connect", connect_late)

    made = back_up(catalog_url, tmp_path / "backup.db")

    with closing(connect(made.file)) as opened:
        assert 2 == opened.execute("SELECT count(*) FROM version").fetchone()[0]
