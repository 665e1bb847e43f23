"""Sealed facts refuse every change that is not theirs to make."""

import pytest
from sqlalchemy.exc import IntegrityError

from registry.catalog.catalog import Catalog
from registry.catalog.tables import Row
from registry.catalog.triggers import ALLOWED_CHANGES, APPEND_ONLY, list_triggers
from registry.domain.card import Card
from registry.domain.model_target import Target
from registry.domain.takedown import ActionKind
from registry.domain.version import Metric, SourceFacts
from tests.catalog.factories import (
    LATER,
    WHO,
    make_cost,
    make_count,
    make_draft,
    make_engine_check,
    make_entry,
    make_erased_object,
    make_generation,
    make_measurement,
    make_model,
    make_recipe,
    make_run,
    make_shard,
    make_subject,
    make_takedown,
    make_tokenizer,
    ref,
    seal,
)
from tests.conftest import ENGINES
from tests.reporting.factories import make_report

SEALED = (*APPEND_ONLY, *ALLOWED_CHANGES, "run")
ALLOWED = {
    "state": "'withdrawn'",
    "superseded_by": "1000",
    "retracted_at": "'2020-01-01 00:00:00.000000+00:00'",
}


@pytest.fixture(scope="module", params=ENGINES)
def full(request, lend_catalog_url, tmp_path_factory):
    """A catalog with a row in every sealed table; no test changes it."""
    path = tmp_path_factory.mktemp("full") / "catalog.db"
    with lend_catalog_url(request.param, path) as url, Catalog.open(url) as catalog:
        fill(catalog)
        yield catalog


def fill(catalog):
    catalog.tokenizers.add(make_tokenizer(), **WHO)
    catalog.engine_checks.record(make_engine_check(), **WHO)
    catalog.targets.keep(Target(name="flagship", parameters=7), **WHO)
    catalog.reports.keep(make_report(), **WHO)
    seal(catalog, "web/in")
    catalog.costs.add(make_cost(), subject=make_subject("web/in"), **WHO)
    catalog.models.add(make_model(trained_on=("web/in@1",)), **WHO)
    catalog.takedowns.open(make_takedown("web/in@1"), **WHO)
    catalog.takedowns.act(1, ActionKind.EXEMPTED, items=[1], note="why", **WHO)
    catalog.erasures.record(1, [make_erased_object()], **WHO)
    draft = make_draft(
        inputs=("web/in@1",),
        taken=(("web/in@1", 10),),
        generation=make_generation(grounded_in=("web/in@1",)),
        recipe=make_recipe(),
        languages=("en",),
        sources=(SourceFacts(kind="file", uri="/data"),),
        ledger=(make_entry(),),
        metrics=(Metric(name="m", value=1.0),),
        input_counts=(("web/in@1", make_count()),),
    )
    catalog.versions.seal(draft, run=make_run(), **WHO)
    run = catalog.runs.open(make_run("measure"), inputs=["web/in@1"])
    catalog.runs.finish(run.id, measured=[("web/in@1", make_measurement())], **WHO)
    moved = (make_shard(uri="/new/part-0.jsonl"),)
    catalog.versions.seal(draft.model_copy(update={"shards": moved}), run=make_run(), **WHO)


def attempt(catalog, statement):
    """Run a statement and take back what it did; return the number of rows that it changed."""
    with catalog._database._writers.connect() as connection, connection.begin() as attempted:
        changed = connection.exec_driver_sql(statement).rowcount
        attempted.rollback()
        return changed


@pytest.mark.parametrize("table", SEALED)
def test_a_sealed_table_has_rows_to_protect(full, table):
    with full._database.reading() as connection:
        assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() > 0


@pytest.mark.parametrize("table", SEALED)
def test_no_sealed_row_can_be_deleted(full, table):
    with pytest.raises(IntegrityError, match=f"{table} is sealed: delete refused"):
        attempt(full, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", [*APPEND_ONLY, "run"])
def test_no_sealed_row_can_be_updated(full, table):
    # An assignment of the same value is a write all the same.
    column = next(iter(Row.metadata.tables[table].columns)).name

    with pytest.raises(IntegrityError, match=f"{table} is sealed: update refused"):
        attempt(full, f"UPDATE {table} SET {column} = {column}")


def guarded_columns():
    for table, (allowed, _) in ALLOWED_CHANGES.items():
        for column in Row.metadata.tables[table].columns:
            if column.name != allowed:
                yield pytest.param(table, column, id=f"{table}.{column.name}")


@pytest.mark.parametrize(("table", "column"), list(guarded_columns()))
def test_no_other_column_changes_even_along_with_the_allowed_one(full, table, column):
    name, allowed = column.name, ALLOWED_CHANGES[table][0]
    if column.type.python_type in {int, float}:
        changed = f"coalesce({name}, 0) + 1"
    elif name.endswith("_at"):
        changed = "'2020-01-01 00:00:00.000000+00:00'"
    elif column.name == "sampling":
        changed = "'[1]'"
    else:
        changed = f"coalesce({name}, '') || 'x'"

    with pytest.raises(IntegrityError, match=f"{table} is sealed: update refused"):
        attempt(full, f"UPDATE {table} SET {allowed} = {ALLOWED[allowed]}, {name} = {changed}")


@pytest.mark.parametrize("table", ALLOWED_CHANGES)
def test_the_allowed_column_changes(full, table):
    allowed = ALLOWED_CHANGES[table][0]

    assert 1 == attempt(full, f"UPDATE {table} SET {allowed} = {ALLOWED[allowed]} WHERE id = 1")


def test_a_withdrawn_version_stays_withdrawn(catalog):
    seal(catalog, "web/cc")
    catalog.versions.withdraw(ref("web/cc"), reason="takedown", **WHO)

    with pytest.raises(IntegrityError, match="version is sealed"):
        attempt(catalog, "UPDATE version SET state = 'sealed' WHERE state = 'withdrawn'")


def test_what_is_superseded_stays_superseded(catalog):
    seal(catalog, "web/in")
    catalog.tokenizers.add(make_tokenizer(), **WHO)
    for number in (6, 7):
        catalog.counts.record(ref("web/in"), make_count(num_tokens=number), run=None, **WHO)

    with pytest.raises(IntegrityError, match="token_count is sealed"):
        attempt(
            catalog, "UPDATE token_count SET superseded_by = NULL WHERE superseded_by IS NOT NULL"
        )


def test_of_two_assertions_never_both_hold(catalog):
    seal(catalog, "web/cc")
    catalog.datasets.describe(ref("web/cc"), Card(licence="MIT"), **WHO)

    with pytest.raises(IntegrityError, match="licence_assertion"):
        attempt(
            catalog,
            "UPDATE licence_assertion SET superseded_by = NULL WHERE superseded_by IS NOT NULL",
        )


def test_an_open_run_can_be_closed_and_a_closed_one_not_opened(catalog):
    run = catalog.runs.open(make_run())
    catalog.runs.finish(run.id, at=LATER, actor="ada")

    with pytest.raises(IntegrityError, match="run is sealed"):
        attempt(catalog, "UPDATE run SET state = 'open', finished_at = NULL")


@pytest.mark.parametrize("full", ["sqlite"], indirect=True)
def test_replacing_a_sealed_row_is_refused(full):
    with pytest.raises(IntegrityError, match="metric is sealed"):
        attempt(full, "REPLACE INTO metric SELECT version_id, name, run_id, 9 FROM metric")


@pytest.mark.parametrize("full", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", SEALED)
def test_a_sealed_table_cannot_be_truncated(full, table):
    with pytest.raises(IntegrityError, match=f"{table} is sealed: truncate refused"):
        attempt(full, f"TRUNCATE {table} CASCADE")


def test_a_parent_that_is_younger_than_its_child_is_refused(full):
    with pytest.raises(IntegrityError, match="ck_lineage_edge_acyclic"):
        attempt(full, "INSERT INTO lineage_edge (parent_id, child_id, run_id) VALUES (2, 1, 1)")


def test_every_fact_table_is_protected_or_meant_to_change():
    mutable = {"dataset", "owner", "tag"}

    assert {*SEALED} | mutable == set(Row.metadata.tables)
    assert {f"{table}_delete_refused" for table in SEALED} <= list_triggers("sqlite").keys()
