"""Whatever is no longer as it was sealed is found and named."""

from contextlib import closing

import pytest

from registry.catalog.engine import Database
from registry.domain.digest import digest_of_bytes
from tests.operations.factories import records, write_jsonl


@pytest.fixture
def filled(muster, tmp_path):
    rows = [*records(20), {"id": "bad", "text": 5}]
    file = write_jsonl(tmp_path / "in" / "a.jsonl", rows)
    muster.register([str(file)], name="web/cc")
    muster.normalize("web/cc", recipe="text-default")
    muster.tokenizers.train(["web/cc"], name="own", vocab_size=270)
    muster.tokenize("web/cc.text-default", tokenizer="own")
    return muster


def change(url, table, statement):
    """Change rows behind the triggers' back."""
    database = Database(url)
    with closing(database), database.writing() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_update_refused")
        else:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.exec_driver_sql(statement)


def found(muster):
    return {(one.subject, one.problem) for one in muster.verify_all().findings}


def test_what_is_as_it_was_sealed_is_intact(filled):
    answer = filled.verify_all()

    assert () == answer.findings
    assert (3, 2) == (answer.num_versions, answer.num_derivations)
    # 1, 1 and 3 files; two indexes, two objects of a count, the quarantine, the tokenizer.
    assert answer.num_files >= 10
    assert answer.num_entries == filled.verify_audit().num_entries


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_bytes_that_changed_or_are_gone_are_named(filled, context, tmp_path):
    (tmp_path / "in" / "a.jsonl").write_text("{}")
    index = filled.show("web/cc.text-default").version.document_index
    context.store.local_path_of(index).unlink()

    named = found(filled)

    assert ("web/cc@1 a.jsonl", f"holds other bytes: {digest_of_bytes(b'{}')}") in named
    assert any(subject == f"document index {index}" for subject, _ in named)
    assert 2 == len(named)


def test_rows_that_changed_are_named(filled, catalog_url):
    run = filled.show("web/cc.text-default").version.run
    change(catalog_url, "shard", "UPDATE shard SET path = 'x' || path WHERE position = 0")
    change(catalog_url, "run", f"UPDATE run SET derivation = 'other' WHERE public_id = '{run}'")
    change(catalog_url, "ledger_entry", "UPDATE ledger_entry SET documents_kept = 0")
    change(catalog_url, "token_count", "UPDATE token_count SET num_tokens = 7, num_tokens_low = 7")
    change(catalog_url, "audit_log", "UPDATE audit_log SET entity = 'web/x@1' WHERE id = 2")

    problems = "\n".join(f"{subject}: {problem}" for subject, problem in found(filled))

    assert "web/cc@1: the shards are not those of sha256:" in problems
    assert "1 x version that was derived in another way than its run: web/cc" in problems
    assert f"run {run}: its derivation is sha256:" in problems
    assert "step whose books do not balance, in run: " in problems
    assert "step that takes in something else than the one before kept, in run: " in problems
    assert "tokens, and 7 were counted" in problems
    assert "the audit log is broken at entry 2" in problems
    assert 2 == filled.verify_audit().broken


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_row_that_cannot_be_read_is_named_and_the_rest_verified(filled, catalog_url, tmp_path):
    change(
        catalog_url,
        "shard",
        """UPDATE shard SET reading = '{"format":"new"}' WHERE version_id = 1""",
    )
    (tmp_path / "in" / "a.jsonl").unlink()

    assert {("version with id 1", "reading.format 'new'")} == {
        (subject, problem.partition(": ")[0]) for subject, problem in found(filled)
    }


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_log_whose_end_was_cut_off_is_found(filled, catalog_url):
    last = filled.verify_audit().last_hash
    database = Database(catalog_url)
    with closing(database), database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_delete_refused")
        connection.exec_driver_sql("DELETE FROM audit_log WHERE id > 3")

    assert filled.verify_audit().is_intact
    assert last != filled.verify_audit().last_hash
    assert any(
        "version of whose sealing the audit log knows nothing: " in problem
        for _, problem in found(filled)
    )
