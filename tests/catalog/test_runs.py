import pytest

from registry.catalog.identifiers import new_run_id
from registry.domain.ledger import Ledger
from registry.domain.run import RunState
from registry.errors import BalanceError, ConflictError, InputError, UnknownError
from tests.catalog.factories import (
    AT,
    LATER,
    WHO,
    digest,
    make_count,
    make_entry,
    make_run,
    make_tokenizer,
    ref,
    seal,
)


def test_an_opened_run_reads_back(catalog):
    draft = make_run()
    run = catalog.runs.open(draft)

    assert run == catalog.runs.get(run.id)
    assert RunState.OPEN == run.state
    kept = set(type(draft).model_fields) - {"ended_at"}
    assert draft.model_dump(include=kept) == run.model_dump(include=kept)


def test_a_run_is_found_by_the_beginning_of_its_id(catalog):
    run = catalog.runs.open(make_run())

    assert run == catalog.runs.get(run.id[:-4])


def test_an_ambiguous_beginning_of_an_id_is_refused(catalog):
    first, _ = catalog.runs.open(make_run()), catalog.runs.open(make_run())

    # Two runs of one millisecond share the first 12 digits.
    with pytest.raises(InputError, match="fits several runs"):
        catalog.runs.get(first.id[:13])


@pytest.mark.parametrize("run_id", ["nothing", "%", "_"])
def test_an_unknown_run_is_named(catalog, run_id):
    catalog.runs.open(make_run())

    with pytest.raises(UnknownError, match=f"no run '{run_id}'"):
        catalog.runs.get(run_id)


def test_only_an_open_run_is_found_by_its_derivation(catalog):
    catalog.runs.fail(catalog.runs.open(make_run("a")).id, error="killed", at=LATER)
    run = catalog.runs.open(make_run("a"))

    assert run == catalog.runs.find_open(digest("a"))
    assert catalog.runs.find_open(digest("b")) is None


def test_a_finished_run_keeps_books_inputs_and_counts(catalog):
    seal(catalog)
    catalog.tokenizers.add(make_tokenizer(), **WHO)
    entries = (make_entry(), make_entry(1, step="nfc", documents_in=8, bytes_in=70, rejected=()))
    run = catalog.runs.open(make_run(), inputs=["web/cc@1"])
    finished = catalog.runs.finish(
        run.id,
        at=LATER,
        quarantine=digest("rows"),
        ledger=entries,
        counts=[("web/cc@1", make_count())],
        actor="ada",
    )

    assert (RunState.DONE, LATER, digest("rows")) == (
        finished.state,
        finished.finished_at,
        finished.quarantine,
    )
    assert Ledger(entries=entries) == catalog.runs.ledger(run.id)
    assert (["web/cc@1"], []) == (catalog.runs.inputs(run.id), catalog.runs.outputs(run.id))
    assert [run.id] == [count.run for count in catalog.counts.list_for(ref("web/cc"))]


def test_a_run_whose_books_do_not_balance_stays_open(catalog):
    run = catalog.runs.open(make_run())

    with pytest.raises(BalanceError):
        catalog.runs.finish(run.id, at=LATER, ledger=[make_entry(bytes_in=101)], actor="ada")
    assert run == catalog.runs.get(run.id)


def test_a_failed_run_says_why(catalog):
    run = catalog.runs.open(make_run())
    failed = catalog.runs.fail(run.id, error="disk full", at=LATER)

    assert (RunState.FAILED, "disk full") == (failed.state, failed.error)


def test_a_run_that_fails_by_its_books_keeps_them(catalog):
    run = catalog.runs.open(make_run())
    ledger, rows = (make_entry(),), digest("rows")
    failed = catalog.runs.fail(run.id, error="too many", at=LATER, ledger=ledger, quarantine=rows)

    assert (RunState.FAILED, rows) == (failed.state, failed.quarantine)
    assert ledger == catalog.runs.ledger(run.id).entries


def test_a_closed_run_cannot_be_closed_again(catalog):
    run = catalog.runs.open(make_run())
    catalog.runs.finish(run.id, at=LATER, actor="ada")

    with pytest.raises(ConflictError, match="is closed: done"):
        catalog.runs.fail(run.id, error="late", at=LATER)
    with pytest.raises(ConflictError, match="is closed: done"):
        catalog.runs.finish(run.id, at=LATER, actor="ada")


def test_the_newest_runs_are_listed_first(catalog):
    runs = [catalog.runs.open(make_run(str(number))) for number in range(3)]

    assert runs[:0:-1] == catalog.runs.list(2)


def test_a_run_id_is_a_uuid_of_version_7_with_its_milliseconds_first():
    run_id = new_run_id(AT)

    assert (36, "7") == (len(run_id), run_id[14])
    assert run_id[19] in "89ab"
    assert int(AT.timestamp() * 1000) == int(run_id.replace("-", "")[:12], 16)
    assert run_id != new_run_id(AT)
