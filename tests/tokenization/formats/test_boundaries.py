import pytest

from registry.domain.tokenizer import CountingPolicy
from registry.tokenization.formats.boundaries import (
    Boundary,
    describe,
    find_conflict,
    find_moved_eos,
)

NONE, EOS = CountingPolicy(), CountingPolicy(eos_id=2)
BOS, BOTH = CountingPolicy(bos_id=1), CountingPolicy(eos_id=2, bos_id=1)


@pytest.mark.parametrize(
    ("boundary", "fitting"),
    [
        (Boundary.INDEX, [NONE, EOS, BOS, BOTH]),
        (Boundary.MARK, [EOS, BOS, BOTH]),
        (Boundary.EOS_BEHIND, [EOS, BOTH]),
        (Boundary.EOS_BEHIND_ONLY, [EOS]),
        (Boundary.ONE_BEFORE, [EOS, BOS]),
    ],
)
def test_a_policy_fits_a_boundary_or_is_named_with_what_mends_it(boundary, fitting):
    conflicts = {policy.key: find_conflict(policy, boundary) for policy in (NONE, EOS, BOS, BOTH)}

    assert [policy.key for policy in fitting] == [
        key for key, found in conflicts.items() if found is None
    ]
    assert all("--eos" in found[1] for found in conflicts.values() if found is not None)


def test_only_a_format_that_wants_it_in_front_moves_eos():
    assert 2 == find_moved_eos(EOS, Boundary.ONE_BEFORE)
    assert find_moved_eos(BOS, Boundary.ONE_BEFORE) is None
    assert find_moved_eos(EOS, Boundary.EOS_BEHIND) is None


@pytest.mark.parametrize(
    ("policy", "boundary", "words"),
    [
        (NONE, Boundary.INDEX, "none"),
        (EOS, Boundary.ONE_BEFORE, "EOS 2 before each document"),
        (BOS, Boundary.ONE_BEFORE, "BOS 1 before each document"),
        (BOTH, Boundary.INDEX, "BOS 1 before each document, EOS 2 behind each document"),
    ],
)
def test_it_is_said_what_stands_where(policy, boundary, words):
    assert words == describe(policy, boundary)
