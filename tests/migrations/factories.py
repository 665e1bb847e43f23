"""Databases with rows in every table, and what can be said of them at any revision."""

from contextlib import closing

from sqlalchemy import inspect

from registry.catalog import migrate
from registry.catalog.catalog import Catalog
from registry.catalog.engine import Database
from registry.catalog.revision import EXPECTED
from registry.catalog.tables import Row
from registry.catalog.triggers import find_missing
from registry.domain.model_target import Target
from registry.domain.takedown import ActionKind
from registry.domain.version import (
    Metric,
    SourceFacts,
)
from tests.catalog.factories import (
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
from tests.reporting.factories import make_report

LATER_TABLES = {
    "cost_entry",
    "engine_check",
    "erased_object",
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
        catalog.erasures.record(1, [make_erased_object()], **WHO)
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
