"""Rows go in as the types of their columns say, on both engines."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from registry.catalog.closing import run_row
from registry.catalog.inserting import insert_rows
from registry.catalog.tables import OwnerRow, RunRow
from tests.catalog.factories import digest, make_run

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def connection(catalog):
    with catalog.versions._database.writing() as connection:
        yield connection


def make_row(key, **changes):
    row = run_row(make_run(), public_id=f"run-{key}", finished_at=datetime(2026, 1, 1, tzinfo=UTC))
    return {"id": key, **row, **changes}


def load_runs(connection):
    rows = connection.execute(select(RunRow.__table__).order_by(RunRow.id)).mappings()
    return [dict(row) for row in rows]


def test_rows_stand_as_sqlalchemy_would_write_them(connection):
    rows = [
        make_row(1, parameters={"b": [1, None], "a": "\u00e9"}, quarantine=digest("q")),
        make_row(2, finished_at=None, state="open"),
    ]
    insert_rows(connection, RunRow, rows)
    connection.execute(insert(RunRow), [{**row, "id": row["id"] + 2} | again(row) for row in rows])
    first, second, *others = load_runs(connection)

    assert [{**first, **again(first), "id": 3}, {**second, **again(second), "id": 4}] == others


def again(row):
    return {"public_id": row["public_id"] + "-again"}


def test_rows_read_back_as_they_were_given(connection):
    row = make_row(1)
    insert_rows(connection, RunRow, [row])

    assert [row] == load_runs(connection)


def test_no_rows_send_nothing(connection, statements):
    statements.clear()
    insert_rows(connection, RunRow, [])

    assert [] == statements


def test_the_given_rows_stay_as_they_are(connection):
    row = make_row(1)
    before = dict(row)
    insert_rows(connection, RunRow, [row])

    assert before == row


def test_the_order_of_columns_in_a_row_does_not_matter(connection):
    insert_rows(connection, OwnerRow, [{"id": 1, "name": "ada"}, {"name": "bo", "id": 2}])

    assert [(1, "ada"), (2, "bo")] == connection.execute(
        select(OwnerRow.id, OwnerRow.name).order_by(OwnerRow.id)
    ).all()


def test_an_hour_that_comes_twice_is_two_moments(connection):
    twice = [datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=BERLIN) for fold in (0, 1)]
    rows = [make_row(key, started_at=at) for key, at in enumerate(twice, start=1)]
    insert_rows(connection, RunRow, rows)

    assert [0, 1] == [row["started_at"].hour for row in load_runs(connection)]


def test_a_moment_without_a_zone_is_refused(connection):
    with pytest.raises(ValueError, match="no time zone"):
        insert_rows(connection, RunRow, [make_row(1, started_at=datetime(2026, 1, 1))])  # noqa: DTZ001
