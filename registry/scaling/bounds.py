"""The numbers that the room takes: a wrong one is refused before any formula sees it."""

from registry.domain.target import MOST
from registry.errors import InputError

MAX_PARAMETERS = 10**15
"""A thousand times the largest model in any published table; beyond it no law says anything."""

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
    if not 1 <= num_parameters <= MAX_PARAMETERS:
        raise InputError(
            f"{num_parameters:,} is not a model size: "
            f"it must lie between 1 and {MAX_PARAMETERS:.0e} parameters",
            hint="write a size as 1.3B, 70b or 1.5e9",
        )
    return num_parameters


def check_flops(flops: float) -> float:
    """Return a number of training FLOPs that lies between 1 and `MAX_FLOPS`; NaN does not.

    Raises:
        InputError: It does not.
    """
    if not 1 <= flops <= MAX_FLOPS:
        raise InputError(
            f"{flops:,} is not a compute budget: it must lie between 1 and {MAX_FLOPS:.0e} FLOPs",
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
    if not least <= num_tokens <= most:
        raise InputError(
            f"{num_tokens:,} is not a number of {what}: it must lie between {least} and {most:.0e}"
        )
    return num_tokens


def check_positive(value: float, *, what: str, most: float = 1e9) -> float:
    """Return a number above 0 and at most `most`; NaN is neither.

    Raises:
        InputError: It is not.
    """
    if not 0 < value <= most:
        raise InputError(f"{value:,} is not {what}: it must lie above 0 and at most at {most:g}")
    return value
