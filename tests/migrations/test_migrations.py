"""Migrations on populated databases: no row is lost, no trigger is missing, nothing drifts."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from registry.catalog.engine import Database
from registry.catalog.revision import EXPECTED, REVISIONS
from registry.catalog.search import fold
from registry.catalog.tables import Row
from registry.catalog.triggers import find_missing
from registry.domain.cost import CostKind
from registry.domain.count import CountMethod
from registry.domain.digest import fingerprint
from registry.domain.generation import Role
from registry.domain.licence import Basis, Confidence
from registry.domain.measurement import MeasurementKind
from registry.domain.model_target import Target
from registry.domain.run import Operation, RunState
from registry.domain.takedown import ActionKind, ItemKind, SelectorKind
from registry.domain.tokenizer import TokenizerEngine, TokenizerKind
from registry.domain.version import (
    Content,
    DatasetKind,
    Lifecycle,
    Metric,
    SourceFacts,
    VersionState,
)
from registry.errors import ConflictError, InputError, SchemaRevisionError
from tests.catalog.factories import (
    WHO,
    make_cost,
    make_count,
    make_draft,
    make_engine_check,
    make_entry,
    make_generation,
    make_measurement,
    make_model,
    make_recipe,
    make_run,
    make_shard,
    make_statement,
    make_subject,
    make_takedown,
    make_tokenizer,
    ref,
    seal,
)
from tests.reporting.factories import make_report

ENUMERATIONS = {
    ("cost_entry", "kind"): CostKind,
    ("dataset", "kind"): DatasetKind,
    ("dataset", "lifecycle"): Lifecycle,
    ("licence_assertion", "basis"): Basis,
    ("licence_assertion", "confidence"): Confidence,
    ("generation", "role"): Role,
    ("measurement", "kind"): MeasurementKind,
    ("run", "operation"): Operation,
    ("run", "state"): RunState,
    ("takedown", "selector"): SelectorKind,
    ("takedown_action", "action"): ActionKind,
    ("takedown_item", "kind"): ItemKind,
    ("token_count", "method"): CountMethod,
    ("tokenizer", "engine"): TokenizerEngine,
    ("tokenizer", "kind"): TokenizerKind,
    ("version", "content"): Content,
    ("version", "state"): VersionState,
}


LATER_TABLES = {
    "cost_entry",
    "engine_check",
    "generation",
    "generation_grounding",
    "measurement",
    "mixture_part",
    "model",
    "model_training",
    "report",
    "target",
    "takedown",
    "takedown_action",
    "takedown_document",
    "takedown_item",
}
"""Made after 0001, so that they are not there at every revision."""

LATER_COLUMNS = {"words", "basis", "confidence", "evidence_digest", "reached", "etag"}
"""The same of columns."""

SHAPED_LATER = ("licence_assertion_update_", "generation_update_")
"""Triggers that guard such columns, so that they read otherwise at older revisions."""


def populate(url):
    """Put rows into every table."""
    with Catalog.open(url) as catalog:
        catalog.tokenizers.add(make_tokenizer(), **WHO)
        catalog.engine_checks.record(make_engine_check(), **WHO)
        catalog.targets.keep(Target(name="flagship", parameters=7), **WHO)
        catalog.reports.keep(make_report(), **WHO)
        seal(catalog, "web/in", licence="MIT", description="Crème brûlée.", owner="ada")
        catalog.costs.add(make_cost(), subject=make_subject("web/in"), **WHO)
        catalog.models.add(make_model(trained_on=("web/in@1",)), **WHO)
        draft = make_draft(
            inputs=("web/in@1",),
            taken=(("web/in@1", 10),),
            generation=make_generation(grounded_in=("web/in@1",)),
            recipe=make_recipe(),
            languages=("en",),
            sources=(
                SourceFacts(kind="file", uri="/data"),
                SourceFacts(kind="sql", uri="sqlite:///x", reached={"num_rows": 3}),
            ),
            ledger=(make_entry(),),
            metrics=(Metric(name="m", value=0.1),),
            input_counts=(("web/in@1", make_count()),),
            tags=("gold",),
        )
        catalog.versions.seal(draft, run=make_run(), **WHO)
        run = catalog.runs.open(make_run("measure"), inputs=["web/in@1"])
        catalog.runs.finish(run.id, measured=[("web/in@1", make_measurement())], **WHO)
        catalog.takedowns.open(make_takedown("web/in@1"), **WHO)
        catalog.takedowns.act(1, ActionKind.EXEMPTED, items=[1], note="why", **WHO)
        moved = (make_shard(uri="/new/part-0.jsonl"),)
        catalog.versions.seal(draft.model_copy(update={"shards": moved}), run=make_run(), **WHO)
        catalog.counts.record(ref("web/cc"), make_count(num_tokens=5), run=None, **WHO)


def snapshot(url):
    """Return every row of every table, without what migrations after the first add."""
    database = Database(url)
    with closing(database), database.reading() as connection:
        rows = {}
        for table in Row.metadata.tables.values():
            if table.name in LATER_TABLES:
                continue
            columns = [
                f'"{column.name}"' for column in table.columns if column.name not in LATER_COLUMNS
            ]
            found = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {table.name}")
            rows[table.name] = sorted(map(repr, found))
        return rows


def missing_triggers(url):
    database = Database(url)
    with closing(database), database.reading() as connection:
        missing = find_missing(connection)
        tables = inspect(connection).get_table_names()
    # A table that a later migration makes has no triggers yet.
    later = tuple(f"{table}_" for table in LATER_TABLES if table not in tables)
    at_head = migrate.current(url) == EXPECTED
    return [
        name
        for name in missing
        if not name.startswith((*later, "-", *(() if at_head else SHAPED_LATER)))
    ]


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


def test_every_enumeration_has_a_check_of_its_values(catalog_url):
    database = Database(catalog_url)
    with closing(database), database.reading() as connection:
        inspector = inspect(connection)
        for (table, column), values in ENUMERATIONS.items():
            checks = {one["name"]: one for one in inspector.get_check_constraints(table)}
            words = checks[f"ck_{table}_{column}"]["sqltext"].replace("::", " ").split("'")[1::2]

            assert {choice.value for choice in values} == set(words), (table, column)


def test_no_enumeration_is_left_out():
    declared = {
        (table.name, column.name): column.type.choices
        for table in Row.metadata.tables.values()
        for column in table.columns
        if hasattr(column.type, "choices")
    }

    assert declared == ENUMERATIONS


def reflect(url):
    """Return what a database says of its tables, without the full-text index."""
    database = Database(url)
    with closing(database), database.reading() as connection:
        inspector = inspect(connection)
        return {
            table: {
                "columns": [
                    {**column, "type": str(column["type"])}
                    for column in sorted(inspector.get_columns(table), key=lambda one: one["name"])
                ],
                "checks": {
                    one["name"]: one["sqltext"] for one in inspector.get_check_constraints(table)
                },
                "keys": inspector.get_pk_constraint(table),
                "foreign": sorted(map(str, inspector.get_foreign_keys(table))),
                "unique": sorted(one["name"] for one in inspector.get_unique_constraints(table)),
                "indexes": sorted(
                    (one["name"], one["column_names"], one["unique"], _condition(one))
                    for one in inspector.get_indexes(table)
                    if one["name"] != "dataset_fts"
                ),
            }
            for table in inspector.get_table_names()
            if table in Row.metadata.tables
        }


def _condition(index):
    options = index.get("dialect_options", {})
    return str(options.get("sqlite_where", options.get("postgresql_where")))


def test_a_new_catalog_holds_the_recipe_that_stands_for_none(catalog_url):
    database = Database(catalog_url)
    with closing(database), database.reading() as connection:
        query = text("SELECT id, name, fingerprint FROM recipe")

        assert [(0, "as-is", fingerprint("as-is"))] == connection.execute(query).all()


def test_the_tables_as_declared_are_the_tables_as_migrated(
    catalog_url, empty_url, engine, tmp_path
):
    if engine == "sqlite":
        empty_url = f"sqlite:///{tmp_path / 'declared.db'}"
    database = Database(empty_url)
    with closing(database), database.writing() as connection:
        Row.metadata.create_all(connection)

    assert reflect(empty_url) == reflect(catalog_url)


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
