"""What to get next: candidates ranked by what they bring for their price."""

import math

import pytest

from registry.domain.cost import CostDraft, CostKind
from registry.domain.money import Money
from registry.domain.report_answers import Cause
from registry.errors import InputError
from registry.reporting.acquisitions import acquisition_sentence, candidate_rows
from registry.scaling.repetition import effective_tokens
from tests.operations.assessing.factories import add, causes


@pytest.fixture
def market(muster, prepared, tmp_path):
    """What is held, and versions that could be got: priced, unpriced, only named."""
    for name, first in (("c", 200), ("d", 300)):
        add(muster, tmp_path, name, first=first)
        muster.tokenize(f"web/{name}.text-default", tokenizer="tiny", count_only=True)
    # Half of these documents are held.
    add(muster, tmp_path, "e", first=15)
    muster.tokenize("web/e.text-default", tokenizer="tiny", count_only=True)
    price(muster, "web/c", "8", CostKind.ACQUIRE)
    price(muster, "web/c.text-default", "1.5", CostKind.COMPUTE)
    price(muster, "web/e", "9", CostKind.LICENCE)
    return prepared[:1]


def price(muster, name, amount, kind, currency="EUR"):
    draft = CostDraft(kind=kind, amount=Money.parse(amount, currency))
    muster.costs.add(draft, version=name)


def test_candidates_are_ranked_by_what_they_bring_for_their_price(muster, market):
    names = ["web/c.text-default", "web/d.text-default=100", "web/e.text-default"]
    held = muster.report(market, num_parameters=[1], tokenizer="tiny").unique_tokens
    worth = effective_tokens(1, 4)
    size = round(held * worth * 1.9 / 20)
    report = muster.report(market, num_parameters=[size], law="rule-20", candidates=names)
    (found,) = report.acquisitions
    known = {item.reference: item for item in report.candidates}
    new = known["web/e.text-default@1"].num_tokens

    assert [
        ("web/c.text-default@1", False),
        ("web/e.text-default@1", False),
        ("web/d.text-default@1", True),
    ] == [(item.reference, item.cost is None) for item in found.ranked]
    # What has no price is last, with what it gains: the 100 tokens that were stated.
    assert (int(100 * worth), None) == (found.ranked[2].gained_tokens, found.ranked[2].per_unit)
    assert found.all_tokens == sum(item.num_tokens for item in report.candidates)
    assert 9_500_000 == found.ranked[0].cost.micros
    assert 0 < new < held
    assert found.ranked[1].gained_tokens == int(new * worth)
    assert "its price is not known" == known["web/d.text-default@1"].unpriced
    assert math.ceil(20 * size / worth) - held == found.missing_tokens
    assert (("web/c.text-default@1",), "SUFFICIENT-REPEAT") == (found.cheapest, found.verdict)
    assert muster.reports.rerun(report.id).is_same


def test_a_price_that_came_moves_what_to_get(muster, market):
    names = ["web/c.text-default", "web/d.text-default=1M"]
    before = muster.report(market, num_parameters=[10_000], law="rule-20", candidates=names)
    price(muster, "web/d", "3", CostKind.ACQUIRE)
    after = muster.report(market, num_parameters=[10_000], law="rule-20", candidates=names)

    assert before.acquisitions[0].cheapest is None
    assert "AMPLE" == before.acquisitions[0].ranked[-1].verdict
    assert before.acquisitions[0].verdict.is_enough
    assert "1 of them without a known price, bring" in acquisition_sentence(
        before, before.acquisitions[0]
    )
    assert "price unknown" == candidate_rows(before, before.acquisitions[0])[-1][3]
    assert ("web/d.text-default@1",) == after.acquisitions[0].cheapest
    assert {Cause.COST} == causes(muster.reports.diff(before.id, after.id))


def test_prices_of_two_currencies_and_what_is_held_are_refused(muster, market):
    price(muster, "web/d", "3", CostKind.ACQUIRE, "USD")
    ask = {"num_parameters": [10_000], "tokenizer": "tiny"}
    with pytest.raises(InputError, match="in EUR and USD: different currencies are never added"):
        muster.report(market, candidates=["web/c.text-default", "web/d.text-default"], **ask)
    with pytest.raises(InputError, match="is a candidate and held already"):
        muster.report(market, candidates=market, **ask)
    with pytest.raises(InputError, match="is not a"):
        muster.report(market, candidates=["web/c.text-default=lots"], **ask)
    refused = muster.report(
        market, candidates=["web/b.text-default"], policy="commercial", **ask
    ).candidates[0]
    assert "the policy commercial refuses CC-BY-NC-4.0" == refused.problem
