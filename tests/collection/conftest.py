"""Databases with a table, on SQLite and on a real PostgreSQL, and repositories."""

import sqlite3
import subprocess
from dataclasses import dataclass

import psycopg
import pytest
import stamina

from registry.domain.collecting import TableSource
from tests.collection.web_server import Server


@dataclass(frozen=True)
class Database:
    """A database that a test writes to, and muster reads."""

    url: str

    def run(self, *statements):
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
                for statement in statements:
                    connection.execute(statement)
            connection.close()
            return
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def source(self, **options):
        return TableSource(url=self.url, **({"table": "post"} | options))

    def add_posts(self, first, last):
        rows = ", ".join(f"({number}, 'body of {number}')" for number in range(first, last + 1))
        self.run(f"INSERT INTO post (id, body) VALUES {rows}")


@pytest.fixture
def database(engine, request, tmp_path):
    """A table `post` with 20 rows."""
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path / 'forum.db'}"
    else:
        url = request.getfixturevalue("make_postgres_database")()
    made = Database(url)
    made.run("CREATE TABLE post (id INTEGER PRIMARY KEY, body TEXT, score NUMERIC(6, 2))")
    made.add_posts(1, 20)
    return made


@dataclass(frozen=True)
class Repository:
    """A git repository that a test commits to."""

    path: object

    def git(self, *arguments):
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        command = ["git", "-C", str(self.path), *who, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, **files):
        for name, content in files.items():
            path = self.path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "more")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path):
    path = tmp_path / "project"
    path.mkdir()
    made = Repository(path)
    made.git("init", "--quiet")
    return made


@pytest.fixture
def server():
    """A server on loopback; waiting between attempts takes no time."""
    with stamina.set_testing(True, attempts=10, cap=True), Server().running() as running:
        yield running
