"""Point estimates for many targets at once, in arrays; intervals and reasons come from `assess`."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from registry.domain.target import Verdict
from registry.errors import InputError
from registry.scaling.bounds import (
    MAX_PARAMETERS,
    MAX_TOKENS,
    MAX_UNIQUE_TOKENS,
    check_positive,
)
from registry.scaling.laws import DEFAULT_LAW, Law, get_law
from registry.scaling.repetition import R_D_STAR
from registry.scaling.requirement import counted
from registry.scaling.uncertainty import Floats
from registry.scaling.verdict import AMPLE_FACTOR


@dataclass(frozen=True)
class Estimates:
    """One element a target, in the order they were given; tokens unless said otherwise."""

    required: Floats
    effective: Floats
    """What the unique tokens are worth after the epochs that are wanted."""

    epochs_needed: Floats
    """0 where no number of epochs suffices; see `is_feasible`."""

    is_feasible: npt.NDArray[np.bool_]
    shortfall: Floats
    """Unique tokens missing for the requirement without repetition."""

    largest_model: Floats
    """Parameters of the largest compute-optimal model for the unique tokens, seen once."""

    verdicts: npt.NDArray[np.str_]
    """By the point requirement, whose interval the verdict of `assess` knows as well."""


def estimate_targets(
    num_parameters: npt.ArrayLike,
    unique_tokens: npt.ArrayLike,
    *,
    law: str | Law = DEFAULT_LAW,
    epochs: float = 4,
    hard_epochs: float = 16,
    r_d_star: float = R_D_STAR,
) -> Estimates:
    """Return point estimates for many targets, vectorised.

    Args:
        num_parameters: Sizes as the law counts them, each 1 to 10^15.
        unique_tokens: Tokens held, one number or one for each size, 0 to 10^17.
        law: A law, or its id.
        epochs: How often a token is wanted to be seen at most.
        hard_epochs: How often it may be seen at most.
        r_d_star: The constant of repetition.

    Raises:
        InputError: A number is out of bounds; the first such one is named.
        UnknownError: There is no such law.

    Example:
        >>> [str(v) for v in estimate_targets([1e9, 1e12], 3e10).verdicts]
        ['SUFFICIENT', 'INSUFFICIENT']
    """
    sizes = _check(num_parameters, what="model size", least=1, most=MAX_PARAMETERS)
    unique = _check(unique_tokens, what="number of unique tokens", least=0, most=MAX_UNIQUE_TOKENS)
    for value in (epochs, hard_epochs):
        check_positive(value, what="a number of epochs")
    check_positive(r_d_star, what="a repetition constant")
    sizes, unique = np.broadcast_arrays(sizes, unique)
    chosen = get_law(law)
    line, unit = chosen.line, np.log(counted(chosen, 1))
    logs = line.intercept + line.slope * (np.log(sizes) + unit)
    required = np.exp(np.minimum(logs, np.log(MAX_TOKENS)))
    wanted, most = (unique * _worth(times, r_d_star) for times in (epochs, hard_epochs))
    needed, is_feasible = _epochs_needed(required, unique, r_d_star)
    held = np.maximum(unique, 1)
    return Estimates(
        required=required,
        effective=wanted,
        epochs_needed=needed,
        is_feasible=is_feasible,
        shortfall=np.maximum(required - unique, 0),
        largest_model=np.where(
            unique >= 1, np.exp((np.log(held) - line.intercept) / line.slope - unit), 0.0
        ),
        verdicts=np.select(
            [
                unique >= AMPLE_FACTOR * required,
                unique >= required,
                wanted >= required,
                most >= required,
            ],
            [Verdict.AMPLE, Verdict.SUFFICIENT, Verdict.SUFFICIENT_REPEAT, Verdict.CONSTRAINED],
            default=Verdict.INSUFFICIENT,
        ).astype(np.str_),
    )


def _worth(epochs: float, r_d_star: float) -> float:
    if epochs <= 1:
        return epochs
    return float(1 - r_d_star * np.expm1(-(epochs - 1) / r_d_star))


def _epochs_needed(
    required: Floats, unique: Floats, r_d_star: float
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the closed form of `repetition.epochs_needed`, and where there is an answer."""
    ratio = required / np.maximum(unique, 1)
    spent = np.maximum(ratio - 1, 0) / r_d_star
    is_feasible = (unique > 0) & (spent < 1)
    repeated = 1 - r_d_star * np.log1p(-np.where(is_feasible, spent, 0))
    return np.where(is_feasible, np.where(ratio <= 1, ratio, repeated), 0.0), is_feasible


def _check(values: npt.ArrayLike, *, what: str, least: float, most: float) -> Floats:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{values!r} is not a {what}: it is no number") from error
    wrong = ~((numbers >= least) & (numbers <= most))
    if wrong.any():
        first = numbers[wrong].flat[0]
        raise InputError(f"{first:,} is not a {what}: it must lie between {least} and {most:.0e}")
    return numbers
