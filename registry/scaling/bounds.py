"""The numbers that the room takes: a wrong one is refused before any formula sees it."""

from numbers import Real

from registry.domain.quantities import format_bound
from registry.domain.target import MOST, MOST_PARAMETERS
from registry.errors import InputError

MAX_PARAMETERS = MOST_PARAMETERS

MAX_UNIQUE_TOKENS = 10**17
"""A hundred times the highest estimate of the stock of public text; with every repetition allowed
it still fits into 64 bits."""

MAX_TOKENS = float(MOST)
"""Where arithmetic on requirements stops."""

MAX_FLOPS = 1e40
"""A budget far beyond any machine; enough for the largest model on the most tokens."""


def check_parameters(num_parameters: float) -> float:
    """Return a number of parameters that lies between 1 and `MAX_PARAMETERS`.

    Raises:
        InputError: It does not.
    """
    _check_number(num_parameters, what="model size")
    if not 1 <= num_parameters <= MAX_PARAMETERS:
        raise InputError(
            f"{num_parameters:,} is not a model size: "
            f"it must lie between 1 and {format_bound(MAX_PARAMETERS)} parameters",
            hint="write a size as 1.3B, 70b or 1.5e9",
        )
    return num_parameters


def check_flops(flops: float) -> float:
    """Return a number of training FLOPs that lies between 1 and `MAX_FLOPS`; NaN does not.

    Raises:
        InputError: It does not.
    """
    _check_number(flops, what="compute budget")
    if not 1 <= flops <= MAX_FLOPS:
        raise InputError(
            f"{flops:,} is not a compute budget: "
            f"it must lie between 1 and {format_bound(MAX_FLOPS)} FLOPs",
            hint="write a budget as 1e22",
        )
    return flops


def check_tokens(
    num_tokens: float, *, what: str, least: int = 0, most: float = MAX_TOKENS
) -> float:
    """Return a number of tokens that lies between `least` and `most`; NaN does not.

    Raises:
        InputError: It does not.
    """
    _check_number(num_tokens, what=f"number of {what}")
    if not least <= num_tokens <= most:
        raise InputError(
            f"{num_tokens:,} is not a number of {what}: "
            f"it must lie between {least} and {format_bound(most)}"
        )
    return num_tokens


def check_positive(value: float, *, what: str, most: float = 1e9) -> float:
    """Return a number above 0 and at most `most`; NaN is neither.

    Raises:
        InputError: It is not.
    """
    _check_number(value, what=what)
    if not 0 < value <= most:
        raise InputError(
            f"{value:,} is not {what}: it must lie above 0 and at most at {format_bound(most)}"
        )
    return value


def _check_number(value: object, *, what: str) -> None:
    """Refuse texts and truths, which a caller without type checks may pass."""
    if isinstance(value, bool) or not isinstance(value, Real):
        what = what.removeprefix("a ")
        raise InputError(
            f"{value!r} is not a {what}: it is no number",
            hint="registry.domain.quantities.parse_count reads texts such as 7B",
        )
