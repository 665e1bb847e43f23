"""Joint draws, and how laws differ."""

import numpy as np
import pytest

from registry.scaling.laws import get_law
from registry.scaling.uncertainty import draw_coefficients


def test_coefficients_are_drawn_jointly():
    """alpha and A lie on a ridge: their correlation is near 1 in Epoch's bootstrap."""
    draws = draw_coefficients("epoch-2024")
    expected = np.array(get_law("epoch-2024").uncertainty.covariance)

    assert pytest.approx(expected, rel=0.12, abs=5e-5) == np.cov(draws, rowvar=False)
    assert np.corrcoef(draws[:, 0], draws[:, 3])[0, 1] > 0.95


@pytest.mark.parametrize(("flops", "low", "high"), [(5.76e23, 10.6, 30.4), (1e26, 7.1, 34.2)])
def test_the_interval_by_compute_is_that_of_joint_normal_draws(flops, low, high):
    """Drawn as Besiroglu et al. 2024 draw: 80 % from 10.6 to 30.4 tokens a parameter at 5.76e23."""
    a, b, _, alpha, beta = draw_coefficients("epoch-2024").T
    scale = (alpha * np.exp(a) / (beta * np.exp(b))) ** (1 / (alpha + beta))
    ratios = (flops / 6) ** ((alpha - beta) / (alpha + beta)) / scale**2

    assert pytest.approx([low, high], rel=0.05) == np.percentile(ratios, [10, 90])


def test_draws_cannot_be_changed_by_who_reads_them():
    with pytest.raises(ValueError, match="read-only"):
        draw_coefficients("epoch-2024")[0, 0] = 0
