"""Money: whole millionths of one currency. Different currencies are never added."""

import re
from collections.abc import Iterable
from decimal import Decimal

from pydantic import Field

from registry.domain.base import Value
from registry.errors import InputError

MICROS = 1_000_000
"""Millionths in a unit."""

_MOST_MICROS = 2**63 - 1
_DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,30})(?:\.(?P<part>[0-9]{1,60}))?")


class Money(Value):
    """An amount of one currency."""

    micros: int = Field(ge=-_MOST_MICROS, le=_MOST_MICROS)
    """Millionths of the currency's unit."""

    currency: str
    """An ISO 4217 code."""

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """Read a decimal amount exactly.

        Raises:
            InputError: It is no plain decimal number, has a fraction below a millionth, is too
                large, or the currency is none of ISO 4217.

        Example:
            >>> Money.parse("12.50", "eur")
            Money(micros=12500000, currency='EUR')
        """
        code = parse_currency(currency)
        match = _DECIMAL.fullmatch(amount.strip())
        if match is None:
            raise InputError(
                f"{amount!r} is not an amount of money", hint="write it as 1250 or 12.50"
            )
        micros = (match["part"] or "").rstrip("0")
        if len(micros) > 6:
            raise InputError(
                f"{amount!r} has a fraction below a millionth of {code}",
                hint="round it to six decimals",
            )
        value = int(match["whole"]) * MICROS + int(micros.ljust(6, "0"))
        if value > _MOST_MICROS:
            raise InputError(f"{amount!r} {code} is more than the ledger holds")
        return cls(micros=-value if match["sign"] else value, currency=code)

    @property
    def amount(self) -> Decimal:
        """The amount in units of the currency."""
        return Decimal(self.micros).scaleb(-6)

    def __str__(self) -> str:
        return f"{format_amount(self.micros)} {self.currency}"


def parse_currency(text: str) -> str:
    """Return an ISO 4217 code in capitals.

    Raises:
        InputError: It is none; the nearest are offered.
    """
    from iso4217 import Currency  # noqa: PLC0415 - only who enters money needs the list

    code = text.strip().upper()
    known = [currency.code for currency in Currency]
    if code not in known:
        from difflib import get_close_matches  # noqa: PLC0415 - only on the way to an error

        nearest = get_close_matches(code, known, n=3, cutoff=0.6)
        hint = f"did you mean {', '.join(nearest)}?" if nearest else "such as EUR, USD or JPY"
        raise InputError(f"{text!r} is not a currency of ISO 4217", hint=hint)
    return code


def format_amount(micros: int) -> str:
    """Return millionths as units with two decimals, or as many as it takes.

    Example:
        >>> format_amount(1_234_500_000), format_amount(-1)
        ('1,234.50', '-0.000001')
    """
    whole, part = divmod(abs(micros), MICROS)
    decimals = f"{part:06}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole:,}.{decimals}"


def total(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Return the sum of each currency, by code."""
    sums: dict[str, int] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, 0) + money.micros
    return tuple(Money(micros=sums[code], currency=code) for code in sorted(sums))
