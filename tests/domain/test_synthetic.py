"""A policy's thresholds decide; what nobody knows never passes for what is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.genealogy import Depth
from registry.domain.shares import Bounds
from registry.domain.synthetic import SyntheticPolicy, SyntheticSupply, synthetic_gate

POLICY = SyntheticPolicy(
    warn_share_above=0.3333,
    block_share_above=0.9,
    warn_depth_from=2,
    block_unknown_depth_above=0.1,
)


def supply(low, high, *, depth=(1, 1), unstated=()):
    return SyntheticSupply(
        tokens=Bounds(total=100, low=low, high=high),
        depth=Depth(low=depth[0], high=depth[1]),
        unstated=unstated,
        synthetic=(),
    )


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (supply(0, 0, depth=(0, 0)), "pass"),
        (supply(20, 20), "pass"),
        (supply(33, 33), "pass"),
        (supply(34, 34), "warn"),
        (supply(91, 91), "block"),
        (supply(20, 50), "warn"),
        (supply(20, 95), "warn"),
        (supply(20, 20, depth=(2, 2)), "warn"),
        (supply(10, 10, depth=(1, None)), "warn"),
        (supply(11, 11, depth=(1, None)), "block"),
        (supply(0, 100, depth=(0, None)), "warn"),
    ],
)
def test_thresholds_decide(found, status):
    assert status == synthetic_gate(found, POLICY, name="mine").status


def test_what_nobody_knows_is_what_the_policy_says():
    found = supply(0, 100, depth=(0, None), unstated=("web/cc@1",))
    lenient, strict = (POLICY.model_copy(update={"unknown": word}) for word in ("pass", "block"))
    gate = synthetic_gate(found, strict, name="mine")

    assert "pass" == synthetic_gate(found, lenient, name="mine").status
    assert "block" == gate.status
    assert (
        "an unknown share of the tokens synthetic; the policy allows at most 90 %" == gate.message
    )
    assert "nobody says who wrote web/cc@1" in gate.evidence
    assert gate.hint is not None
    assert "muster generation add web/cc@1" in gate.hint


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_wider_bounds_never_make_a_strict_gate_better(first, second, third):
    low, known, high = sorted((first, second, third))
    strict = POLICY.model_copy(update={"unknown": "block"})
    narrow = synthetic_gate(supply(known, known), strict, name="mine").status
    wide = synthetic_gate(supply(low, high), strict, name="mine").status

    assert wide.severity >= narrow.severity


def test_a_policy_that_asks_nothing_passes():
    assert "pass" == synthetic_gate(supply(100, 100), SyntheticPolicy(), name="mine").status
