"""Weights that meet floors and caps and lose the least to repetition.

Of D tokens that a run reads, x_i come from pool i of U_i unique tokens. They are worth U_i f(x_i /
U_i), f as in `registry.scaling.blend`, so repetition loses

    sum_i x_i - U_i f(x_i / U_i)

tokens. Each term is convex and 0 up to U_i; floors, caps and the most epochs are linear. The least
of a sum of convex functions of one variable each is found by cutting planes: a linear program over
tangents, with a new tangent wherever its answer lies, until its bound from below meets the loss.
Where several weights lose equally little, those are taken that lie nearest to what is held: the
least sum of x_i^2 / U_i, which takes the same part of each pool where nothing else is asked.

Source:
    The loss: Muennighoff et al. 2023 (arXiv:2305.16264), equation 5, taken for each pool. Cutting
    planes: Kelley 1960, The Cutting-Plane Method for Solving Convex Programs; the linear programs
    are solved by HiGHS, through scipy.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from registry.errors import InputError, MissingExtraError
from registry.scaling.bounds import check_positive, check_tokens
from registry.scaling.repetition import R_D_STAR
from registry.scaling.uncertainty import Floats

MAX_POOLS = 2_000

_ROUNDS = 40
_GAP = 1e-10
"""Where the bound from below counts as met, as a share of the tokens read."""

_DIGITS = 6
"""Decimals of a weight that the search can tell apart."""

_NEAR = 1e-4
"""Within it the search has reached a bound."""

Curve = Callable[[Floats], tuple[Floats, Floats]]
"""The value and the slope of each pool's term."""


@dataclass(frozen=True)
class Share:
    """What a group of pools is to have of the tokens read."""

    name: str
    pools: frozenset[int]
    """The places of its pools."""

    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class MixedWeights:
    """Weights that were found."""

    weights: tuple[float, ...]
    """Shares of the tokens read, by pool; they add up to 1."""

    lost: float
    """Tokens lost to repetition."""

    least: float
    """No weights lose less than so many tokens."""


def solve_weights(
    unique: Sequence[int],
    num_tokens: float,
    *,
    shares: Sequence[Share] = (),
    most_epochs: float = 16,
    r_d_star: float = R_D_STAR,
) -> MixedWeights:
    """Return the weights that meet all shares and lose the fewest tokens to repetition.

    Args:
        unique: Unique tokens of each pool.
        num_tokens: Tokens that the run reads, repetitions included.
        shares: What groups of pools are to have.
        most_epochs: How often a token may be seen at most.
        r_d_star: The constant of repetition.

    Raises:
        InputError: No weights meet what is asked: what cannot be met together is named. Or a number
            is out of bounds.
        MissingExtraError: scipy is not installed.

    Example:
        >>> found = solve_weights([100, 100], 200, shares=[Share("b", frozenset({1}), low=0.75)])
        >>> found.weights
        (0.25, 0.75)
    """
    check_tokens(num_tokens, what="training tokens", least=1)
    check_positive(most_epochs, what="a number of epochs")
    if not 1 <= len(unique) <= MAX_POOLS:
        raise InputError(f"weights are found for 1 to {MAX_POOLS:,} pools, not {len(unique):,}")
    held = np.array([check_tokens(one, what="unique tokens") for one in unique]) / num_tokens
    problem = _Problem(held, tuple(shares), most_epochs)
    if not problem.is_feasible(range(len(shares)), is_capped=True):
        raise problem.explain(num_tokens)

    def lose(read: Floats) -> tuple[Floats, Floats]:
        return _loss(read, held, r_d_star)

    found, least = problem.minimise(lose, high=most_epochs * held)
    spent = found > held * (1 + 1e-6)
    low, high = np.where(spent, found, 0.0), np.where(spent, found, np.maximum(held, found))

    def spread(read: Floats) -> tuple[Floats, Floats]:
        base = np.where(held > 0, held, 1.0)
        return read * read / base, 2 * read / base

    found, _ = problem.minimise(spread, high=high, low=low)
    weights = _round(problem.polish(found, held, low=low, high=high))
    lost = float(lose(np.array(weights))[0].sum())
    return MixedWeights(weights, lost * num_tokens, min(lost, max(0.0, least)) * num_tokens)


class _Problem:
    """The linear constraints, in shares of the tokens read."""

    def __init__(self, held: Floats, shares: tuple[Share, ...], most_epochs: float) -> None:
        try:
            from scipy.optimize import linprog  # noqa: PLC0415 - an extra, and slow to load
        except ImportError as error:
            raise MissingExtraError(task="weights that meet floors", extra="fit") from error
        self._linprog = linprog
        self._held, self._shares, self._most_epochs = held, shares, most_epochs
        rows = [self._row(share) for share in shares]
        # As rows of A x <= b: first every floor, then every cap.
        self._matrix = np.array([-row for row in rows] + rows).reshape(-1, len(held))
        self._bound = np.array([-one.low for one in shares] + [one.high for one in shares])

    def _row(self, share: Share) -> Floats:
        row = np.zeros(len(self._held))
        row[list(share.pools)] = 1.0
        return row

    def is_feasible(self, places: Iterable[int], *, is_capped: bool) -> bool:
        """Return whether some weights meet these shares, with or without the most epochs."""
        floors = list(places)
        kept = [*floors, *(place + len(self._shares) for place in floors)]
        high = self._most_epochs * self._held if is_capped else np.where(self._held > 0, 1.0, 0.0)
        found = self._linprog(
            np.zeros(len(high)),
            A_ub=self._matrix[kept] if kept else None,
            b_ub=self._bound[kept] if kept else None,
            A_eq=np.ones((1, len(high))),
            b_eq=[1.0],
            bounds=list(zip(np.zeros(len(high)), high, strict=True)),
            method="highs",
        )
        return bool(found.status == 0)

    def minimise(
        self, curve: Curve, *, high: Floats, low: Floats | None = None
    ) -> tuple[Floats, float]:
        """Return the shares with the least sum of a convex curve, and a bound from below."""
        from scipy import sparse  # noqa: PLC0415 - see above

        size = len(high)
        low = np.zeros(size) if low is None else low
        base = sparse.hstack(
            [sparse.csr_array(self._matrix), sparse.csr_array((len(self._bound), size))]
        )
        rows, bounds = [base] if len(self._bound) else [], [self._bound]
        equal = sparse.hstack([sparse.csr_array(np.ones((1, size))), sparse.csr_array((1, size))])
        limits = [*zip(low, high, strict=True), *[(0.0, None)] * size]
        cost = np.concatenate([np.zeros(size), np.ones(size)])
        best, best_value, least = low, math.inf, 0.0
        points = [low, (low + high) / 2, high]
        for _ in range(_ROUNDS):
            for point in points:
                value, slope = curve(point)
                # The tangent at the point: z >= value + slope (x - point).
                rows.append(sparse.hstack([sparse.diags_array(slope), -sparse.eye_array(size)]))
                bounds.append(slope * point - value)
            found = self._linprog(
                cost,
                A_ub=sparse.vstack(rows, format="csr"),
                b_ub=np.concatenate(bounds),
                A_eq=equal,
                b_eq=[1.0],
                bounds=limits,
                method="highs",
                options={
                    "primal_feasibility_tolerance": 1e-10,
                    "dual_feasibility_tolerance": 1e-10,
                },
            )
            if found.status != 0:  # rounding: what was found so far stands
                break
            point, least = found.x[:size], max(least, float(found.fun))
            reached = float(curve(point)[0].sum())
            if reached < best_value:
                best, best_value = point, reached
            if best_value - least <= _GAP:
                break
            points = [point]
        return best, least

    def polish(self, found: Floats, held: Floats, *, low: Floats, high: Floats) -> Floats:
        """Return the shares nearest to what is held, exactly, where the constraints that bind tell.

        Of the free pools x_i = U_i sum_j l_j A_ji over the constraints j that bind; those make the
        multipliers l follow from a linear system. Where that breaks another constraint, the search
        stands.
        """
        free = (found > low + _NEAR) & (found < high - _NEAR)
        binds = abs(self._matrix @ found - self._bound) < _NEAR
        rows = np.vstack([np.ones(len(held)), self._matrix[binds]])
        bound = np.concatenate([[1.0], self._bound[binds]])
        fixed = np.where(free, 0.0, np.where(found < (low + high) / 2, low, high))
        inner = rows[:, free] * held[free]
        multipliers = np.linalg.lstsq(inner @ rows[:, free].T, bound - rows @ fixed, rcond=None)[0]
        exact = fixed.copy()
        exact[free] = held[free] * (rows[:, free].T @ multipliers)
        is_met = (self._matrix @ exact <= self._bound + 1e-9).all() and abs(exact.sum() - 1) < 1e-9
        is_inside = (exact >= low - 1e-9).all() and (exact <= high + 1e-9).all()
        return exact if is_met and is_inside else found

    def explain(self, num_tokens: float) -> InputError:
        """Return the error that names what cannot be met together: without any of it, it can."""
        binding = list(range(len(self._shares)))
        is_capped = self.is_feasible(binding, is_capped=False)
        for place in list(binding):
            rest = [other for other in binding if other != place]
            if not self.is_feasible(rest, is_capped=is_capped):
                binding = rest
        shares = [self._shares[place] for place in binding]
        names = tuple(share.name for share in shares)
        if not shares:
            return self._too_few(range(len(self._held)), "the parts together", num_tokens, 1.0)
        if is_capped and len(shares) == 1 and shares[0].low:
            pools, low = shares[0].pools, shares[0].low
            return self._too_few(pools, shares[0].name, num_tokens, low)
        together = "" if len(names) == 1 else " together"
        within = f" within {self._most_epochs:g} epochs" if is_capped else ""
        return InputError(
            f"no weights meet {', '.join(names)}{together}{within}",
            hint="lower a floor, raise a cap" + (", or allow more epochs" if is_capped else ""),
        )

    def _too_few(
        self,
        pools: Sequence[int] | frozenset[int] | range,
        name: str,
        num_tokens: float,
        low: float,
    ) -> InputError:
        most = float(self._held[list(pools)].sum()) * num_tokens * self._most_epochs
        return InputError(
            f"{name}: {low * num_tokens:,.0f} of {num_tokens:,.0f} tokens are asked for, and "
            f"{self._most_epochs:g} epochs of what is held give {most:,.0f}",
            hint="allow more epochs, ask for fewer tokens, or get more of it",
        )


def _loss(read: Floats, held: Floats, r_d_star: float) -> tuple[Floats, Floats]:
    """Return what repetition loses of each pool, and by how much one token more loses more."""
    base = np.where(held > 0, held, 1.0)
    times = np.maximum(read / base, 1.0)
    decay = -(times - 1) / r_d_star
    gained = base * (1 - r_d_star * np.expm1(decay))
    return np.where(times > 1, read - gained, 0.0), -np.expm1(decay)


def _round(found: Floats) -> tuple[float, ...]:
    """Return weights of few decimals that add up to 1 exactly, by the largest remainders."""
    unit = 10**_DIGITS
    scaled = np.maximum(found, 0) / found.sum() * unit
    # What lies within the search's error of a whole unit is that unit.
    scaled = np.where(abs(scaled - np.round(scaled)) < 0.05, np.round(scaled), scaled)
    whole = np.floor(scaled).astype(np.int64)
    missing = unit - int(whole.sum())
    order = np.argsort(-(scaled - whole), kind="stable")
    step = 1 if missing > 0 else -1
    for place in order[::step][: abs(missing)]:
        whole[place] += step
    return tuple(float(value) / unit for value in whole)
