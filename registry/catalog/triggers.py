"""The triggers that hold sealed facts to what was written, on both engines.

The migrations carry a frozen copy of what this module gives; a test holds the two equal.
"""

from sqlalchemy import Connection, text

from registry.catalog.tables import Row

APPEND_ONLY = (
    "audit_log",
    "cost_entry",
    "engine_check",
    "erased_object",
    "generation_grounding",
    "ledger_entry",
    "ledger_rejection",
    "lineage_edge",
    "measurement",
    "metric",
    "mixture_part",
    "model",
    "model_training",
    "recipe",
    "report",
    "run_input",
    "run_output",
    "schema_definition",
    "shard",
    "shard_location",
    "source",
    "target",
    "takedown",
    "takedown_action",
    "takedown_document",
    "takedown_item",
    "tokenizer",
    "version_language",
    "version_source",
)
"""Tables whose rows never change and never go."""

ALLOWED_CHANGES = {
    "generation": ("retracted_at", "OLD.retracted_at IS NULL AND NEW.retracted_at IS NOT NULL"),
    "licence_assertion": ("superseded_by", "1 = 1"),
    "token_count": ("superseded_by", "OLD.superseded_by IS NULL"),
    "version": ("state", "OLD.state = 'sealed' AND NEW.state = 'withdrawn'"),
}
"""The one column of a table that may change, and when; all else stays, and no row goes."""

REFUSAL = """
CREATE FUNCTION muster_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is sealed: % refused', TG_TABLE_NAME, lower(TG_OP)
    USING ERRCODE = 'integrity_constraint_violation';
END $$
""".strip()
"""The PostgreSQL function that every trigger calls."""


def list_triggers(dialect: str) -> dict[str, str]:
    """Return the statement that makes each trigger, by the trigger's name."""
    return {
        f"{table}_{event}_refused": _statement(dialect, table, event, condition)
        for table, events in _refusals(dialect).items()
        for event, condition in events.items()
    }


def find_missing(connection: Connection) -> list[str]:
    """Return the names of triggers that are absent, switched off or not as they were made."""
    expected = list_triggers(connection.dialect.name)
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        installed = {row.name: row.sql for row in connection.execute(text(query))}
        return sorted(name for name, sql in expected.items() if installed.get(name) != sql)
    # PostgreSQL prints a trigger in words of its own, so the name and what it calls must do.
    query = (
        "SELECT tgname FROM pg_trigger WHERE tgfoid = to_regproc('muster_refuse') "
        "AND tgenabled IN ('O', 'A')"
    )
    return sorted(expected.keys() - set(connection.execute(text(query)).scalars()))


def _refusals(dialect: str) -> dict[str, dict[str, str]]:
    """Return for each table the refused events and the condition of refusal; empty: always."""
    always = {"update": "", "delete": ""}
    refusals = {table: dict(always) for table in APPEND_ONLY}
    for table, (column, allowed) in ALLOWED_CHANGES.items():
        others = [c.name for c in Row.metadata.tables[table].columns if c.name != column]
        unchanged = _same(dialect, others)
        refusals[table] = {"update": f"NOT ({allowed} AND {unchanged})", "delete": ""}
    refusals["run"] = {"update": "OLD.state <> 'open'", "delete": ""}
    if dialect == "postgresql":
        for events in refusals.values():
            events["truncate"] = ""
    return refusals


def _same(dialect: str, columns: list[str]) -> str:
    operator = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
    old = ", ".join(f"OLD.{column}" for column in columns)
    new = ", ".join(f"NEW.{column}" for column in columns)
    return f"({old}) {operator} ({new})"


def _statement(dialect: str, table: str, event: str, condition: str) -> str:
    name = f"{table}_{event}_refused"
    when = f" WHEN ({condition})" if condition else ""
    if dialect == "sqlite":
        return (
            f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table} FOR EACH ROW{when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is sealed: {event} refused'); END"
        )
    each = "STATEMENT" if event == "truncate" else "ROW"
    return (
        f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table} FOR EACH {each}{when} "
        "EXECUTE FUNCTION muster_refuse()"
    )
