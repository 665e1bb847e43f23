"""What a training run takes: hours, days and money."""

from registry.domain.base import Value


class Interval(Value):
    """A point and its ends."""

    low: float
    mid: float
    high: float


class Cost(Value):
    """What a training run takes, at usual, best and worst utilisation."""

    flops: float
    device: str
    devices: int
    device_hours: Interval
    days: Interval
    """On all devices at once."""

    money: Interval | None
    """In the currency of the price; None: no price was given."""

    currency: str | None = None
    """Of the money; None: nobody said which."""
