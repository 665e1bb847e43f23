import pytest

from registry.catalog.audit import GENESIS, _hash
from registry.domain.digest import digest_of_bytes
from tests.catalog.factories import AT, WHO, ref, seal


@pytest.fixture
def tamper(catalog, engine):
    """Run a statement on the audit log as somebody would who can switch triggers off."""

    def run(statement):
        with catalog._database._engine.connect() as connection:
            for event in ("update", "delete"):
                name = f"audit_log_{event}_refused"
                on = "" if engine == "sqlite" else " ON audit_log"
                connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")
            connection.exec_driver_sql(statement)
            connection.commit()

    return run


@pytest.fixture
def logged(catalog):
    """A catalog with four entries."""
    for number in range(4):
        seal(catalog, content=str(number))
    return catalog


def test_each_entry_holds_the_hash_of_the_one_before(logged):
    entries = logged.audit.list()[::-1]

    assert [1, 2, 3, 4] == [entry.id for entry in entries]
    assert [GENESIS, *(entry.hash for entry in entries[:-1])] == [
        entry.previous_hash for entry in entries
    ]
    assert digest_of_bytes(b"") == GENESIS


def test_an_entry_says_who_did_what_and_when(logged):
    entry = logged.audit.list(1)[0]

    assert ("ada", AT, "version.seal", "web/cc@4") == (
        entry.actor,
        entry.at,
        entry.action,
        entry.entity,
    )
    assert logged.versions.get(ref("web/cc")).digest == entry.detail["digest"]


def test_an_untouched_log_is_whole(logged):
    assert logged.audit.verify() is None


def test_an_empty_log_is_whole(catalog):
    assert catalog.audit.verify() is None


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'eve'",
        "action = 'version.withdraw'",
        "entity = 'web/other@1'",
        "detail = '{}'",
        "at = '2026-11-22 12:30:15.123457+00:00'",
        "previous_hash = 'sha256:0'",
        "hash = 'sha256:0'",
        "id = 9",
    ],
)
def test_a_changed_field_is_found(logged, tamper, change):
    tamper(f"UPDATE audit_log SET {change} WHERE id = 3")

    assert logged.audit.verify() in {3, 4}


def test_a_removed_entry_is_found(logged, tamper):
    tamper("DELETE FROM audit_log WHERE id = 2")

    assert 3 == logged.audit.verify()


def test_an_entry_forged_with_its_right_hash_breaks_the_chain_at_the_next(logged, tamper):
    entry = next(one for one in logged.audit.list() if one.id == 2)
    forged = _hash({**entry.model_dump(), "actor": "eve", "detail": "{}"})
    tamper(f"UPDATE audit_log SET actor = 'eve', detail = '{{}}', hash = '{forged}' WHERE id = 2")

    assert 3 == logged.audit.verify()


def test_writing_the_log_costs_one_select(catalog, statements):
    seal(catalog)
    statements.clear()
    catalog.datasets.tag(ref("web/cc"), "gold", **WHO)
    reads = [one for one in statements if "FROM audit_log" in one]

    assert 1 == len(reads)


def test_a_long_log_is_verified_page_by_page(catalog, monkeypatch):
    monkeypatch.setattr("registry.catalog.audit._PAGE", 2)
    for number in range(5):
        seal(catalog, content=str(number))

    assert catalog.audit.verify() is None
