"""What a role may do is held by the database, not by the program."""

import psycopg
import pytest

from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from registry.catalog.roles import write_role_script
from registry.errors import InputError, NotAllowedError
from tests.catalog.factories import (
    WHO,
    make_count,
    make_run,
    make_statement,
    make_tokenizer,
    ref,
    seal,
)
from tests.postgres_server import execute

PREFIX = "muster_roles_test"
REFUSED_TO_WRITERS = (
    "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_log_update_refused ON audit_log",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION muster_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "UPDATE audit_log SET actor = 'eve'",
    "DELETE FROM run",
    "UPDATE version SET num_documents = 0",
    "TRUNCATE audit_log",
    "ALTER TABLE dataset ADD COLUMN x int",
    "UPDATE muster_revision SET version_num = '0001'",
    "CREATE TABLE own (x int)",
)


@pytest.fixture(scope="module")
def urls(postgres, postgres_template):
    """The URL of a catalog for each role, each with a login of its own."""
    url = postgres.make(postgres_template)
    for _ in range(2):  # it can be run again
        with psycopg.connect(url) as connection:
            connection.execute(write_role_script(PREFIX))
    roles = ("reader", "writer", "admin")
    for role in roles:
        execute(url, f"CREATE ROLE {PREFIX}_{role}_ada LOGIN PASSWORD 'pw'")
        execute(url, f"GRANT {PREFIX}_{role} TO {PREFIX}_{role}_ada")
    yield {role: as_user(url, f"{PREFIX}_{role}_ada") for role in roles}
    names = [f"{PREFIX}_{role}{user}" for role in roles for user in ("_ada", "")]
    execute(url, f"REASSIGN OWNED BY {', '.join(names)} TO CURRENT_USER")
    execute(url, f"DROP OWNED BY {', '.join(names)}")
    execute(url, f"DROP ROLE {', '.join(names)}")
    postgres.drop(url)


def as_user(url, user):
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{user}:pw@{rest.rpartition('@')[2]}"


def test_a_writer_does_all_that_verbs_do(urls):
    with Catalog.open(urls["writer"]) as catalog:
        catalog.tokenizers.add(make_tokenizer(), **WHO)
        seal(catalog, tags=("gold",), description="what it is", owner="ada")
        seal(catalog, content="more")
        catalog.counts.record(ref("web/cc"), make_count(), run=None, **WHO)
        catalog.counts.record(ref("web/cc"), make_count(num_tokens=7), run=None, **WHO)
        catalog.licences.state(ref("web/cc"), make_statement(), **WHO)
        run = catalog.runs.open(make_run("open"))
        catalog.runs.fail(run.id, error="no", at=WHO["at"])
        catalog.versions.withdraw(ref("web/cc@1"), reason="old", **WHO)
        catalog.datasets.untag(ref("web/cc@gold"), "gold", **WHO)

        assert catalog.audit.verify() is None


@pytest.mark.parametrize("statement", REFUSED_TO_WRITERS)
def test_a_writer_cannot_change_what_holds_it(urls, statement):
    with (
        psycopg.connect(urls["writer"]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_a_reader_reads_and_is_not_allowed_to_write(urls):
    with Catalog.open(urls["reader"]) as catalog:
        assert isinstance(catalog.datasets.list(), list)
        with pytest.raises(NotAllowedError, match="permission denied") as caught:
            seal(catalog, content="by a reader")

    assert "muster db roles" in caught.value.hint


def test_only_an_admin_changes_the_schema(urls):
    with pytest.raises(NotAllowedError):
        migrate.downgrade(urls["writer"], revision="0006")
    migrate.downgrade(urls["admin"], revision="0006")

    assert migrate.upgrade(urls["admin"]).after == migrate.expected()


def test_a_prefix_that_is_no_name_is_refused():
    with pytest.raises(InputError):
        write_role_script('x"; DROP TABLE version; --')
