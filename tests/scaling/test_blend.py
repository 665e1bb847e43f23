"""Pools at fixed weights: one pool is the plain supply, however it is cut."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling import assess, effective_tokens, epochs_needed
from registry.scaling.blend import Blend
from registry.scaling.repetition import R_D_STAR

TOKENS = st.integers(1, 10**13)
EPOCHS = st.floats(0.01, 500)


@given(TOKENS, EPOCHS)
def test_one_pool_is_worth_what_the_closed_form_says(unique, epochs):
    blend = Blend((unique,), (1.0,))

    assert unique == blend.once
    assert effective_tokens(unique, epochs) == pytest.approx(blend.worth(epochs))


@given(st.lists(TOKENS, min_size=1, max_size=5), EPOCHS)
def test_weights_in_proportion_to_tokens_are_one_pool(held, epochs):
    whole = sum(held)
    blend = Blend(tuple(held), tuple(one / whole for one in held))

    assert effective_tokens(whole, epochs) == pytest.approx(blend.worth(epochs), rel=1e-9)


@given(TOKENS, TOKENS, st.floats(0.01, 0.99), st.floats(0.1, 15))
def test_epochs_are_the_inverse_of_worth(first, second, weight, epochs):
    blend = Blend((first, second), (weight, 1 - weight))
    found = blend.epochs_needed(blend.worth(epochs))

    assert found is not None
    assert epochs == pytest.approx(found, rel=1e-6)


def test_a_pool_that_is_small_for_its_weight_sets_the_epochs():
    # By hand: half of 400 tokens from each; 100 are seen twice, 300 two thirds.
    blend = Blend((100, 300), (0.5, 0.5))

    assert (1.0, 1 / 3) == pytest.approx(blend.ratios)
    assert 200 == blend.once
    assert (2.0, 2 / 3) == pytest.approx(blend.epochs_of(400))
    assert 100 * (1 + R_D_STAR * (1 - math.exp(-1 / R_D_STAR))) + 200 == pytest.approx(
        blend.worth(2)
    )


def test_what_no_repetition_reaches_is_infeasible():
    blend = Blend((100, 300), (0.5, 0.5))

    assert blend.epochs_needed(400 * (1 + R_D_STAR)) is None
    assert blend.epochs_needed(400 * (1 + R_D_STAR) * 0.99) is not None


def test_a_verdict_at_even_weights_is_that_of_the_whole():
    size = 10**9
    whole = assess(num_parameters=size, unique_tokens=8 * 10**9)
    parts = assess(num_parameters=size, unique_tokens=Blend((2 * 10**9, 6 * 10**9), (0.25, 0.75)))

    assert whole.verdict is parts.verdict
    assert whole.effective_tokens == parts.effective_tokens
    assert epochs_needed(whole.required_tokens[whole.law].mid, 8e9) == pytest.approx(
        parts.epochs_needed
    )


def test_a_verdict_at_a_weight_beyond_a_small_part_is_worse():
    size, held = 10**9, (10**8, 10**11)

    assert assess(num_parameters=size, unique_tokens=sum(held)).verdict.is_enough
    assert not assess(num_parameters=size, unique_tokens=Blend(held, (0.9, 0.1))).verdict.is_enough


@pytest.mark.parametrize(
    ("unique", "weights", "words"),
    [
        ((1, 1), (0.5, 0.4), "add up to 0.9"),
        ((0, 1), (0.5, 0.5), "a pool of no tokens"),
        ((1, 1), (-0.5, 1.5), "between 0 and 1"),
        ((10**18, 1), (0.5, 0.5), "unique tokens"),
    ],
)
def test_weights_that_make_no_sense_are_refused(unique, weights, words):
    with pytest.raises(InputError, match=words):
        Blend(unique, weights)
