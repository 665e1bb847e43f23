"""`db copy`, `db backup`, `verify`, `gc` and `doctor` as people call them."""

import sqlite3
from contextlib import closing

import pytest

from cli.errors import ExitCode, reported
from registry.errors import NotAllowedError


@pytest.fixture
def filled(muster, corpus):
    muster.run("register", corpus, "--name", "web/cc", "--ingest")
    return muster


def break_chain(muster):
    with closing(sqlite3.connect(muster.folder / ".muster" / "catalog.db")) as connection:
        connection.execute("DROP TRIGGER audit_log_update_refused")
        connection.execute("UPDATE audit_log SET actor = 'eve'")
        connection.commit()


def test_a_copy_is_told_as_a_table_and_as_json(filled):
    planned = filled.json("db", "copy", "--to", "sqlite:///copy.db", "--dry-run")
    text = filled.run("db", "copy", "--to", "sqlite:///copy.db").stdout

    assert "planned" == planned["status"]
    assert not planned["findings"]
    rows = sum(table["num_rows"] for table in planned["tables"])
    assert text.splitlines()[-1].startswith(f"copied: {rows} rows from sqlite:///")
    assert "is not empty" in filled.run("db", "copy", "--from", "sqlite:///copy.db", code=2).stderr
    assert "one direction" in filled.run("db", "copy", code=2).stderr


def test_a_broken_audit_log_is_named_and_neither_copied_nor_backed_up(filled):
    break_chain(filled)

    assert "NOT INTACT at entry 1" in filled.run("verify", "--audit", code=3).stdout
    assert "audit log is broken at entry 1" in filled.run("verify", code=3).stdout
    copied = filled.run("db", "copy", "--to", "sqlite:///copy.db", code=3).stdout
    assert copied.startswith("refused: ")
    assert "audit log is broken at entry 1" in copied
    refused = filled.run("db", "backup", "b.db", code=1)
    assert "broken at entry 1" in refused.stderr
    assert "hint: muster db check" in refused.stderr
    assert not list(filled.folder.glob("*.db"))


def test_a_backup_comes_back(filled, tmp_path):
    made = filled.json("db", "backup", "b.db")
    filled.run("--home", "new/.muster", "init")
    filled.run("--home", "new/.muster", "db", "copy", "--from", "sqlite:///b.db")

    assert (tmp_path / "b.db").stat().st_size == made["num_bytes"]
    assert "web/cc@1" in filled.run("--home", "new/.muster", "list").stdout


def test_gc_tells_what_would_go(filled):
    answer = filled.json("gc", "--dry-run")

    assert ("planned", [], 2) == (answer["status"], answer["removed"], answer["num_objects"])
    assert "too short" in filled.run("gc", "--grace-days", "0", code=2).stderr
    assert "removed" in filled.run("gc").stdout


def test_doctor_exits_with_3_where_there_is_no_registry(muster, tmp_path, monkeypatch):
    assert "database" in muster.run("doctor").stdout
    muster.folder = tmp_path / "elsewhere"
    muster.folder.mkdir()
    (tmp_path / ".muster").rename(tmp_path / "gone")

    answer = muster.json("doctor", code=3)

    assert ["muster init"] == [one["hint"] for one in answer["checks"] if one["name"] == "home"]


def test_roles_are_printed_for_psql(muster):
    script = muster.run("db", "roles", "--prefix", "team").stdout

    assert "GRANT INSERT ON " in script
    assert "TO team_writer;" in script
    assert (
        "no beginning of a role's name"
        in muster.run("db", "roles", "--prefix", "X;", code=2).stderr
    )


def test_what_is_not_allowed_has_an_exit_code_of_its_own(capsys):
    with pytest.raises(SystemExit) as ended, reported():
        raise NotAllowedError("permission denied", hint="ask")

    assert ExitCode.NOT_ALLOWED == ended.value.code
    assert "error: permission denied\nhint: ask\n" == capsys.readouterr().err
