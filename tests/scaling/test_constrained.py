"""Runs on repeated tokens, against the numbers released with Muennighoff et al. 2023."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.constrained import constrained_allocation, constrained_loss


@pytest.mark.parametrize(
    ("num_parameters", "num_tokens", "expected"),
    [(6.34e9, 242e9, 2.2256440889984477), (8.67e9, 178e9, 2.2269634075087867)],
)
def test_the_losses_of_the_released_readme_are_met(num_parameters, num_tokens, expected):
    assert pytest.approx(expected, rel=1e-14) == constrained_loss(num_parameters, num_tokens, 25e9)


def test_the_allocation_of_the_released_readme_is_met():
    """1e22 FLOPs on 25B unique tokens: 2.37337e11 tokens on its grid; exactly 2.37209e11."""
    best = constrained_allocation(1e22, 25e9)

    assert pytest.approx((7.02616e9, 2.37209e11), rel=1e-5) == best


@pytest.mark.parametrize(
    ("num_parameters", "num_tokens", "epochs", "measured"),
    [
        (8.7e9, 178e9, 4, 1.0062),
        (8.7e9, 178e9, 7.1, 1.0170),
        (2.8e9, 55e9, 6.1, 1.0144),
        (2.8e9, 55e9, 13.8, 1.0475),
    ],
)
def test_ratios_of_losses_are_near_the_measured_ones(num_parameters, num_tokens, epochs, measured):
    """From the released logs; the law gives 1.0069, 1.0158, 1.0188, 1.0501."""
    once, often = (
        constrained_loss(num_parameters, num_tokens, num_tokens / n) for n in (1, epochs)
    )

    assert pytest.approx(measured, abs=0.005) == often / once


@given(unique=st.floats(min_value=1e6, max_value=1e15), more=st.floats(min_value=1, max_value=100))
def test_more_unique_tokens_never_raise_the_loss(unique, more):
    less = constrained_loss(1e9, 1e12, unique * more)

    assert less <= constrained_loss(1e9, 1e12, unique) * (1 + 1e-12)


def test_without_scarcity_the_allocation_is_the_plain_one():
    best = constrained_allocation(1e20, 1e15)

    assert pytest.approx(19.613, rel=1e-3) == best.num_tokens / best.num_parameters


@given(flops=st.floats(min_value=1e21, max_value=1e24))
def test_scarcity_takes_epochs_before_parameters(flops):
    """Muennighoff et al. 2023, section 5: scale epochs faster than parameters."""
    plain, scarce = (constrained_allocation(flops, unique) for unique in (1e15, 1e9))

    assert scarce.num_parameters < plain.num_parameters
    assert scarce.num_tokens / 1e9 > 1


def test_a_law_without_constants_of_repetition_says_so():
    with pytest.raises(InputError, match="no constants of repetition"):
        constrained_loss(1e9, 1e9, 1e9, law="epoch-2024")


@pytest.mark.parametrize("bad", [0, -1, float("nan"), 1e18])
def test_absurd_supplies_are_refused(bad):
    with pytest.raises(InputError, match="unique tokens"):
        constrained_loss(1e9, 1e9, bad)
