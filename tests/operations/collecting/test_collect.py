"""Databases and repositories become versions, again and again."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from registry.domain.card import Card
from registry.domain.collecting import RepositorySource, SourceOptions, parse_source
from registry.domain.reading import Reading
from registry.domain.version import DatasetKind
from registry.errors import ConflictError, InputError
from tests.collection.conftest import database, repository  # noqa: F401 - fixtures

BODY = Reading(text_columns=("body",))


def texts(muster, reference):
    return [text for batch in muster.stream(reference) for text in batch["text"].to_pylist()]


def test_a_table_becomes_a_version_that_says_how_far_it_was_read(muster, database):  # noqa: F811
    source = database.source(cursor_column="id")
    answer = muster.collect(source, name="forum/post", reading=BODY, card=Card(owner="ada"))
    (facts,) = muster.show("forum/post").version.sources

    assert (answer.reference, answer.num_documents) == ("forum/post@1", 20)
    assert ("sql", source.uri) == (facts.kind, facts.uri)
    assert facts.reached is not None
    assert (20, 20) == (facts.reached["num_rows"], facts.reached["cursor"])


def test_a_table_of_numbers_is_read_as_such_and_else_named_by_its_source(muster, database):  # noqa: F811
    query = "SELECT id, id * id AS square FROM post"
    source, table = database.source(table=None, query=query), Card(kind=DatasetKind.TABULAR)
    with pytest.raises(
        InputError, match=r"^(sqlite|postgresql)://.*: no column holds text"
    ) as caught:
        muster.collect(source, name="lab/squares")
    answer = muster.collect(source, name="lab/squares", card=table)
    again = muster.plan_collection(source, name="lab/squares", card=table)

    assert "--kind tabular" in caught.value.hint
    assert (DatasetKind.TABULAR, 20) == (answer.kind, answer.num_documents)
    assert ["id: 1\nsquare: 1", "id: 2\nsquare: 4"] == texts(muster, "lab/squares")[:2]
    assert not again.is_read_otherwise


def test_nothing_new_changes_nothing(muster, database):  # noqa: F811
    for source in (database.source(), database.source(cursor_column="id")):
        name = f"forum/{source.cursor_column or 'all'}"
        muster.collect(source, name=name, reading=BODY)
        again = muster.collect(source, name=name, reading=BODY)
        assert (f"{name}@1", "unchanged") == (again.reference, again.status)


def test_a_table_that_grows_is_the_same_whether_read_in_steps_or_at_once(muster, context, database):  # noqa: F811
    source = database.source(cursor_column="id")
    database.run("INSERT INTO post (id) VALUES (21)")
    muster.collect(source, name="forum/steps", reading=BODY)
    database.add_posts(22, 30)
    database.run("INSERT INTO post (id) VALUES (31)")
    steps = muster.collect(source, name="forum/steps", reading=BODY)
    whole = muster.collect(source, name="forum/whole", reading=BODY)

    assert (2, 1) == (steps.num_shards, whole.num_shards)
    assert texts(muster, "forum/whole") == texts(muster, "forum/steps")
    assert whole.rejected == steps.rejected == {"null-text": 2}
    ledgers = [context.catalog.runs.ledger(one.run or "") for one in (steps, whole)]
    assert ledgers[0] == ledgers[1]
    assert (31, 29) == (ledgers[0].documents_in, ledgers[0].documents_kept)
    assert 2 == len(muster.quarantine.show("forum/steps").rows)


def test_a_plan_says_what_would_be_read_and_writes_nothing(muster, context, database):  # noqa: F811
    source = database.source(cursor_column="id")
    first = muster.plan_collection(source, name="forum/post")
    assert (None, 20) == (first.since, first.num_rows)
    assert not context.catalog.datasets.find("forum/post")
    muster.collect(source, name="forum/post", reading=BODY)
    database.add_posts(21, 22)
    second = muster.plan_collection(source, name="forum/post", reading=BODY)
    assert ("forum/post@1", 2, False) == (second.since, second.num_rows, second.is_read_otherwise)
    other = muster.plan_collection(source, name="forum/post", reading=Reading(template="{id}"))
    assert other.is_read_otherwise


def test_another_column_of_what_is_kept_needs_no_database(muster, database):  # noqa: F811
    source = database.source(cursor_column="id")
    database.run("UPDATE post SET score = id")
    muster.collect(source, name="forum/post", reading=BODY)
    again = muster.collect(
        source, name="forum/post", reading=Reading(text_columns=("body",), id_column="score")
    )
    sample = muster.sample("forum/post", num_documents=1)

    assert ("forum/post@2", "created") == (again.reference, again.status)
    assert sample.documents[0].id.startswith(sample.documents[0].text.split()[-1])


def test_rows_that_vanished_are_a_conflict_until_all_is_read_again(muster, database):  # noqa: F811
    source = database.source(cursor_column="id")
    muster.collect(source, name="forum/post", reading=BODY)
    database.run("DELETE FROM post WHERE id = 20")
    with pytest.raises(ConflictError, match="20 rows were read up to id 20"):
        muster.collect(source, name="forum/post", reading=BODY)
    again = muster.collect(source, name="forum/post", reading=BODY, from_start=True)
    assert 19 == again.num_documents


def test_what_was_taken_down_does_not_come_back_with_what_is_new(muster, database):  # noqa: F811
    source = database.source(cursor_column="id")
    muster.collect(source, name="forum/post", reading=BODY)
    text = texts(muster, "forum/post")[4]
    takedown = muster.takedowns.open(kind="digest", value=digest_of(text), reason="asked")
    database.add_posts(21, 21)
    answer = muster.collect(source, name="forum/post", reading=BODY)

    assert takedown.num_texts
    assert 20 == answer.num_documents
    assert text not in texts(muster, answer.reference)


def digest_of(text):
    from registry.domain.digest import digest_of_bytes  # noqa: PLC0415

    return digest_of_bytes(text.encode())


def test_a_repository_becomes_code_and_moves_with_its_commits(muster, repository):  # noqa: F811
    repository.commit(a_dot_py=b"print(1)\n", logo_dot_png=b"\x89PNG\x00")
    source = RepositorySource(path=repository.path)
    first = muster.collect(source, name="code/project")
    same = muster.collect(source, name="code/project")
    repository.commit(b_dot_py=b"print(2)\n")
    second = muster.collect(source, name="code/project")

    assert (DatasetKind.CODE, 1, {"binary-file": 1}) == (
        first.kind,
        first.num_documents,
        first.rejected,
    )
    assert "unchanged" == same.status
    assert ("code/project@2", 2, 1) == (second.reference, second.num_documents, second.num_shards)


def test_no_password_is_written_anywhere(muster, context, make_postgres_database, caplog):
    url = make_postgres_database().replace("postgres:@", "postgres:s3cr3tpw@")
    assert "s3cr3tpw" in url
    from tests.collection.conftest import Database  # noqa: PLC0415

    made = Database(url)
    made.run("CREATE TABLE post (id INTEGER PRIMARY KEY, body TEXT)")
    made.add_posts(1, 3)
    muster.collect(made.source(), name="forum/post", reading=BODY)
    with pytest.raises(InputError):
        muster.collect(made.source(table="nope"), name="forum/nope")
    said = muster.show("forum/post").model_dump_json() + repr(muster.runs.list()) + caplog.text
    written = [path.read_bytes() for path in context.home.parent.rglob("*") if path.is_file()]

    assert "s3cr3tpw" not in said
    assert not any(b"s3cr3tpw" in data for data in written)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_registration_that_is_killed_leaves_nothing_half_written(tmp_path):
    """Killed at several moments; each time nothing is visible, and the next one succeeds."""
    script = tmp_path / "collect.py"
    script.write_text(
        textwrap.dedent(
            f"""
            from registry.api import open_registry
            from registry.domain.collecting import TableSource
            from registry.domain.reading import Reading
            source = TableSource(url="sqlite:///{tmp_path}/forum.db", table="post")
            with open_registry("{tmp_path}/.muster") as muster:
                print("begin", flush=True)
                answer = muster.collect(
                    source, name="forum/post", reading=Reading(text_columns=("body",))
                )
                print(answer.num_documents, flush=True)
            """
        )
    )
    import sqlite3  # noqa: PLC0415

    from registry.operations.keeping.database import init_registry  # noqa: PLC0415

    with sqlite3.connect(tmp_path / "forum.db") as connection:
        connection.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, body TEXT)")
        connection.executemany(
            "INSERT INTO post (body) VALUES (?)", [(f"{n} " * 200,) for n in range(30_000)]
        )
    connection.close()
    init_registry(tmp_path)
    for seconds in (0.02, 0.1, 0.25):
        process = subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, env=os.environ
    )
    assert ("", "begin\n30000\n") == (done.stderr, done.stdout)
    assert not list((tmp_path / ".muster" / "objects" / "staging").iterdir())


@pytest.mark.parametrize(
    ("places", "options", "words"),
    [
        (["postgresql://h/d"], {}, "say which of its rows"),
        (["postgresql://h/d"], {"table": "a", "query": "SELECT 1"}, "give one"),
        (["postgresql://h/d", "a.jsonl"], {"table": "a"}, "cannot stand beside"),
        (["corpus/"], {"table": "a"}, "--table means nothing for files"),
        (["corpus/"], {"commit": "v1", "cursor_column": "id"}, "--cursor-column means nothing"),
        (["postgresql://h/d"], {"table": "a", "commit": "v1"}, "repositor"),
        (["ftp://ada:pw@h/x"], {}, "nothing is read from ftp:"),
        (["git+https://ada:pw@h/x"], {}, "where they lie on this machine"),
        (["sqlite:///x.db"], {"table": "a", "timeout_seconds": 0}, "leaves no time"),
    ],
)
def test_what_is_no_source_is_said_without_secrets(places, options, words):
    with pytest.raises(InputError, match=words) as error:
        parse_source(places, SourceOptions(**options))
    assert "pw" not in f"{error.value} {error.value.hint}"
