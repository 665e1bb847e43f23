"""FLOPs, hours, days and money, against published runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError, UnknownError
from registry.scaling.cost import (
    device_hours,
    inference_flops,
    load_devices,
    training_cost,
    training_flops,
)

CHINCHILLA = [
    # parameters, tokens, FLOPs: Hoffmann et al. 2022, Table 3
    (4e8, 8.0e9, 1.92e19),
    (1e9, 20.2e9, 1.21e20),
    (1e10, 205.1e9, 1.23e22),
    (2.8e11, 5.9e12, 9.90e24),
    (1e13, 216.2e12, 1.30e28),
]


@pytest.mark.parametrize(("num_parameters", "num_tokens", "flops"), CHINCHILLA)
def test_six_nd_is_what_chinchillas_tables_use(num_parameters, num_tokens, flops):
    assert pytest.approx(flops, rel=0.01) == training_flops(num_parameters, num_tokens)


@pytest.mark.parametrize(
    ("num_parameters", "hours", "utilisation"),
    [(6.738e9, 184_320, 0.391), (13.016e9, 368_640, 0.377), (68.98e9, 1_720_320, 0.428)],
)
def test_the_hours_of_llama_2_follow_from_its_utilisation(num_parameters, hours, utilisation):
    """Model card of Llama 2: 2T tokens on A100; utilisation as these hours imply."""
    flops = training_flops(num_parameters, 2e12)

    assert pytest.approx(hours, rel=0.003) == device_hours(
        flops, device="a100", utilisation=utilisation
    )


def test_usual_utilisation_holds_most_published_runs():
    """Llama 3.1 405B, 15.6T tokens: 30.84M H100 hours (model card)."""
    cost = training_cost(training_flops(405e9, 15.6e12), device="h100")

    assert cost.device_hours.low < 30.84e6 < cost.device_hours.high


def test_days_and_money_follow_from_hours():
    """DeepSeek-V3's report: 2.788M hours at 2 dollars are 5.576M."""
    hours = 2.788e6
    flops = hours * 3600 * 989e12 * 0.4

    cost = training_cost(flops, device="h100", devices=2048, utilisation=0.4, price_per_hour=2)

    assert pytest.approx(5.576e6) == cost.money.mid
    assert pytest.approx(hours / 24 / 2048) == cost.days.mid
    assert cost.money.low == cost.money.high


def test_without_a_price_there_is_no_money():
    assert training_cost(1e20, device="a100").money is None


def test_serving_takes_a_third_of_training():
    assert pytest.approx(2 * 7e9 * 1e12) == inference_flops(7e9, 1e12)


@given(flops=st.floats(min_value=1, max_value=1e40), price=st.floats(min_value=0.01, max_value=100))
def test_every_interval_is_ordered(flops, price):
    cost = training_cost(flops, device="b200", price_per_hour=price)

    for interval in (cost.device_hours, cost.days, cost.money):
        assert interval.low <= interval.mid <= interval.high


def test_devices_have_unique_ids_and_dense_peaks():
    devices = load_devices()

    assert len({device.id for device in devices}) == len(devices)
    assert all(1e14 <= device.peak_flops <= 1e16 for device in devices)


def test_an_unknown_device_offers_the_nearest():
    with pytest.raises(UnknownError) as caught:
        device_hours(1e20, device="h10")

    assert "h100" in caught.value.nearest


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), 1.1])
def test_absurd_utilisations_are_refused(bad):
    with pytest.raises(InputError, match="not a utilisation"):
        device_hours(1e20, device="h100", utilisation=bad)


@pytest.mark.parametrize("bad", [0, -1, 10**10])
def test_absurd_numbers_of_devices_are_refused(bad):
    with pytest.raises(InputError, match="not a number of devices"):
        training_cost(1e20, device="h100", devices=bad)


def test_the_largest_run_of_all_is_finite():
    assert training_flops(1e15, 1e30) == 1e40
