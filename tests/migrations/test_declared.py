"""The tables as the classes declare them are the tables as they are migrated."""

from contextlib import closing

from sqlalchemy import inspect, text

from registry.catalog.engine import Database
from registry.catalog.tables import Row
from registry.domain.cost import CostKind
from registry.domain.count import CountMethod
from registry.domain.digest import fingerprint
from registry.domain.generation import Role
from registry.domain.licence import Basis, Confidence
from registry.domain.measurement import MeasurementKind
from registry.domain.run import Operation, RunState
from registry.domain.takedown import ActionKind, ItemKind, SelectorKind
from registry.domain.tokenizer import TokenizerEngine, TokenizerKind
from registry.domain.version import (
    Content,
    DatasetKind,
    Lifecycle,
    VersionState,
)

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
