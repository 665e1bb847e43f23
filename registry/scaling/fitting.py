"""Fit L(N, D) = E + A / N^alpha + B / D^beta to runs, with a bootstrap for its sampling error.

Source:
    Hoffmann et al. 2022 (arXiv:2203.15556), section 3.3 and appendix D.3, for objective and grid;
    Besiroglu et al. 2024 (arXiv:2404.10102) for what went wrong there: the losses are to be summed
    and not averaged, or the optimiser stops early.
"""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np

from registry.domain.base import Value
from registry.errors import InputError, MissingExtraError
from registry.scaling.formulas import Parametric
from registry.scaling.laws import CoefficientUncertainty
from registry.scaling.uncertainty import Floats

Advance = Callable[[], None]
"""Told that a start or a resample is done."""

HUBER_DELTA = 1e-3
"""Residuals of ln L beyond it count linearly."""

MIN_RUNS = 10
"""Five coefficients need more runs than five; a policy value."""

_GRID = (
    np.arange(0, 30, 5.0),  # a
    np.arange(0, 30, 5.0),  # b
    np.arange(-1, 1.5, 0.5),  # e
    np.arange(0, 2.5, 0.5),  # alpha
    np.arange(0, 2.5, 0.5),  # beta
)
"""The starts of appendix D.3: 4,500 of them."""

_RESTARTS = 10
_CHUNK = 256
"""Starts whose objective is computed at a time."""


class Runs(NamedTuple):
    """Finished training runs, one element each."""

    num_parameters: Floats
    num_tokens: Floats
    losses: Floats
    """Nats a token, all on one set of documents."""


class Fit(Value):
    """A fitted law of parametric form."""

    formula: Parametric
    objective: float
    """The sum of Huber losses over the runs."""

    num_runs: int
    num_starts: int
    """Starts of the grid that were followed to the end."""

    uncertainty: CoefficientUncertainty | None
    """From the bootstrap; None: none was asked for."""

    num_resamples: int
    num_failed_resamples: int
    """Resamples whose fit did not converge to a law; they are left out."""


def _tell_nobody() -> None:
    """Do nothing."""


def fit_law(
    runs: Runs,
    *,
    num_starts: int = 100,
    num_resamples: int = 1000,
    seed: int = 0,
    advance: Advance = _tell_nobody,
) -> Fit:
    """Fit the parametric law to runs.

    The objective is computed at each of the 4,500 starts of the papers' grid, and BFGS follows
    the best of them. Each resample of the bootstrap, drawn with replacement, begins at the fit.

    Args:
        runs: At least `MIN_RUNS`, of at least two sizes and two numbers of tokens.
        num_starts: How many starts are followed, 1 to 4,500.
        num_resamples: How many resamples, 0 for none, else 50 to 100,000.
        seed: Of the bootstrap; the same one gives the same covariance.
        advance: Called after each start and each resample, which are as many together as asked for.

    Raises:
        InputError: The runs cannot be fitted, or an argument is out of bounds.
        MissingExtraError: SciPy is not installed.
    """
    _check(runs, num_starts=num_starts, num_resamples=num_resamples)
    minimise = _load_minimiser()
    logs = Runs(*(np.log(column) for column in runs))
    starts = _best_starts(logs, num_starts)
    tried = []
    for start in starts:
        tried.append(minimise(start, logs))
        advance()
    point, objective = min(tried, key=lambda found: found[1])
    if point[3] <= 0 or point[4] <= 0:
        raise InputError(
            "the loss of these runs does not fall with parameters and tokens: "
            f"alpha = {point[3]:.3g}, beta = {point[4]:.3g}",
            hint="give runs of more sizes and more numbers of tokens, all with one recipe",
        )
    draws = _resample(
        logs, point, minimise, num_resamples=num_resamples, seed=seed, advance=advance
    )
    return Fit(
        formula=_formula(point),
        objective=objective,
        num_runs=len(runs.losses),
        num_starts=len(starts),
        uncertainty=_uncertainty(draws) if num_resamples else None,
        num_resamples=num_resamples,
        num_failed_resamples=num_resamples - len(draws),
    )


def objective(coefficients: Floats, logs: Runs) -> tuple[float, Floats]:
    """Return the sum of Huber losses of ln L, and its gradient.

    Args:
        coefficients: a, b, e, alpha, beta.
        logs: The natural logarithms of the runs.
    """
    a, b, e, alpha, beta = coefficients
    terms = np.stack(
        [
            a - alpha * logs.num_parameters,
            b - beta * logs.num_tokens,
            np.full_like(logs.losses, e),
        ]
    )
    top = terms.max(axis=0)
    weights = np.exp(terms - top)
    total = weights.sum(axis=0)
    residuals = top + np.log(total) - logs.losses
    weights /= total
    slopes = np.clip(residuals, -HUBER_DELTA, HUBER_DELTA)
    gradient = np.array(
        [
            slopes @ weights[0],
            slopes @ weights[1],
            slopes @ weights[2],
            -(slopes * weights[0]) @ logs.num_parameters,
            -(slopes * weights[1]) @ logs.num_tokens,
        ]
    )
    return float(_huber(residuals).sum()), gradient


_Minimiser = Callable[[Floats, Runs], tuple[Floats, float]]


def _huber(residuals: Floats) -> Floats:
    size = np.abs(residuals)
    linear = HUBER_DELTA * (size - HUBER_DELTA / 2)
    return np.where(size <= HUBER_DELTA, residuals**2 / 2, linear)


def _load_minimiser() -> _Minimiser:
    try:
        from scipy.optimize import minimize  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(task="fitting a law", extra="fit") from error

    def follow(start: Floats, logs: Runs) -> tuple[Floats, float]:
        """Follow a start with BFGS, restarted until nothing is gained."""
        point, best = start, np.inf
        for _ in range(_RESTARTS):
            # BFGS: of five coefficients the whole matrix costs nothing, and it needs no BLAS, whose
            # threads make L-BFGS slower the more cores are busy.
            found = minimize(
                objective,
                point,
                args=(logs,),
                jac=True,
                method="BFGS",
                options={"gtol": 1e-9, "maxiter": 2_000},
            )
            gained = best - found.fun
            point, best = found.x, min(best, float(found.fun))
            if not gained > 1e-9 * best:
                break
        return point, best

    return follow


def _best_starts(logs: Runs, num_starts: int) -> Floats:
    """Return the starts of the grid with the lowest objective, the best first."""
    grid = np.array(list(product(*_GRID)))
    values = np.concatenate(
        [_objectives(grid[i : i + _CHUNK], logs) for i in range(0, len(grid), _CHUNK)]
    )
    return np.asarray(grid[np.argsort(values, kind="stable")[:num_starts]], dtype=np.float64)


def _objectives(starts: Floats, logs: Runs) -> Floats:
    a, b, e, alpha, beta = (column[:, None] for column in starts.T)
    terms = np.logaddexp(a - alpha * logs.num_parameters, b - beta * logs.num_tokens)
    return np.asarray(_huber(np.logaddexp(terms, e) - logs.losses).sum(axis=1), dtype=np.float64)


def _resample(
    logs: Runs,
    point: Floats,
    minimise: _Minimiser,
    *,
    num_resamples: int,
    seed: int,
    advance: Advance,
) -> Floats:
    """Return the coefficients of every resample whose fit is a law."""
    random = np.random.default_rng(seed)
    size = len(logs.losses)
    draws = []
    for _ in range(num_resamples):
        chosen = random.integers(0, size, size)
        draw, _ = minimise(point, Runs(*(column[chosen] for column in logs)))
        advance()
        if np.isfinite(draw).all() and draw[3] > 0 and draw[4] > 0:
            draws.append(draw)
    return np.array(draws).reshape(-1, 5)


def _uncertainty(draws: Floats) -> CoefficientUncertainty:
    covariance = np.cov(draws, rowvar=False) if len(draws) > 5 else np.zeros((5, 5))
    if np.linalg.eigvalsh(covariance).min() <= 0:
        raise InputError(
            "the runs leave some coefficients undetermined: the bootstrap has no covariance",
            hint="give runs of more sizes and more numbers of tokens, or --bootstrap 0",
        )
    return CoefficientUncertainty(
        centre=_five(np.median(draws, axis=0)),
        covariance=tuple(_five(row) for row in covariance),
    )


def _formula(point: Floats) -> Parametric:
    a, b, e, alpha, beta = _five(point)
    return Parametric(kind="parametric", a=a, b=b, e=e, alpha=alpha, beta=beta)


def _five(row: Floats) -> tuple[float, float, float, float, float]:
    a, b, c, d, e = (float(value) for value in row)
    return a, b, c, d, e


def _check(runs: Runs, *, num_starts: int, num_resamples: int) -> None:
    if len(runs.losses) < MIN_RUNS:
        raise InputError(
            f"{len(runs.losses)} runs are too few for five coefficients: "
            f"at least {MIN_RUNS} are needed"
        )
    for name, column in zip(Runs._fields, runs, strict=True):
        if not (np.isfinite(column) & (column > 0)).all():
            raise InputError(f"{name}: every number must be above 0 and finite")
    for name in ("num_parameters", "num_tokens"):
        if len(np.unique(getattr(runs, name))) < 2:
            raise InputError(f"every run has the same {name}: nothing can be fitted")
    if not 1 <= num_starts <= 4_500:
        raise InputError(f"{num_starts:,} is not a number of starts: it must lie in 1 to 4,500")
    if num_resamples and not 50 <= num_resamples <= 100_000:
        raise InputError(
            f"{num_resamples:,} is not a number of resamples: it must be 0, or 50 to 100,000"
        )
