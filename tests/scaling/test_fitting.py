"""Known coefficients are found again, from runs made of them."""

import math
import subprocess
import sys

import numpy as np
import pytest

from registry.errors import InputError
from registry.scaling import fitting
from registry.scaling.fitting import Runs, fit_law, objective
from registry.scaling.laws import get_law

EPOCH = get_law("epoch-2024").parametric


def make_runs(*, num_runs: int = 240, noise: float = 0.0, seed: int = 1) -> Runs:
    """Runs over the range of Chinchilla's, with losses of the Epoch refit."""
    random = np.random.default_rng(seed)
    sizes = np.exp(random.uniform(math.log(5e7), math.log(1.6e10), num_runs))
    flops = np.exp(random.uniform(math.log(6e18), math.log(3e21), num_runs))
    tokens = flops / (6 * sizes)
    losses = np.array([EPOCH.loss(n, d) for n, d in zip(sizes, tokens, strict=True)])
    return Runs(sizes, tokens, losses * np.exp(noise * random.standard_normal(num_runs)))


def coefficients(formula):
    return [formula.a, formula.b, formula.e, formula.alpha, formula.beta]


def test_known_coefficients_are_found_from_exact_losses():
    fit = fit_law(make_runs(), num_starts=30, num_resamples=0)

    assert pytest.approx(coefficients(EPOCH), rel=1e-5) == coefficients(fit.formula)
    assert fit.objective < 1e-12
    assert fit.uncertainty is None


def test_known_coefficients_lie_within_the_error_of_noisy_runs():
    fit = fit_law(make_runs(noise=0.005), num_starts=20, num_resamples=200)
    errors = np.sqrt(np.diag(fit.uncertainty.covariance))
    off = np.abs(np.subtract(coefficients(fit.formula), coefficients(EPOCH)))

    assert (off < 3 * errors).all()
    assert fit.num_failed_resamples == 0


def test_a_few_of_the_best_starts_find_what_all_of_a_coarse_search_find():
    runs = make_runs(num_runs=60, noise=0.005)

    few, many = (fit_law(runs, num_starts=n, num_resamples=0) for n in (10, 300))

    assert pytest.approx(many.objective, rel=1e-6) == few.objective


def test_the_objective_is_the_sum_of_huber_losses_in_logarithms():
    """One run, by hand: residual r = LSE - ln L; r^2 / 2 up to 1e-3, else 1e-3 (|r| - 5e-4)."""
    point = np.array(coefficients(EPOCH))
    exact = EPOCH.loss(1e9, 2e10)
    for error, expected in ((5e-4, 5e-4**2 / 2), (0.1, 1e-3 * (0.1 - 5e-4))):
        logs = Runs(*(np.log([v, v]) for v in (1e9, 2e10, exact * math.exp(error))))

        assert pytest.approx(2 * expected, rel=1e-6) == objective(point, logs)[0]


def test_the_gradient_is_that_of_the_objective():
    logs = Runs(*(np.log(column) for column in make_runs(noise=0.01)))
    point = np.array([6.0, 7.5, 0.6, 0.34, 0.36])
    step = 1e-6
    numeric = [
        (objective(point + step * unit, logs)[0] - objective(point - step * unit, logs)[0])
        / (2 * step)
        for unit in np.eye(5)
    ]

    assert pytest.approx(numeric, rel=1e-4) == objective(point, logs)[1]


def test_the_same_seed_gives_the_same_covariance():
    runs = make_runs(num_runs=40, noise=0.005)

    first, again, other = (
        fit_law(runs, num_starts=3, num_resamples=60, seed=seed) for seed in (5, 5, 6)
    )

    assert first == again
    assert first.uncertainty != other.uncertainty


def test_the_order_of_runs_makes_no_difference():
    runs = make_runs(noise=0.005)
    turned = Runs(*(column[::-1] for column in runs))

    one, other = (fit_law(r, num_starts=5, num_resamples=0) for r in (runs, turned))

    assert pytest.approx(coefficients(one.formula), rel=1e-4) == coefficients(other.formula)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (make_runs(num_runs=9), "too few"),
        (make_runs()._replace(losses=np.full(240, -1.0)), "losses"),
        (make_runs()._replace(num_tokens=np.full(240, np.nan)), "num_tokens"),
        (make_runs()._replace(num_parameters=np.full(240, 1e9)), "same num_parameters"),
    ],
)
def test_runs_that_cannot_be_fitted_are_refused(runs, message):
    with pytest.raises(InputError, match=message):
        fit_law(runs)


@pytest.mark.parametrize(
    "options", [{"num_starts": 0}, {"num_starts": 4501}, {"num_resamples": 10}]
)
def test_absurd_options_are_refused(options):
    with pytest.raises(InputError, match="not a number of"):
        fit_law(make_runs(), **options)


def test_without_scipy_the_extra_is_named():
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "from registry.errors import MissingExtraError\n"
        "from registry.scaling.fitting import _load_minimiser\n"
        "try:\n    _load_minimiser()\nexcept MissingExtraError as error:\n    print(error.hint)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert 'pip install "muster-catalog[fit]"\n' == done.stdout


def test_the_grid_has_the_starts_of_the_papers():
    """Appendix D.3: a, b in 0, 5, .. 25; e in -1, -0.5, .. 1; alpha, beta in 0, 0.5, .. 2."""
    sizes = [len(axis) for axis in fitting._GRID]

    assert [6, 6, 5, 5, 5] == sizes
    assert math.prod(sizes) == 4500
