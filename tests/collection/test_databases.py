"""Rows of real databases, as one snapshot sees them."""

import sqlite3
import threading
import time

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.collection.opening import open_source
from registry.collection.postgresql import PostgresSession
from registry.domain.collecting import TableSource
from registry.errors import ConflictError, InputError, StorageError, UnknownError


def collect(source, folder, since=None):
    """Return what a source lands as a table, and how far it was read."""
    folder.mkdir(exist_ok=True)
    with open_source(source) as collector:
        (landed,) = collector.collect(folder, since)
    return pq.read_table(landed.path), landed.position


def test_all_rows_come_in_the_order_of_the_key(database, tmp_path):
    database.run("DELETE FROM post WHERE id = 3")
    database.add_posts(3, 3)
    rows, position = collect(database.source(), tmp_path / "landed")

    assert list(range(1, 21)) == rows["id"].to_pylist()
    assert "body of 3" == rows["body"][2].as_py()
    assert {"num_rows": 20} == position


def test_the_same_rows_are_the_same_bytes(database, tmp_path):
    paths = []
    for name in ("one", "two"):
        collect(database.source(), tmp_path / name)
        paths.append(tmp_path / name / "rows.parquet")
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_behind_a_cursor_only_new_rows_are_read(database, tmp_path):
    source = database.source(cursor_column="id")
    _, position = collect(source, tmp_path / "one")
    database.add_posts(21, 25)
    with open_source(source) as collector:
        look = collector.look(position)
    rows, after = collect(source, tmp_path / "two", position)

    assert (look.goes_on, look.num_rows) == (True, 5)
    assert [21, 22, 23, 24, 25] == rows["id"].to_pylist()
    assert {"num_rows": 25, "cursor": 25} == after


@pytest.mark.parametrize(
    "change", ["DELETE FROM post WHERE id = 7", "INSERT INTO post (id) VALUES (0)"]
)
def test_rows_that_came_or_went_below_the_cursor_are_noticed(database, tmp_path, change):
    source = database.source(cursor_column="id")
    _, position = collect(source, tmp_path / "one")
    database.run(change)
    with open_source(source) as collector, pytest.raises(ConflictError, match="20 rows were read"):
        collector.look(position)


def test_a_cursor_with_nulls_is_refused(database):
    database.run("INSERT INTO post (id) VALUES (30)")
    with (
        open_source(database.source(cursor_column="score")) as collector,
        pytest.raises(InputError, match="21 rows have no score"),
    ):
        collector.look(None)


def test_a_cursor_may_be_a_moment(database, tmp_path):
    database.run(
        "CREATE TABLE visit (at TIMESTAMP, body TEXT)",
        "INSERT INTO visit VALUES ('2026-01-01 10:00:00.5', 'a'), ('2026-01-02 10:00:00', 'b')",
    )
    source = database.source(table="visit", cursor_column="at")
    _, position = collect(source, tmp_path / "one")
    database.run("INSERT INTO visit VALUES ('2026-01-02 10:00:00.25', 'c')")
    rows, _ = collect(source, tmp_path / "two", position)

    assert ["c"] == rows["body"].to_pylist()


def test_a_query_and_a_view_are_read_as_a_table_is(database, tmp_path):
    query = "SELECT id, body AS words FROM post WHERE id % 2 = 0 ORDER BY id DESC;"
    rows, _ = collect(database.source(table=None, query=query), tmp_path / "query")
    database.run("CREATE VIEW short AS SELECT id FROM post WHERE id < 3")
    seen, _ = collect(database.source(table="short"), tmp_path / "view")

    assert (["id", "words"], 10) == (rows.column_names, rows.num_rows)
    assert [1, 2] == sorted(seen["id"].to_pylist())


def test_a_query_cannot_write(database, tmp_path):
    for query in ("DELETE FROM post RETURNING id", "SELECT 1; DELETE FROM post"):
        with pytest.raises((InputError, StorageError)):
            collect(database.source(table=None, query=query), tmp_path / "landed")
    rows, _ = collect(database.source(), tmp_path / "landed")
    assert 20 == rows.num_rows


def test_a_function_that_writes_is_refused_by_the_snapshot(make_postgres_database, tmp_path):
    url = make_postgres_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE post (id INT)")
        connection.execute(
            "CREATE FUNCTION spoil() RETURNS INT LANGUAGE sql AS 'DELETE FROM post; SELECT 1'"
        )
    with pytest.raises(StorageError, match="read-only transaction"):
        collect(TableSource(url=url, query="SELECT spoil() AS body"), tmp_path / "landed")


def test_wrong_words_are_the_callers_error(database):
    with (
        pytest.raises(UnknownError, match="no table 'pots'") as error,
        open_source(database.source(table="pots")),
    ):
        pass
    assert "did you mean post?" == error.value.hint
    with (
        pytest.raises(InputError, match="no column of post 'at'"),
        open_source(database.source(cursor_column="at")),
    ):
        pass
    with (
        pytest.raises(InputError, match="nothing"),
        open_source(database.source(table=None, query="SELECT nothing FROM post")),
    ):
        pass


def test_a_statement_that_takes_too_long_is_ended(database, tmp_path):
    query = {
        True: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        False: "SELECT pg_sleep(60) AS i",
    }[database.url.startswith("sqlite")]
    started = time.monotonic()
    with pytest.raises(StorageError, match=r"longer than 0\.2 seconds"):
        collect(database.source(table=None, query=query, timeout_seconds=0.2), tmp_path / "landed")
    assert time.monotonic() - started < 30


def test_rows_written_meanwhile_are_not_seen(database, tmp_path):
    (tmp_path / "landed").mkdir()
    if database.url.startswith("sqlite"):
        # Without it SQLite lets nobody write while somebody reads.
        database.run("PRAGMA journal_mode = WAL")
    with open_source(database.source()) as collector:
        assert 20 == collector.look(None).num_rows
        writer = threading.Thread(target=database.add_posts, args=(21, 40))
        writer.start()
        writer.join()
        (landed,) = collector.collect(tmp_path / "landed", None)
    again, _ = collect(database.source(), tmp_path / "again")
    assert ({"num_rows": 20}, 40) == (landed.position, again.num_rows)


def test_a_server_that_goes_away_leaves_no_short_table(make_postgres_database, tmp_path):
    url = make_postgres_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE post AS SELECT i AS id, repeat(md5(i::text), 500) AS body "
            "FROM generate_series(1, 4000) AS i"
        )
        session = PostgresSession(TableSource(url=url, table="post"))
        rows = session.read("SELECT * FROM post", tmp_path)
        first = rows.read_next_batch()
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(StorageError):
            for _ in rows:
                pass
        session.close()
    assert first.num_rows < 4_000


def test_a_server_that_is_not_there_is_named_without_the_password():
    url = "postgresql://ada:s3cr3t@127.0.0.1:1/forum"
    with (
        pytest.raises(StorageError, match=r"postgresql://127\.0\.0\.1:1/forum: ") as error,
        open_source(TableSource(url=url, table="post")),
    ):
        pass
    assert "s3cr3t" not in str(error.value)
    assert "s3cr3t" not in repr(TableSource(url=url, table="post"))


def test_types_of_postgresql_become_plain_ones(make_postgres_database, tmp_path):
    url = make_postgres_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE kinds AS SELECT 1::bigint AS big, 1.50::numeric(6, 2) AS exact, "
            "'{\"a\": 1}'::jsonb AS document, "
            "'00000000-0000-0000-0000-00000000000a'::uuid AS name, "
            "'2026-01-02 03:04:05+02'::timestamptz AS moment, '\\x00ff'::bytea AS data, "
            "ARRAY['x', NULL] AS words, '1 month 2 days 3.5 seconds'::interval AS span, "
            "true AS yes, 0.5::float8 AS half, 'NaN'::numeric AS nothing"
        )
    rows, _ = collect(TableSource(url=url, table="kinds"), tmp_path / "landed")
    (row,) = rows.to_pylist()
    moment = row.pop("moment")

    assert "2026-01-02T01:04:05+00:00" == moment.isoformat()
    assert row == {
        "big": 1,
        "exact": "1.50",
        "document": '{"a": 1}',
        "name": "00000000-0000-0000-0000-00000000000a",
        "data": b"\x00\xff",
        "words": ["x", None],
        "span": "P1M2DT3.5S",
        "yes": True,
        "half": 0.5,
        "nothing": "nan",
    }


@pytest.mark.parametrize(
    ("values", "expected", "type_"),
    [
        ([1, None, 2], [1, None, 2], pa.int64()),
        ([1, 0.5], [1.0, 0.5], pa.float64()),
        ([2**60, 0.5], [str(2**60), "0.5"], pa.string()),
        ([1, "one"], ["1", "one"], pa.string()),
        (["a", b"\xff"], [b"a", b"\xff"], pa.binary()),
        ([None, None], [None, None], pa.string()),
        ([b"\x00", 1], [b"\x00", b"1"], pa.binary()),
    ],
)
@pytest.mark.parametrize("are_apart", [False, True], ids=["together", "apart"])
def test_any_values_of_a_column_of_sqlite_are_kept(tmp_path, values, expected, type_, are_apart):
    path = tmp_path / "any.db"
    filler = [values[0]] * (1_500 if are_apart else 0)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (thing)")
        connection.executemany(
            "INSERT INTO things VALUES (?)", [(value,) for value in [*filler, *values]]
        )
    connection.close()
    rows, _ = collect(TableSource(url=f"sqlite:///{path}", table="things"), tmp_path / "landed")
    assert type_ == rows["thing"].type
    assert expected == rows["thing"].to_pylist()[-len(values) :]


def test_text_of_sqlite_that_is_not_utf8_stays_as_it_is(tmp_path):
    path = tmp_path / "latin.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE post AS SELECT CAST(x'636166e9' AS TEXT) AS body")
    connection.close()
    rows, _ = collect(TableSource(url=f"sqlite:///{path}", table="post"), tmp_path / "landed")
    assert [b"caf\xe9"] == rows["body"].to_pylist()


def test_no_file_is_made_where_none_is(tmp_path):
    path = tmp_path / "none.db"
    with (
        pytest.raises(InputError, match="no file"),
        open_source(TableSource(url=f"sqlite:///{path}", table="post")),
    ):
        pass
    assert not path.exists()


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("no database, but long enough to look at\n" * 100)
    with (
        pytest.raises(StorageError, match="not a database"),
        open_source(TableSource(url=f"sqlite:///{path}", table="post")),
    ):
        pass


def test_a_database_that_nothing_speaks_to_is_named():
    for url, words in (
        ("nosuch://host/db", "knows no database 'nosuch'"),
        ("mysql+pymysql://host/db", "driver is not installed"),
    ):
        with pytest.raises(InputError, match=words), open_source(TableSource(url=url, table="t")):
            pass
