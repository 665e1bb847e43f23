"""Many targets at once agree with one at a time."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.estimates import estimate_targets
from registry.scaling.laws import load_laws
from registry.scaling.sufficiency import assess
from registry.scaling.uncertainty import draw_lines

LAWS = [law.id for law in load_laws() if law.is_in_panel]


@pytest.mark.parametrize("law", LAWS)
@given(size=st.integers(10**3, 10**15), unique=st.integers(0, 10**17))
def test_arrays_give_what_one_target_gives(law, size, unique):
    many = estimate_targets([size], unique, law=law)
    one = assess(num_parameters=size, unique_tokens=unique, law=law)

    assert pytest.approx(one.required_tokens[law].mid, abs=1, rel=1e-9) == many.required[0]
    assert pytest.approx(one.effective_tokens["4"], abs=1, rel=1e-9) == many.effective[0]
    assert pytest.approx(one.largest_model.mid, abs=1, rel=1e-6) == many.largest_model[0]
    assert pytest.approx(one.shortfall_tokens, abs=1, rel=1e-6) == many.shortfall[0]
    # Near the ceiling of repetition, half a token of rounding is many epochs.
    if many.required[0] < 15 * unique and many.required[0] > 1e4:
        assert many.is_feasible[0]
        assert pytest.approx(one.epochs_needed, rel=1e-3) == many.epochs_needed[0]


def test_ten_thousand_targets_take_far_less_than_a_second():
    sizes = np.geomspace(1e6, 1e15, 10_000)
    estimate_targets(sizes, 1e12)
    began = time.perf_counter()

    found = estimate_targets(sizes, 1e12)

    assert time.perf_counter() - began < 1
    assert len(found.required) == 10_000


def test_four_thousand_draws_take_far_less_than_a_second():
    draw_lines("epoch-2024")
    began = time.perf_counter()

    assess(num_parameters=10**11, unique_tokens=10**12)

    assert time.perf_counter() - began < 1


def test_nothing_in_the_arrays_is_infinite_or_no_number():
    found = estimate_targets([1, 1e15], [0, 1e17])

    for array in (found.required, found.effective, found.epochs_needed, found.largest_model):
        assert np.isfinite(array).all()
    assert [False, True] == list(found.is_feasible)


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), 1e16, "7B"])
def test_one_absurd_size_among_many_is_named(bad):
    with pytest.raises(InputError, match="not a model size"):
        estimate_targets([1e9, bad], 1e12)
