"""The cheapest way to a quality when the model is to serve."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.allocation import loss
from registry.scaling.inference import inference_optimum
from registry.scaling.requirement import optimal_tokens


@pytest.mark.parametrize(
    ("quality", "served", "num_parameters", "num_tokens", "saving"),
    [
        # Sardana et al. 2024 (arXiv:2401.00448): 7B, 17 %; 16.4B, 3.27T, 16 %; 41.6B, 7.92T, 12 %
        (13e9, 2e12, 6.97e9, 1.248e12, 0.174),
        (30e9, 5e12, 16.4e9, 3.265e12, 0.163),
        (70e9, 10e12, 41.6e9, 7.92e12, 0.119),
    ],
)
def test_sardanas_table_is_met(quality, served, num_parameters, num_tokens, saving):
    best = inference_optimum(int(quality), served, law="sardana")

    assert pytest.approx((num_parameters, num_tokens), rel=0.002) == best[:2]
    assert pytest.approx(saving, abs=5e-4) == best.saving


def test_the_answer_leans_on_the_law():
    """13B and 2T served: 6.97B by Sardana's set, 6.1B and 29 % by the Epoch refit."""
    best = inference_optimum(13_000_000_000, 2e12)

    assert pytest.approx(6.1e9, rel=0.01) == best.num_parameters
    assert pytest.approx(0.29, abs=0.005) == best.saving


@given(size=st.integers(10**7, 10**14), served=st.floats(min_value=0, max_value=1e20))
def test_the_quality_is_kept_and_nothing_gets_dearer(size, served):
    best = inference_optimum(size, served)
    wanted = loss(size, optimal_tokens(size).mid)

    assert pytest.approx(wanted, rel=1e-6) == loss(best.num_parameters, best.num_tokens)
    assert best.num_parameters <= size * (1 + 1e-9)
    assert 0 <= best.saving < 1


def test_who_serves_nothing_trains_the_optimal_model():
    best = inference_optimum(10**10, 0)

    assert pytest.approx(1e10, rel=0.01) == best.num_parameters
    assert pytest.approx(0, abs=1e-6) == best.saving


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), 1e31])
def test_absurd_amounts_are_refused(bad):
    with pytest.raises(InputError, match="served tokens"):
        inference_optimum(10**9, bad)
