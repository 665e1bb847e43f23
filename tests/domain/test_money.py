"""Money is exact, and of one currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.cost import CostDraft, UnitCost
from registry.domain.money import Money, format_amount, total
from registry.errors import InputError

MOST = 2**63 - 1


@given(st.integers(-MOST, MOST))
def test_an_amount_survives_its_own_text(micros):
    money = Money(micros=micros, currency="EUR")

    assert money == Money.parse(format_amount(micros).replace(",", ""), "EUR")


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0.1", 100_000),
        ("1250", 1_250_000_000),
        ("0.000001", 1),
        ("-0.5", -500_000),
        ("1.10000000000000", 1_100_000),
    ],
)
def test_an_amount_is_read_exactly(text, micros):
    assert micros == Money.parse(text, "eur").micros


@pytest.mark.parametrize(
    "text", ["", "1,000", "1e3", "NaN", "inf", "0.0000001", ".5", "1.", "\uff11", "9" * 29, "1 EUR"]
)
def test_what_is_no_exact_amount_is_refused(text):
    with pytest.raises(InputError):
        Money.parse(text, "EUR")


@pytest.mark.parametrize("code", ["EURO", "XXZ", "", "€"])
def test_what_is_no_currency_is_refused(code):
    with pytest.raises(InputError, match="ISO 4217"):
        Money.parse("1", code)


def test_currencies_are_never_added():
    amounts = [Money.parse("1", "USD"), Money.parse("2", "EUR"), Money.parse("3", "USD")]

    assert ["2.00 EUR", "4.00 USD"] == [str(money) for money in total(amounts)]


def test_a_cost_of_a_million_tokens_is_exact_for_the_largest_amounts():
    unit = UnitCost.of(Money(micros=MOST, currency="EUR"), 3, unit="kept token", per=10**6)

    assert Decimal("3074457345618258602.333333") == unit.cost


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": 3},
        {"unit": "gpu-hour"},
        {"quantity": 0, "unit": "gpu-hour"},
        {"quantity": 2**63, "unit": "byte-month"},
        {"incurred_on": "yesterday"},
    ],
)
def test_a_draft_that_contradicts_itself_is_refused(fields):
    with pytest.raises(InputError):
        CostDraft(kind="api", amount=Money(micros=1, currency="EUR"), **fields)


def test_an_invoice_is_kept_without_credentials():
    draft = CostDraft(
        kind="api",
        amount=Money(micros=1, currency="EUR"),
        evidence="https://ada:pw@example.org/bill?token=abc",
    )

    assert "https://example.org/bill?token=REDACTED" == draft.evidence
