"""Facts that would contradict each other, looked for one by one."""

from sqlalchemy import Connection, text

from registry.catalog.audit import find_broken_entry

_CONTRADICTIONS = {
    "datasets whose head is not their newest version": """
        SELECT count(*) FROM dataset WHERE head <> (
            SELECT coalesce(max(number), 0) FROM version WHERE dataset_id = dataset.id)""",
    "versions without a current licence assertion": """
        SELECT count(*) FROM version WHERE NOT EXISTS (
            SELECT 1 FROM licence_assertion
            WHERE version_id = version.id AND superseded_by IS NULL)""",
    "versions whose shards do not add up": """
        SELECT count(*) FROM version WHERE (num_shards, num_bytes) <> (
            SELECT count(*), coalesce(sum(num_bytes), 0) FROM shard
            WHERE version_id = version.id)""",
    "licence assertions superseded by nothing": """
        SELECT count(*) FROM licence_assertion WHERE superseded_by IS NOT NULL
        AND superseded_by NOT IN (SELECT id FROM licence_assertion)""",
    "token counts superseded by nothing": """
        SELECT count(*) FROM token_count WHERE superseded_by IS NOT NULL
        AND superseded_by NOT IN (SELECT id FROM token_count)""",
    "tags on versions of another dataset": """
        SELECT count(*) FROM tag JOIN version ON version.id = tag.version_id
        WHERE version.dataset_id <> tag.dataset_id""",
}
"""What must never be, and the portable query that counts it."""


def find_contradictions(connection: Connection) -> list[str]:
    """Return each contradiction in words, with how often it was found."""
    findings = []
    for what, query in _CONTRADICTIONS.items():
        number = connection.execute(text(query)).scalar_one()
        if number:
            findings.append(f"{number} {what}")
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
