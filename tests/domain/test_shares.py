"""Bounds are what a brute force over every possible choice of documents finds, no wider."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from registry.domain.shares import Bounds, Part, combine


@st.composite
def parts(draw, *, is_exact):
    total = draw(st.integers(0, 6))
    low = draw(st.integers(0, total))
    parent = Bounds(total=total, low=low, high=draw(st.integers(low, total)))
    least = draw(st.integers(0, total))
    most = least if is_exact else draw(st.integers(least, total))
    return Part(parent, least, most, is_subset=True)


def possible(part, taken):
    """Return every number of synthetic things among so many that are taken of a part."""
    return {
        found
        for synthetic in range(part.parent.low, part.parent.high + 1)
        for found in range(
            max(0, taken - (part.parent.total - synthetic)), min(synthetic, taken) + 1
        )
    }


def brute_force(total, listed):
    """Return the least and the most that can be synthetic, over all ways to reach a total."""
    reached = set()
    for taken in product(*(range(part.low, part.high + 1) for part in listed)):
        if sum(taken) == total:
            sums = {0}
            for part, number in zip(listed, taken, strict=True):
                sums = {one + more for one in sums for more in possible(part, number)}
            reached |= sums
    return (min(reached), max(reached)) if reached else None


@given(st.lists(parts(is_exact=True), min_size=1, max_size=3))
def test_bounds_of_stated_parts_are_exact(listed):
    total = sum(part.low for part in listed)
    found = combine(total, listed)

    assert brute_force(total, listed) == (found.low, found.high)


@given(st.lists(parts(is_exact=False), min_size=1, max_size=3), st.data())
def test_bounds_of_parts_of_unknown_size_hold_for_every_way_to_reach_the_total(listed, data):
    least, most = sum(part.low for part in listed), sum(part.high for part in listed)
    total = data.draw(st.integers(least, most))
    found, (low, high) = combine(total, listed), brute_force(total, listed)

    assert found.low <= low <= high <= found.high


@given(parts(is_exact=False), st.data())
def test_bounds_of_a_single_parent_are_exact(part, data):
    total = data.draw(st.integers(part.low, part.high))
    found = combine(total, [part])

    assert brute_force(total, [part]) == (found.low, found.high)


def test_the_example_can_be_checked_by_hand():
    kept = Part(Bounds(total=10, low=3, high=3), 8, 8, is_subset=True)
    mixed = Part(Bounds.all(2), 2, 2, is_subset=True)

    assert Bounds(total=8, low=1, high=3) == combine(8, [kept])
    assert Bounds(total=10, low=3, high=5) == combine(10, [kept, mixed])


def test_what_may_repeat_is_all_or_nothing():
    some = Part(Bounds(total=10, low=3, high=3), 0, 5, is_subset=False)

    assert Bounds.unknown(5) == combine(5, [some])
    assert Bounds.all(5) == combine(5, [Part(Bounds.all(2), 0, 5, is_subset=False)])
    assert Bounds.none(5) == combine(5, [Part(Bounds.none(2), 0, 5, is_subset=False)])


def test_amounts_that_contradict_each_other_say_nothing():
    whole = Part(Bounds(total=4, low=1, high=1), 4, 4, is_subset=True)

    assert Bounds.unknown(9) == combine(9, [whole])


def test_nothing_has_no_share():
    nothing = Bounds.none(0)

    assert (0.0, 0.0, 0.0) == (nothing.share_low, nothing.share_high, nothing.real_low)
