"""What a supply is made of, against a policy: shares that can be added up by hand."""

import pytest

from registry.domain.count import CountMethod
from registry.domain.sufficiency_policy import SourcePolicy
from registry.domain.supply import SupplyLine
from registry.domain.supply_gates import shares_of, source_gates


def line(reference, tokens):
    return SupplyLine(
        reference=reference,
        licence="MIT",
        kind="text",
        num_documents=1,
        num_bytes=1,
        num_tokens=2 * tokens,
        num_tokens_low=2 * tokens,
        num_tokens_high=2 * tokens,
        num_unique_tokens=tokens,
        method=CountMethod.EXACT,
    )


HELD = [line("web/a@1", 50), line("web/a@2", 35), line("law/b@1", 15)]


def test_versions_of_one_dataset_are_one_source():
    (gate,) = source_gates(shares_of(HELD), SourcePolicy())

    assert ("single-source", "warn") == (gate.name, gate.status)
    assert "web/a gives 85 % of the unique tokens" == gate.message


@pytest.mark.parametrize(
    ("lines", "weights", "policy"),
    [
        (HELD[:2], None, {}),  # of one dataset alone a report says itself that it is all
        (HELD, None, {"most_share": 0.85}),
        (HELD, None, {"more": "pass"}),
        (HELD, {"web/a@1": 0.3, "web/a@2": 0.2, "law/b@1": 0.5}, {}),
    ],
)
def test_one_source_is_nothing_to_say_within_the_policy(lines, weights, policy):
    assert [] == list(source_gates(shares_of(lines, weights=weights), SourcePolicy(**policy)))
