"""Several pools, each with its own cap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.pools import Pool, pooled_effective_tokens, pooled_epochs_needed
from registry.scaling.repetition import effective_tokens, epochs_needed

UNIQUE = st.integers(min_value=1, max_value=10**15)
POOLS = st.lists(
    st.builds(Pool, unique=UNIQUE, most_epochs=st.floats(1, 100), weight=st.floats(0.1, 2)),
    min_size=1,
    max_size=4,
)


def test_one_pool_is_worth_what_the_closed_form_says():
    assert effective_tokens(1000, 4) == pooled_effective_tokens([Pool(unique=1000)], 4)


def test_a_capped_pool_is_seen_no_more_often():
    pools = [Pool(unique=100, most_epochs=1), Pool(unique=100)]

    assert pytest.approx(100 + effective_tokens(100, 4)) == pooled_effective_tokens(pools, 4)


@given(unique=UNIQUE, ratio=st.floats(min_value=0.01, max_value=10))
def test_epochs_for_one_pool_are_those_of_the_closed_form(unique, ratio):
    needed = pooled_epochs_needed(ratio * unique, [Pool(unique=unique)])

    assert pytest.approx(epochs_needed(ratio * unique, unique), rel=1e-6) == needed


@given(parts=st.lists(UNIQUE, min_size=1, max_size=5), ratio=st.floats(0.1, 10))
def test_splitting_a_pool_changes_nothing(parts, ratio):
    required = ratio * sum(parts)

    together = pooled_epochs_needed(required, [Pool(unique=min(sum(parts), 10**17))])
    apart = pooled_epochs_needed(required, [Pool(unique=part) for part in parts])

    assert pytest.approx(together, rel=1e-9) == apart


@given(pools=POOLS, epochs=st.floats(min_value=0.1, max_value=100))
def test_epochs_needed_reach_what_is_required_and_no_more(pools, epochs):
    required = pooled_effective_tokens(pools, epochs)

    needed = pooled_epochs_needed(required, pools)

    assert pytest.approx(required, rel=1e-6) == pooled_effective_tokens(pools, needed)


@given(pools=POOLS, more=UNIQUE)
def test_another_pool_never_takes_more_epochs(pools, more):
    required = pooled_effective_tokens(pools, 4)

    with_more = pooled_epochs_needed(required, [*pools, Pool(unique=more)])

    assert with_more <= pooled_epochs_needed(required, pools) * (1 + 1e-9)


def test_what_the_caps_forbid_is_infeasible():
    assert pooled_epochs_needed(101, [Pool(unique=100, most_epochs=1)]) is None
    assert pooled_epochs_needed(1, []) is None
    assert pooled_epochs_needed(1, [Pool(unique=0)]) is None
    assert pooled_epochs_needed(0, []) == 0


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf")])
def test_absurd_requirements_are_refused(bad):
    with pytest.raises(InputError, match="required tokens"):
        pooled_epochs_needed(bad, [Pool(unique=1)])
