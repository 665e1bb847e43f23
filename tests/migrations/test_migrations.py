"""Migrations on populated databases: no row is lost, no trigger is missing, nothing drifts."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from registry.catalog.engine import Database
from registry.catalog.revision import EXPECTED, REVISIONS
from registry.catalog.search import fold
from registry.domain.version import (
    Content,
)
from registry.errors import ConflictError, InputError, SchemaRevisionError
from tests.catalog.factories import (
    WHO,
    make_draft,
    make_generation,
    make_model,
    make_run,
    make_statement,
    make_takedown,
    ref,
    seal,
)
from tests.migrations.factories import (
    missing_triggers,
    populate,
    snapshot,
)


def test_the_constants_are_what_alembic_finds():
    scripts = ScriptDirectory(str(migrate.find_scripts()))
    found = [script.revision for script in scripts.walk_revisions()]

    assert list(REVISIONS) == found[::-1]
    assert scripts.get_current_head() == EXPECTED == migrate.expected()


def test_the_repository_has_an_ini_for_developers():
    root = Path(migrate.find_scripts()).parent
    config = Config(root / "alembic.ini")

    assert migrate.find_scripts() == Path(config.get_main_option("script_location"))


def test_a_new_database_is_clean(catalog_url):
    assert [] == migrate.check(catalog_url)


def test_a_populated_database_is_clean(catalog_url):
    populate(catalog_url)

    assert [] == migrate.check(catalog_url)


def test_populating_leaves_no_table_empty(catalog_url):
    populate(catalog_url)

    assert [] == [table for table, rows in snapshot(catalog_url).items() if not rows]


def test_going_down_and_up_loses_no_row_and_no_trigger(catalog_url):
    populate(catalog_url)
    before = snapshot(catalog_url)
    for revision in REVISIONS[-2::-1]:
        migrate.downgrade(catalog_url, revision=revision)

        assert before == snapshot(catalog_url)
        assert [] == missing_triggers(catalog_url)
    for revision in REVISIONS[1:]:
        upgrade = migrate.upgrade(catalog_url, revision=revision)

        assert revision == upgrade.after
        assert before == snapshot(catalog_url)
        assert [] == missing_triggers(catalog_url)
    assert [] == migrate.check(catalog_url)


def test_an_upgrade_makes_datasets_that_are_there_searchable(catalog_url):
    populate(catalog_url)
    migrate.downgrade(catalog_url, revision="0001")
    migrate.upgrade(catalog_url)

    with Catalog.open(catalog_url) as catalog:
        assert ["web/in@1"] == [one.reference for one in catalog.datasets.search("brulee")]
        assert ["web/cc@1"] == [one.reference for one in catalog.datasets.search("gold")]


def test_unread_entries_become_suspects_on_the_way_down_and_tokenizers_go(catalog_url):
    populate(catalog_url)
    entries = [("unread", "web/in@1"), ("tokenizer", "gpt2")]
    items = [{"kind": kind, "reference": name, "num_documents": 0} for kind, name in entries]
    with Catalog.open(catalog_url) as catalog:
        opened = catalog.takedowns.open(make_takedown(items=items), **WHO)
    assert entries == [(one.kind, one.reference) for one in opened.items]
    migrate.downgrade(catalog_url, revision="0014")
    migrate.upgrade(catalog_url)
    with Catalog.open(catalog_url) as catalog:
        items = catalog.takedowns.get(opened.id).items

    assert [("suspect", "web/in@1")] == [(one.kind, one.reference) for one in items]
    assert [] == migrate.check(catalog_url)


def test_sealed_rows_stay_sealed_after_a_rebuild(catalog_url):
    populate(catalog_url)
    migrate.downgrade(catalog_url, revision="0001")
    database = Database(catalog_url)

    with (
        closing(database),
        pytest.raises(Exception, match="version is sealed"),
        database.writing() as connection,
    ):
        connection.exec_driver_sql("UPDATE version SET num_bytes = 0")


def test_a_catalog_with_embeddings_stays_where_it_is(catalog_url):
    with Catalog.open(catalog_url) as catalog:
        draft = make_draft().model_copy(update={"content": Content.EMBEDDINGS})
        catalog.versions.seal(draft, run=make_run(), **WHO)

    with pytest.raises(IntegrityError, match="ck_version_content"):
        migrate.downgrade(catalog_url, revision="0003")
    assert [] == migrate.check(catalog_url)


def test_a_catalog_with_a_retraction_stays_where_it_is(catalog_url):
    with Catalog.open(catalog_url) as catalog:
        catalog.models.add(make_model(), **WHO)
        catalog.versions.seal(make_draft(generation=make_generation()), run=make_run(), **WHO)
        catalog.generations.retract(ref("web/cc@1"), role=None, model=None, reason="no", **WHO)

    with pytest.raises(ValueError, match="would stand again"):
        migrate.downgrade(catalog_url, revision="0011")
    assert [] == migrate.check(catalog_url)


def test_going_down_to_base_leaves_nothing_of_ours(catalog_url):
    populate(catalog_url)
    migrate.downgrade(catalog_url, revision="base")
    database = Database(catalog_url)
    with closing(database), database.reading() as connection:
        left = set(inspect(connection).get_table_names())

    assert {"muster_revision"} == left
    assert migrate.current(catalog_url) is None
    assert EXPECTED == migrate.upgrade(catalog_url).after


def test_upgrading_twice_is_upgrading_once(catalog_url, tmp_path):
    files = set(tmp_path.iterdir())
    again = migrate.upgrade(catalog_url)

    assert (EXPECTED, EXPECTED, None) == (again.before, again.after, again.backup)
    assert files == {path for path in tmp_path.iterdir() if path.suffix == ".db"}


def test_an_empty_database_goes_all_the_way(empty_url):
    upgrade = migrate.upgrade(empty_url)

    assert (None, EXPECTED, None) == (upgrade.before, upgrade.after, upgrade.backup)
    assert EXPECTED == migrate.current(empty_url)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_populated_file_is_copied_beside_itself_first(catalog_url, tmp_path):
    populate(catalog_url)
    migrate.downgrade(catalog_url, revision="0001")
    rows = snapshot(catalog_url)
    backup = migrate.upgrade(catalog_url).backup
    copy = f"sqlite:///{backup}"

    assert tmp_path == backup.parent
    assert ("0001", rows) == (migrate.current(copy), snapshot(copy))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_second_copy_does_not_replace_the_first(catalog_url):
    backups = []
    for _ in range(2):
        migrate.downgrade(catalog_url, revision="0001")
        backups.append(migrate.upgrade(catalog_url).backup)

    assert backups[0] != backups[1]
    assert all(backup.exists() for backup in backups)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_no_file_is_copied_on_a_server(catalog_url):
    migrate.downgrade(catalog_url, revision="0001")

    assert migrate.upgrade(catalog_url).backup is None


def test_what_nobody_stated_is_told_from_what_somebody_did(catalog_url):
    populate(catalog_url)
    with Catalog.open(catalog_url) as catalog:
        seal(catalog, "web/none", "none")
        seal(catalog, "web/stated", "stated", licence="MIT", inputs=("web/none@1",))
        before = bases(catalog)
    migrate.downgrade(catalog_url, revision="0003")
    migrate.upgrade(catalog_url)

    with Catalog.open(catalog_url) as catalog:
        assert ["inherited", "stated", "unstated", "stated"] == before == bases(catalog)


def bases(catalog):
    names = ("web/cc", "web/in", "web/none", "web/stated")
    return [catalog.licences.list_for(ref(name))[0].basis for name in names]


def test_going_down_lets_the_newest_assertion_hold(catalog_url):
    populate(catalog_url)
    with Catalog.open(catalog_url) as catalog:
        for expression, by, confidence in (("CC0-1.0", "bob", "high"), ("ISC", "eve", "low")):
            statement = make_statement(expression, by=by, confidence=confidence)
            catalog.licences.state(ref("web/in"), statement, **WHO)
        held = catalog.versions.get(ref("web/in")).licence
    migrate.downgrade(catalog_url, revision="0003")
    database = Database(catalog_url)
    with closing(database), database.reading() as connection:
        query = (
            "SELECT expression FROM licence_assertion JOIN version ON version.id = version_id "
            "WHERE superseded_by IS NULL AND version_id = 1"
        )
        newest = connection.exec_driver_sql(query).scalar_one()

    assert ("CC0-1.0", "ISC") == (held, newest)


def test_what_a_model_wrote_is_a_suspect_where_nothing_else_is_known(catalog_url):
    populate(catalog_url)
    items = [{"kind": "tainted", "reference": "web/cc@1", "num_documents": 0, "num_copies": 0}]
    with Catalog.open(catalog_url) as catalog:
        catalog.takedowns.open(make_takedown(items=items), **WHO)
    migrate.downgrade(catalog_url, revision="0011")
    migrate.upgrade(catalog_url)
    with Catalog.open(catalog_url) as catalog:
        (item,) = catalog.takedowns.get(2).items

    assert ("suspect", None) == (item.kind, item.num_copies)


def test_an_upgrade_that_fails_changes_nothing(catalog_url):
    populate(catalog_url)
    migrate.downgrade(catalog_url, revision="0001")
    before = snapshot(catalog_url)
    database = Database(catalog_url)
    with closing(database), database.writing() as connection:
        # The name that 0002 is about to take.
        connection.exec_driver_sql("CREATE TABLE dataset_fts (id integer)")

    with pytest.raises(Exception, match="dataset_fts"):
        migrate.upgrade(catalog_url)
    assert ("0001", before) == (migrate.current(catalog_url), snapshot(catalog_url))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_rows_that_refer_to_nothing_stop_a_migration(catalog_url, tmp_path):
    populate(catalog_url)
    migrate.downgrade(catalog_url, revision="0001")
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as connection:
        connection.execute("INSERT INTO tag VALUES (1, 'lost', 999)")
        connection.commit()

    with pytest.raises(ConflictError, match="tag -> version"):
        migrate.upgrade(catalog_url)
    assert "0001" == migrate.current(catalog_url)


def test_an_unknown_revision_is_not_upgraded(catalog_url):
    database = Database(catalog_url)
    with closing(database), database.writing() as connection:
        connection.exec_driver_sql("UPDATE muster_revision SET version_num = '9999'")

    with pytest.raises(SchemaRevisionError) as caught:
        migrate.upgrade(catalog_url)
    assert "pip install --upgrade muster-catalog" == caught.value.hint


def test_a_revision_that_does_not_exist_is_bad_input(catalog_url):
    with pytest.raises(InputError, match="no revision '7'"):
        migrate.upgrade(catalog_url, revision="7")


def test_what_is_wrong_is_found(catalog_url, engine):
    populate(catalog_url)
    database = Database(catalog_url)
    on = " ON shard" if engine == "postgresql" else ""
    with closing(database), database.writing() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER shard_update_refused{on}")
        connection.exec_driver_sql("UPDATE shard SET num_bytes = num_bytes + 1")
        connection.exec_driver_sql("UPDATE dataset SET head = 7 WHERE name = 'web/cc'")
        connection.exec_driver_sql("DROP INDEX ix_dataset_space")
    findings = "\n".join(migrate.check(catalog_url))

    assert "ix_dataset_space" in findings
    assert "trigger shard_update_refused is missing" in findings
    assert "1 x dataset whose head is not its newest version: web/cc" in findings
    assert "2 x version whose shards do not add up: " in findings


def test_a_check_does_not_wait_for_a_writer(catalog_url, monkeypatch):
    monkeypatch.setattr("registry.catalog.engine._BUSY_SECONDS", 0.05)
    populate(catalog_url)
    database = Database(catalog_url)
    with closing(database), database.writing() as connection, ThreadPoolExecutor(1) as pool:
        connection.exec_driver_sql("UPDATE dataset SET description = 'being written'")

        assert [] == pool.submit(migrate.check, catalog_url).result(timeout=30)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_trigger_that_is_switched_off_is_missing(catalog_url):
    database = Database(catalog_url)
    with closing(database), database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE shard DISABLE TRIGGER shard_update_refused")

    assert ["shard_update_refused"] == missing_triggers(catalog_url)


def test_an_older_database_is_not_clean(empty_url):
    migrate.upgrade(empty_url, revision="0001")

    assert [f"the schema is at revision 0001, expected {EXPECTED}"] == migrate.check(empty_url)


def test_two_upgrades_at_once_are_one(empty_url):
    with ThreadPoolExecutor(2) as pool:
        after = [one.after for one in pool.map(migrate.upgrade, [empty_url, empty_url])]

    assert [EXPECTED, EXPECTED] == after
    assert [] == migrate.check(empty_url)


def test_no_migration_imports_the_classes_of_today():
    for script in sorted((migrate.find_scripts() / "versions").glob("*.py")):
        source = script.read_text()

        assert "registry" not in source.replace("registry.catalog.search", ""), script.name
        assert "astext_type=" not in source
        assert "text('1')" not in source


def test_words_are_folded_alike_in_migration_and_search():
    script = ScriptDirectory(str(migrate.find_scripts())).get_revision("0002").module
    texts = ("web/Crème-brûlée", "ǅ ß İ 日本 _x_ " + "y" * 100)

    assert " ".join(fold(*texts)) == script.fold(*texts)
