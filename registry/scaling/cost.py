"""FLOPs, device hours, days and money."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import Field

from registry.domain.base import Value
from registry.domain.training_cost import Cost, Interval
from registry.errors import InputError, UnknownError
from registry.scaling.bounds import (
    MAX_FLOPS,
    check_flops,
    check_parameters,
    check_positive,
    check_tokens,
)

UTILISATION = 0.40
"""The usual share of a device's peak that a run reaches, downtime included."""

UTILISATION_RANGE = (0.25, 0.45)
"""What published runs reach; models below 1B parameters reach 0.2 to 0.3."""


class Device(Value):
    """An accelerator."""

    id: str
    title: str
    peak_flops: float = Field(gt=0)
    """FLOPs a second in bfloat16, dense."""


@cache
def load_devices() -> tuple[Device, ...]:
    """Return every device of `hardware.toml`, in its order."""
    text = files("registry.scaling").joinpath("hardware.toml").read_text(encoding="utf-8")
    return tuple(Device.model_validate(row) for row in tomllib.loads(text)["device"])


def get_device(device: str) -> Device:
    """Return a device by its id.

    Raises:
        UnknownError: There is none; the nearest are offered.
    """
    found = {item.id: item for item in load_devices()}
    if device.lower() not in found:
        raise UnknownError(
            what="device", value=device, known=found, hint="the devices are " + ", ".join(found)
        )
    return found[device.lower()]


def training_flops(num_parameters: float, num_tokens: float) -> float:
    """Return the FLOPs of a training run: 6 N D, two a parameter forward and four backward.

    Recomputed activations are work of the device and none of the model: they are not counted.

    Args:
        num_parameters: Active parameters, 1 to 10^15.
        num_tokens: Tokens read, repetitions included.

    Raises:
        InputError: A number is out of bounds.

    Source:
        Kaplan et al. 2020 (arXiv:2001.08361), section 2.1.

    Example:
        >>> round(training_flops(174.6e9, 300e9) / 1e21)  # GPT-3: 3.14e23 in its Table D.1
        314
    """
    check_parameters(num_parameters)
    return run_flops(6.0 * num_parameters, num_tokens)


def run_flops(flops_per_token: float, num_tokens: float) -> float:
    """Return the FLOPs of a training run by those that a token takes, at most `MAX_FLOPS`.

    Raises:
        InputError: The number of tokens is out of bounds.
    """
    check_tokens(num_tokens, what="training tokens")
    return min(flops_per_token * num_tokens, MAX_FLOPS)


def inference_flops(num_parameters: float, num_tokens: float) -> float:
    """Return the FLOPs of serving or generating tokens: 2 N D, attention left out.

    Raises:
        InputError: A number is out of bounds.
    """
    return training_flops(num_parameters, num_tokens) / 3


def device_hours(flops: float, *, device: str, utilisation: float = UTILISATION) -> float:
    """Return the hours that FLOPs take on one device.

    Args:
        flops: 1 to 10^40.
        device: The id of a device, such as `h100`.
        utilisation: The share of the peak, above 0 and at most 1.

    Raises:
        InputError: A number is out of bounds.
        UnknownError: There is no such device.

    Example:
        >>> round(device_hours(6 * 70e9 * 1.4e12, device="a100", utilisation=0.428))
        1223141
    """
    check_flops(flops)
    check_positive(utilisation, what="a utilisation", most=1)
    return flops / (get_device(device).peak_flops * utilisation * 3600)


def training_cost(
    flops: float,
    *,
    device: str,
    devices: int = 1,
    utilisation: float | None = None,
    price_per_hour: float | None = None,
    currency: str | None = None,
) -> Cost:
    """Return hours, days and money of a training run.

    Args:
        flops: 1 to 10^40.
        device: The id of a device.
        devices: How many work at once.
        utilisation: The share of the peak, where it was measured; None: 0.40, from 0.25 to 0.45.
        price_per_hour: What a device costs an hour; muster knows no prices.
        currency: Of the price.

    Raises:
        InputError: A number is out of bounds.
        UnknownError: There is no such device.
    """
    if not 1 <= devices <= 10**9:
        raise InputError(f"{devices:,} is not a number of devices")
    worst, best = UTILISATION_RANGE if utilisation is None else (utilisation, utilisation)
    shares = (best, utilisation or UTILISATION, worst)
    hours = _interval([device_hours(flops, device=device, utilisation=share) for share in shares])
    money = None
    if price_per_hour is not None:
        check_positive(price_per_hour, what="a price an hour")
        money = _scale(hours, price_per_hour)
    return Cost(
        flops=flops,
        device=get_device(device).id,
        devices=devices,
        device_hours=hours,
        days=_scale(hours, 1 / (24 * devices)),
        money=money,
        currency=currency if money else None,
    )


def _interval(values: list[float]) -> Interval:
    low, mid, high = values
    return Interval(low=low, mid=mid, high=high)


def _scale(interval: Interval, factor: float) -> Interval:
    return _interval([interval.low * factor, interval.mid * factor, interval.high * factor])
