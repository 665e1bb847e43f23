import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.ledger import Ledger, LedgerEntry, Rejected, add_ledgers
from registry.errors import BalanceError


def entry(position=0, step="read", **changed):
    facts = {
        "documents_in": 3,
        "bytes_in": 30,
        "documents_kept": 2,
        "bytes_kept_in": 20,
        "bytes_kept": 18,
        "rejected": (Rejected(reason="empty", num_documents=1, num_bytes=10),),
    }
    return LedgerEntry(position=position, step=step, **(facts | changed))


def test_a_balanced_ledger_passes_and_tells_its_totals():
    ledger = Ledger(
        entries=(
            entry(),
            entry(
                1,
                "nfc",
                documents_in=2,
                bytes_in=18,
                documents_kept=1,
                bytes_kept_in=8,
                bytes_kept=7,
            ),
        )
    ).check()

    assert (3, 1, 30, 7) == (
        ledger.documents_in,
        ledger.documents_kept,
        ledger.bytes_in,
        ledger.bytes_kept,
    )
    assert {"empty": 2} == ledger.rejected


@pytest.mark.parametrize(
    "changed", [{"documents_in": 4}, {"documents_kept": 1}, {"bytes_in": 31}, {"bytes_kept_in": 19}]
)
def test_a_document_or_byte_that_vanishes_is_noticed(changed):
    with pytest.raises(BalanceError):
        Ledger(entries=(entry(**changed),)).check()


def test_a_document_that_vanishes_between_steps_is_noticed():
    lost = entry(
        1, "nfc", documents_in=1, bytes_in=18, documents_kept=1, bytes_kept_in=18, rejected=()
    )

    with pytest.raises(BalanceError):
        Ledger(entries=(entry(), lost)).check()


@given(st.integers(1, 5))
def test_ledgers_of_parts_add_up_to_a_balanced_whole(parts):
    total = add_ledgers([Ledger(entries=(entry(),))] * parts).check()

    assert 3 * parts == total.documents_in
    assert {"empty": parts} == total.rejected


def test_the_sum_of_no_ledger_is_empty():
    assert add_ledgers([]).documents_in == 0
