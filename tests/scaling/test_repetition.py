"""What repeated tokens are worth: Muennighoff et al. 2023 (arXiv:2305.16264), equation 5."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.repetition import MAX_RATIO, R_D_STAR, effective_tokens, epochs_needed

UNIQUE = st.integers(min_value=1, max_value=10**17)


def test_the_constant_is_the_released_one():
    assert R_D_STAR == 15.387756
    assert MAX_RATIO == 16.387756


@pytest.mark.parametrize(
    ("epochs", "worth"),
    [(1, 1), (2, 1.9682), (4, 3.7257), (8, 6.6241), (16, 10.582), (40, 15.167), (1e6, 16.388)],
)
def test_worth_in_multiples_of_the_unique_tokens(epochs, worth):
    assert pytest.approx(worth, abs=6e-4) == effective_tokens(1, epochs)


def test_four_epochs_are_worth_93_percent_and_not_all():
    assert pytest.approx(0.931, abs=5e-4) == effective_tokens(10**9, 4) / (4 * 10**9)


@pytest.mark.parametrize(
    ("ratio", "epochs"),
    [(2, 2.03), (3, 3.14), (4, 4.34), (5, 5.63), (8, 10.3), (10, 14.5), (12, 20.3), (15, 38.0)],
)
def test_epochs_for_a_requirement_in_multiples_of_the_unique_tokens(ratio, epochs):
    assert pytest.approx(epochs, rel=5e-3) == epochs_needed(ratio * 10**9, 10**9)


def test_the_two_scenarios_of_the_reference():
    """200B unique: 7 times as many need 8.6 epochs. 1T unique: 1.4 times as many need 1.41."""
    assert pytest.approx(8.6, abs=0.05) == epochs_needed(1.4e12, 2e11)
    assert pytest.approx(1.41, abs=0.005) == epochs_needed(1.4e12, 1e12)


@given(unique=UNIQUE, epochs=st.floats(min_value=1e-3, max_value=60))
def test_epochs_needed_is_the_inverse_of_worth(unique, epochs):
    assert pytest.approx(epochs, rel=1e-6) == epochs_needed(
        effective_tokens(unique, epochs), unique
    )


@given(unique=UNIQUE, epochs=st.floats(min_value=0.01, max_value=1e9))
def test_worth_exceeds_neither_what_is_read_nor_the_ceiling(unique, epochs):
    worth = effective_tokens(unique, epochs)

    assert worth <= unique * epochs * (1 + 1e-12)
    assert worth <= unique * MAX_RATIO * (1 + 1e-12)


@given(unique=UNIQUE, epochs=st.tuples(*[st.floats(min_value=0.01, max_value=1e9)] * 2))
def test_more_epochs_are_never_worth_less(unique, epochs):
    fewer, more = (effective_tokens(unique, count) for count in sorted(epochs))

    assert fewer <= more


@given(parts=st.lists(st.integers(0, 10**15), min_size=1, max_size=5), epochs=st.integers(1, 16))
def test_splitting_a_pool_changes_nothing(parts, epochs):
    together = effective_tokens(sum(parts), epochs)

    assert pytest.approx(together) == sum(effective_tokens(part, epochs) for part in parts)


@given(unique=st.integers(1, 10**9), required=st.floats(1, 1e10), factor=st.integers(1, 10**8))
def test_the_unit_of_tokens_makes_no_difference(unique, required, factor):
    once, scaled = (epochs_needed(required * times, unique * times) for times in (1, factor))

    assert (once is None) == (scaled is None)
    assert once is None or pytest.approx(once, rel=1e-6) == scaled


def test_a_part_of_the_data_is_a_part_of_an_epoch():
    assert epochs_needed(25, 100) == 0.25
    assert effective_tokens(100, 0.25) == 25


@pytest.mark.parametrize("ratio", [MAX_RATIO, 17, 1e9])
def test_beyond_the_ceiling_no_number_of_epochs_suffices(ratio):
    assert epochs_needed(ratio * 1000, 1000) is None


def test_just_below_the_ceiling_the_answer_is_finite():
    assert math.isfinite(epochs_needed(MAX_RATIO * 1000 * (1 - 1e-15), 1000))


def test_without_data_nothing_suffices_but_nothing_is_enough_for_nothing():
    assert epochs_needed(1, 0) is None
    assert epochs_needed(0, 0) == 0
    assert effective_tokens(0, 16) == 0


def test_a_recipe_may_bring_its_own_constant():
    """A slower decay makes the same epochs worth more."""
    assert effective_tokens(100, 16, r_d_star=50) > effective_tokens(100, 16)
    assert epochs_needed(1700, 100) is None
    assert epochs_needed(1700, 100, r_d_star=50) is not None


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, 10**18])
def test_an_impossible_number_of_unique_tokens_is_refused(bad):
    with pytest.raises(InputError, match="unique tokens"):
        effective_tokens(bad, 4)
    with pytest.raises(InputError, match="unique tokens"):
        epochs_needed(1, bad)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf])
def test_impossible_epochs_and_constants_are_refused(bad):
    with pytest.raises(InputError, match="number of epochs"):
        effective_tokens(1, bad)
    with pytest.raises(InputError, match="repetition constant"):
        effective_tokens(1, 2, r_d_star=bad)
    with pytest.raises(InputError, match="repetition constant"):
        epochs_needed(2, 1, r_d_star=bad)


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf])
def test_an_impossible_requirement_is_refused(bad):
    with pytest.raises(InputError, match="required tokens"):
        epochs_needed(bad, 1)
