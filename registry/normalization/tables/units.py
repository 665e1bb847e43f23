"""Units of measure, as exact multiples of one unit of each kind, and where their zero lies.

Source: NIST Special Publication 811 (2008), Appendix B, factors in bold type, which are exact.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_POUND: Final = Fraction("0.45359237")
_FOOT: Final = Fraction("0.3048")
_INCH: Final = Fraction("0.0254")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: a value in it is `factor` times as many of its kind's first one, plus `zero`."""

    kind: str
    factor: Fraction
    zero: Fraction = Fraction(0)


def _units(kind: str, **factors: Fraction | int | str) -> dict[str, Unit]:
    return {name: Unit(kind, Fraction(factor)) for name, factor in factors.items()}


UNITS: Final[dict[str, Unit]] = {
    **_units(
        "length",
        m=1,
        km=1000,
        cm="0.01",
        mm="0.001",
        um="1e-6",
        nm="1e-9",
        inch=_INCH,
        ft=_FOOT,
        yd=3 * _FOOT,
        mi=5280 * _FOOT,
        nmi=1852,
    ),
    **_units("area", m2=1, km2=10**6, cm2="1e-4", ha=10**4, ft2=_FOOT**2),
    **_units(
        "volume",
        m3=1,
        l="0.001",
        ml="1e-6",
        us_gal=231 * _INCH**3,
        us_floz=Fraction(231, 128) * _INCH**3,
        ft3=_FOOT**3,
    ),
    **_units("mass", kg=1, g="0.001", mg="1e-6", t=1000, lb=_POUND, oz=_POUND / 16),
    **_units("time", s=1, ms="0.001", us="1e-6", min=60, h=3600, d=86400),
    **_units(
        "speed", m_s=1, km_h=Fraction(1000, 3600), mi_h=5280 * _FOOT / 3600, kn=Fraction(1852, 3600)
    ),
    **_units("pressure", Pa=1, kPa=1000, hPa=100, bar=10**5, atm=101325),
    **_units("energy", J=1, kJ=1000, kWh=3_600_000, cal="4.184", kcal=4184),
    **_units(
        "information",
        B=1,
        bit=Fraction(1, 8),
        kB=1000,
        MB=10**6,
        GB=10**9,
        KiB=2**10,
        MiB=2**20,
        GiB=2**30,
    ),
    "K": Unit("temperature", Fraction(1)),
    "degC": Unit("temperature", Fraction(1), Fraction("273.15")),
    "degF": Unit("temperature", Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
}


def convert(source: str, target: str) -> tuple[float, float]:
    """Return factor and shift with which values in one unit become values in another.

    Example:
        >>> convert("degC", "degF")
        (1.8, 32.0)
    """
    one, other = UNITS[source], UNITS[target]
    return float(one.factor / other.factor), float((one.zero - other.zero) / other.factor)
