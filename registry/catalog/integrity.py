"""Facts that would contradict each other, looked for one by one and named."""

from sqlalchemy import Connection, text

from registry.catalog.audit import find_broken_entry

_NAMED = """
WITH sealed AS (
    SELECT version.*, dataset.name || '@' || version.number AS reference
    FROM version JOIN dataset ON dataset.id = version.dataset_id
), account AS (
    SELECT ledger_entry.*, run.public_id AS run,
        coalesce(sum(ledger_rejection.num_documents), 0) AS documents_rejected,
        coalesce(sum(ledger_rejection.num_bytes), 0) AS bytes_rejected
    FROM ledger_entry JOIN run ON run.id = ledger_entry.run_id
    LEFT JOIN ledger_rejection ON ledger_rejection.run_id = ledger_entry.run_id
        AND ledger_rejection.position = ledger_entry.position
    GROUP BY ledger_entry.run_id, ledger_entry.position, run.public_id
)
"""
"""What the queries select from: versions by reference, and steps with all that they rejected."""

_CONTRADICTIONS = {
    "dataset whose head is not its newest version": """
        SELECT name FROM dataset WHERE head <> (
            SELECT coalesce(max(number), 0) FROM version WHERE dataset_id = dataset.id)""",
    "version without a current licence assertion": """
        SELECT reference FROM sealed WHERE NOT EXISTS (
            SELECT 1 FROM licence_assertion
            WHERE version_id = sealed.id AND superseded_by IS NULL)""",
    "version whose shards do not add up": """
        SELECT reference FROM sealed
        WHERE (num_shards, num_bytes, num_documents, num_text_bytes) <> (
            SELECT count(*), coalesce(sum(shard.num_bytes), 0),
            coalesce(sum(shard.num_documents), 0), coalesce(sum(shard.num_text_bytes), 0)
            FROM shard WHERE version_id = sealed.id)""",
    "version that was derived in another way than its run": """
        SELECT reference FROM sealed JOIN run ON run.id = sealed.run_id
        WHERE derivation_digest <> run.derivation""",
    "version of whose sealing the audit log knows nothing": """
        SELECT reference FROM sealed LEFT JOIN audit_log
        ON audit_log.entity = reference AND audit_log.action = 'version.seal'
        WHERE audit_log.id IS NULL""",
    "licence assertion superseded by nothing": """
        SELECT CAST(one.id AS TEXT) FROM licence_assertion AS one
        LEFT JOIN licence_assertion AS newer ON newer.id = one.superseded_by
        WHERE one.superseded_by IS NOT NULL AND newer.id IS NULL""",
    "token count superseded by nothing": """
        SELECT CAST(one.id AS TEXT) FROM token_count AS one
        LEFT JOIN token_count AS newer ON newer.id = one.superseded_by
        WHERE one.superseded_by IS NOT NULL AND newer.id IS NULL""",
    "tag on a version of another dataset": """
        SELECT tag.name FROM tag JOIN version ON version.id = tag.version_id
        WHERE version.dataset_id <> tag.dataset_id""",
    "step whose books do not balance, in run": """
        SELECT run FROM account WHERE documents_in <> documents_kept + documents_rejected
        OR bytes_in <> bytes_kept_in + bytes_rejected""",
    "step that takes in something else than the one before kept, in run": """
        SELECT later.run FROM account JOIN account AS later
        ON later.run_id = account.run_id AND later.position = account.position + 1
        WHERE (account.documents_kept, account.bytes_kept)
            <> (later.documents_in, later.bytes_in)""",
}
"""What must never be, and the portable query that names it.

Joins and no `NOT IN`, which PostgreSQL goes through row by row once a list is long.
"""

_NUM_NAMES = 3
"""How many of a kind a finding names."""


def find_contradictions(connection: Connection) -> list[str]:
    """Return each contradiction in words: how often it was found, and where first."""
    findings = []
    for what, query in _CONTRADICTIONS.items():
        names = connection.execute(text(_NAMED + query)).scalars().all()
        if names:
            more = ", ..." if len(names) > _NUM_NAMES else ""
            findings.append(f"{len(names)} x {what}: {', '.join(names[:_NUM_NAMES])}{more}")
    broken = find_broken_entry(connection)
    if broken is not None:
        findings.append(f"the audit log is broken at entry {broken}")
    return findings + _find_damage(connection)


def _find_damage(connection: Connection) -> list[str]:
    """Return what SQLite itself finds wrong with its file."""
    if connection.dialect.name != "sqlite":
        return []
    damage = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    findings = [f"file: {line}" for line in damage if line != "ok"]
    return findings + [f"{row[0]} row {row[1]} refers to no {row[2]}" for row in broken]
