"""The roles of a PostgreSQL catalog as grants: what a reader, a writer and an admin may do.

Made from the tables and from what their triggers let change, so that none of the three drifts.
"""

import re
from collections.abc import Iterator

from registry.catalog.revision import EXPECTED, VERSION_TABLE
from registry.catalog.tables import Row
from registry.catalog.triggers import ALLOWED_CHANGES
from registry.errors import InputError

_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,40}")

_CHANGED = ("dataset", "run", "tag")
"""Tables whose rows change: descriptions and heads, until closed, and where a name points.
`ALLOWED_CHANGES` has the columns that change of others."""

_DELETED = ("tag",)
"""Tables from which rows go: a name that is taken away from a version."""


def write_role_script(prefix: str) -> str:
    """Return the SQL script that makes and grants the three roles; it can be run again.

    Raises:
        InputError: The prefix is no plain name.
    """
    if not _PREFIX.fullmatch(prefix):
        raise InputError(
            f"{prefix!r} is no beginning of a role's name", hint="small letters, digits and _"
        )
    return "\n".join(_statements(prefix))


def _statements(prefix: str) -> Iterator[str]:
    reader, writer, admin = (f"{prefix}_{role}" for role in ("reader", "writer", "admin"))
    tables = [table.name for table in Row.metadata.sorted_tables]
    everything = ", ".join((*tables, VERSION_TABLE))
    yield f"-- Roles of a muster catalog at revision {EXPECTED}; run as a superuser."
    for role in (reader, writer, admin):
        yield _make(role)
    yield f"GRANT {reader} TO {writer};"
    yield f"GRANT {writer} TO {admin};"
    yield _on_schema("GRANT USAGE", reader)
    yield _on_schema("GRANT USAGE, CREATE", admin)
    for table in (*tables, VERSION_TABLE):
        yield f"ALTER TABLE {table} OWNER TO {admin};"
    yield f"ALTER FUNCTION muster_refuse() OWNER TO {admin};"
    yield f"REVOKE ALL ON {everything} FROM PUBLIC, {reader}, {writer};"
    yield f"GRANT SELECT ON {everything} TO {reader};"
    yield f"GRANT INSERT ON {', '.join(tables)} TO {writer};"
    yield f"GRANT UPDATE ON {', '.join(_CHANGED)} TO {writer};"
    for table, (column, _) in ALLOWED_CHANGES.items():
        yield f"GRANT UPDATE ({column}) ON {table} TO {writer};"
    yield f"GRANT DELETE ON {', '.join(_DELETED)} TO {writer};"
    yield _on_sequences(tables, writer)


def _make(role: str) -> str:
    return (
        f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    )


def _on_schema(grant: str, role: str) -> str:
    return (
        f"DO $$ BEGIN EXECUTE format('{grant} ON SCHEMA %I TO {role}', current_schema()); END $$;"
    )


def _on_sequences(tables: list[str], role: str) -> str:
    """Return the grant of the sequences by which rows are numbered, whatever their names are."""
    numbered = [name for name in tables if "id" in Row.metadata.tables[name].c]
    listed = ", ".join(f"'{name}'" for name in numbered)
    return (
        "DO $$ DECLARE owner text; BEGIN\n"
        f"  FOREACH owner IN ARRAY ARRAY[{listed}] LOOP\n"
        "    IF pg_get_serial_sequence(owner, 'id') IS NOT NULL THEN\n"
        "      EXECUTE 'GRANT USAGE, SELECT ON SEQUENCE '\n"
        f"        || pg_get_serial_sequence(owner, 'id') || ' TO {role}';\n"
        "    END IF;\n"
        "  END LOOP;\nEND $$;"
    )
