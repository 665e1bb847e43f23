"""The cheapest set that brings enough, against every set."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.covering import cheapest_cover

ITEMS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6)), max_size=8)


def by_trying_all(gains, costs, need):
    places = range(len(gains))
    fitting = [
        subset
        for size in range(len(gains) + 1)
        for subset in itertools.combinations(places, size)
        if sum(gains[place] for place in subset) >= need
    ]
    return min(
        fitting,
        key=lambda subset: (
            sum(costs[place] for place in subset),
            len(subset),
            sum(1 << place for place in subset),
        ),
        default=None,
    )


@given(ITEMS, st.integers(-1, 60))
def test_no_set_is_cheaper_nor_of_equally_cheap_ones_smaller(items, need):
    gains, costs = [gain for gain, _ in items], [cost for _, cost in items]

    assert by_trying_all(gains, costs, need) == cheapest_cover(gains, costs, need)


def test_one_token_in_a_trillion_decides():
    # A solver that allows an error of a millionth would take the first.
    assert (1,) == cheapest_cover([10**12 - 1, 10**12], [1, 2 * 10**18], 10**12)


def test_a_hundred_candidates_of_a_market_are_told_apart():
    gains = [10**9 * (1 + place * 37 % 101) for place in range(100)]
    costs = [10**6 * (3 + place * 53 % 97) for place in range(100)]
    found = cheapest_cover(gains, costs, sum(gains) // 10)

    assert found is not None
    assert sum(gains[place] for place in found) >= sum(gains) // 10


def test_what_is_negative_is_refused():
    with pytest.raises(InputError, match="cannot be negative"):
        cheapest_cover([1], [-1], 1)
