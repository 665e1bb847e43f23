"""Counts and fractions as people write them: `1.3B`, `70b`, `1.5e9`, `1%`."""

import math
import re
from decimal import Decimal
from fractions import Fraction

from registry.errors import InputError

_SUFFIXES = {"": 0, "k": 3, "m": 6, "b": 9, "g": 9, "t": 12, "p": 15}
_COUNT = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?(?:e[+]?[0-9]{1,2})?)\s*([kmbgtp]?)", re.IGNORECASE)
_LARGEST = 10**18


def parse_count(text: str, *, what: str = "count", most: int = _LARGEST) -> int:
    """Read a positive whole number with an optional suffix (K, M, B or G, T, P).

    Args:
        text: Such as `1.3B`, `70b`, `1.5e9` or `125_000_000`.
        what: The name of the quantity, for the error.
        most: The largest number that is one.

    Raises:
        InputError: It is no number, not positive, not whole, or too large.

    Example:
        >>> parse_count("1.3B")
        1300000000
    """
    match = _COUNT.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is not a {what}", hint="write it as 1.3B, 70b or 1.5e9")
    number = Decimal(match[1].replace("_", "")).scaleb(_SUFFIXES[match[2].lower()])
    if number <= 0 or number > most:
        raise InputError(
            f"{text!r} is not a {what}: it must lie between 1 and {format_bound(most)}"
        )
    if number != number.to_integral_value():
        raise InputError(f"{text!r} is not a {what}: {number} is not a whole number")
    return int(number)


def parse_fraction(text: str, *, what: str = "fraction") -> float:
    """Read a fraction above 0 and at most 1, as `1%` or `0.01`.

    Raises:
        InputError: It is no such number.

    Example:
        >>> parse_fraction("1%")
        0.01
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?(?:e-?[0-9]{1,2})?)\s*(%?)", text.strip())
    value = float(Fraction(match[1]) / (100 if match[2] else 1)) if match else math.nan
    if not 0 < value <= 1:
        raise InputError(
            f"{text!r} is not a {what}: it must lie above 0 % and at most at 100 %",
            hint="write it as 1% or 0.01",
        )
    return value


def format_count(number: float) -> str:
    """Return a count with three significant digits and a suffix: `1.30B`, `338K`, `42`."""
    for exponent, suffix in ((15, "P"), (12, "T"), (9, "B"), (6, "M"), (3, "K")):
        if abs(number) >= 0.9995 * 10**exponent:
            return _three_digits(number / 10**exponent) + suffix
    return _three_digits(number)


def format_number(number: int, noun: str, nouns: str | None = None) -> str:
    """Return a whole number with its noun: `1 document`, `2,000 documents`."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def format_exact(number: int) -> str:
    """Return a whole number digit by digit; one of more than 30 digits as `1.07e301`.

    Example:
        >>> format_exact(1 << 1000)
        '1.07e301'
    """
    if number < 10**30:
        return f"{number:,}"
    # The number itself may have more digits than Python turns into text.
    exponent = int((number.bit_length() - 1) * math.log10(2))
    if 10 ** (exponent + 1) <= number:
        exponent += 1
    leading = number // 10 ** (exponent - 2)
    return f"{leading // 100}.{leading % 100:02}e{exponent}"


def format_bound(number: float) -> str:
    """Return a bound as people write it: `1e15`, `0.25`, `40`.

    Example:
        >>> format_bound(10**15), format_bound(0.25)
        ('1e15', '0.25')
    """
    return f"{number:g}".replace("e+", "e")


def format_bytes(num_bytes: float) -> str:
    """Return a size in decimal units: `1.30 TB`, `338 kB`, `42 B`."""
    for exponent, unit in ((15, "PB"), (12, "TB"), (9, "GB"), (6, "MB"), (3, "kB")):
        if abs(num_bytes) >= 0.9995 * 10**exponent:
            return f"{_three_digits(num_bytes / 10**exponent)} {unit}"
    return f"{_three_digits(num_bytes)} B"


def format_times(number: float) -> str:
    """Return how often something is done, with three significant digits: `0.12`, `4.5`, `1,150`.

    Example:
        >>> format_times(1152.3), format_times(3.3e-7), format_times(2.5e9)
        ('1,150', 'under 0.001', '2.50B')
    """
    if number >= 999_500:
        return format_count(number)
    if number >= 999.5:
        return f"{float(f'{number:.3g}'):,.0f}"
    return f"{number:.3g}" if number >= 0.001 or number == 0 else "under 0.001"


def format_percent(fraction: float) -> str:
    """Return a fraction as percent with two significant digits: `1.2 %`, `0.034 %`, `100 %`.

    What is less than the whole is never shown as the whole: `99.9 %`.
    """
    percent = 100 * fraction
    if 99.5 <= percent < 100:
        return f"{min(percent, 99.9):.1f} %"
    if percent == 0 or abs(percent) >= 10:
        return f"{percent:.0f} %"
    return f"{percent:.2g} %"


def _three_digits(number: float) -> str:
    if number == int(number) and abs(number) < 1000:
        return str(int(number))
    if abs(number) >= 99.95:
        return f"{number:.0f}"
    return f"{number:.2f}" if abs(number) < 9.995 else f"{number:.1f}"
