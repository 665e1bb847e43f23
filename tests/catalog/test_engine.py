"""Transactions: nothing is lost between writers, and errors come in our words."""

import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from psycopg.errors import FeatureNotSupported
from sqlalchemy import text
from sqlalchemy.exc import NotSupportedError

from registry.catalog import audit
from registry.catalog.catalog import Catalog
from registry.catalog.engine import Database, parse_url
from registry.catalog.series import load_series, save_series
from registry.catalog.translation import translated
from registry.errors import (
    ConflictError,
    InputError,
    MissingExtraError,
    NotAllowedError,
    StorageError,
)
from tests.catalog.factories import AT, WHO, make_draft, make_run, ref, seal
from tests.catalog.workers import run_in_processes, seal_some
from tests.postgres_server import execute


def numbers_and_log(catalog):
    versions = catalog.versions.list_for(ref("web/cc").dataset)
    return [version.number for version in versions], catalog.audit.verify()


def test_threads_that_seal_the_same_dataset_lose_nothing(catalog):
    def work(worker):
        for number in range(8):
            seal(catalog, content=f"{worker} {number}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    assert (list(range(1, 49)), None) == numbers_and_log(catalog)


def test_processes_that_seal_the_same_dataset_lose_nothing(catalog, catalog_url):
    codes = run_in_processes(seal_some, [(catalog_url, number) for number in range(8)])

    assert [0] * 8 == codes
    assert (list(range(1, 33)), None) == numbers_and_log(catalog)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_in_the_middle_leaves_nothing_half_done(
    catalog, catalog_url, monkeypatch
):
    append = audit.append

    def lose_connection(connection, *args, **options):
        """Everything but the audit entry is written by now."""
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        execute(catalog_url, f"SELECT pg_terminate_backend({pid}, 5000)")
        append(connection, *args, **options)

    monkeypatch.setattr(audit, "append", lose_connection)
    with pytest.raises(StorageError, match="the connection was lost") as caught:
        seal(catalog)
    assert "run the same command again" in caught.value.hint
    monkeypatch.undo()

    assert ([], []) == (catalog.datasets.list(), catalog.runs.list())
    assert "created" == seal(catalog).status
    assert ([1], None) == numbers_and_log(catalog)


def test_a_write_to_a_replica_is_not_allowed():
    """What PostgreSQL says to a writer on a hot standby."""
    said = FeatureNotSupported("cannot set transaction read-write mode during recovery")

    with pytest.raises(NotAllowedError, match="during recovery"), translated("postgresql:///db"):
        raise NotSupportedError("SELECT pg_advisory_xact_lock(1)", {}, said)


def test_a_replica_that_is_not_there_says_what_to_leave_out(tmp_path):
    replica = Catalog.open_replica(f"postgresql://ada@/none?host={tmp_path}")

    with closing(replica), pytest.raises(StorageError) as caught:
        replica.datasets.list()
    assert "without MUSTER_READ_DATABASE_URL" in caught.value.hint


def test_a_clock_that_goes_back_breaks_nothing(catalog):
    seal(catalog)
    earlier = AT - timedelta(days=400)
    draft = make_draft(content="more", inputs=("web/cc@1",))
    run = make_run("more", started_at=earlier)
    catalog.versions.seal(draft, run=run, actor="ada", at=earlier)

    assert ([1, 2], None) == numbers_and_log(catalog)
    assert 2 == catalog.versions.get(ref("web/cc")).number
    log = catalog.audit.list()
    assert (earlier, AT) == (log[0].at, log[-1].at)


def test_two_registrations_of_one_name_at_once_are_one_version(catalog):
    with ThreadPoolExecutor(4) as pool:
        sealed = list(pool.map(lambda _: seal(catalog), range(4)))

    assert ["created", "unchanged", "unchanged", "unchanged"] == sorted(
        one.status for one in sealed
    )


def test_a_head_that_was_moved_meanwhile_is_a_conflict(catalog):
    seal(catalog)
    with catalog._database.reading() as connection:
        stale = load_series(connection, ["web/cc"])["web/cc"]
    seal(catalog, content="more")
    stale.head += 1

    with (
        pytest.raises(ConflictError, match="web/cc: somebody else moved the head"),
        catalog._database.writing() as connection,
    ):
        save_series(connection, [stale])
    assert 2 == catalog.datasets.get(ref("web/cc").dataset).head


def test_a_reader_sees_one_state_while_others_write(catalog):
    count = text("SELECT count(*) FROM version")
    seal(catalog)
    with catalog._database.reading() as connection:
        before = connection.execute(count).scalar_one()
        seal(catalog, content="more")

        assert before == connection.execute(count).scalar_one()


def test_a_transaction_that_raises_writes_nothing(catalog):
    with pytest.raises(RuntimeError), catalog._database.writing() as connection:
        connection.execute(text("INSERT INTO owner (name) VALUES ('eve')"))
        raise RuntimeError
    with catalog._database.reading() as connection:
        assert 0 == connection.execute(text("SELECT count(*) FROM owner")).scalar_one()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_lock_that_is_held_too_long_is_a_conflict(catalog_url, monkeypatch):
    monkeypatch.setattr("registry.catalog.engine._BUSY_SECONDS", 0.05)
    with (
        Catalog.open(catalog_url) as holder,
        Catalog.open(catalog_url) as waiter,
        holder._database.writing(),
        pytest.raises(ConflictError, match="another process is writing") as caught,
    ):
        seal(waiter)

    assert isinstance(caught.value.__cause__.orig, sqlite3.OperationalError)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_full_disk_is_a_storage_error_and_leaves_nothing(catalog):
    with catalog._database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StorageError, match="full"):
        catalog.versions.seal_many(
            [(make_draft(f"web/d{number}"), make_run()) for number in range(500)], **WHO
        )
    assert [] == catalog.datasets.list()


def test_a_file_that_is_no_database_is_a_storage_error(tmp_path):
    path = tmp_path / "catalog.db"
    path.write_text("this is no database, but it is long enough to be looked at" * 20)

    with pytest.raises(StorageError, match="not a database"):
        Catalog.open(f"sqlite:///{path}")


def test_a_server_that_is_not_there_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError) as caught:
        Catalog.open(f"postgresql://ada:secret@/none?host={tmp_path}")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["a\x00b", "a\ud800b"])
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_text_that_the_database_cannot_keep_is_bad_input(catalog, value):
    seal(catalog)

    with pytest.raises(InputError):
        catalog.versions.withdraw(ref("web/cc"), reason="x", actor=value, at=WHO["at"])


def test_a_time_without_a_zone_is_refused(catalog):
    with pytest.raises(Exception, match="no time zone"):
        catalog.versions.seal(
            make_draft(), run=make_run(), actor="ada", at=WHO["at"].replace(tzinfo=None)
        )


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "postgresql:/x"]
)
def test_a_url_that_is_none_of_ours_is_bad_input(url):
    with pytest.raises(InputError) as caught:
        parse_url(url)

    assert caught.value.hint.startswith("sqlite:///")


def test_a_url_that_does_not_parse_keeps_its_password_to_itself():
    with pytest.raises(InputError) as caught:
        parse_url("postgresql//ada:secret@host/db")

    assert "secret" not in str(caught.value)


def test_a_missing_driver_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(MissingExtraError, match="a PostgreSQL catalog") as caught:
        Database("postgresql://host/db")
    assert 'pip install "muster-catalog[postgres]"' == caught.value.hint
