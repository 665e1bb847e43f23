import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.quantities import (
    format_bytes,
    format_count,
    format_exact,
    format_percent,
    format_times,
    parse_count,
    parse_fraction,
)
from registry.errors import InputError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.3B", 1_300_000_000),
        ("70b", 70_000_000_000),
        ("1.5e9", 1_500_000_000),
        ("125_000_000", 125_000_000),
        ("400M", 400_000_000),
        ("2 T", 2_000_000_000_000),
        ("1", 1),
    ],
)
def test_sizes_are_read_as_people_write_them(text, number):
    assert number == parse_count(text)


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1.3", "B", "1.3Q", "nan", "inf", "1e99", "1,3B", "0x10", "1e400"]
)
def test_what_is_no_size_is_refused_with_the_value(text):
    with pytest.raises(InputError, match="is not a model size"):
        parse_count(text, what="model size")


def test_a_number_above_its_bound_is_refused_with_that_bound():
    with pytest.raises(InputError, match="'1e18' is not a size: it must lie between 1 and 1e15"):
        parse_count("1e18", what="size", most=10**15)


@given(st.integers(1, 10**18))
def test_a_whole_number_reads_back(number):
    assert number == parse_count(str(number))


@pytest.mark.parametrize(("text", "fraction"), [("1%", 0.01), ("0.01", 0.01), ("100 %", 1.0)])
def test_fractions_are_read_as_percent_or_as_they_are(text, fraction):
    assert fraction == parse_fraction(text)


@pytest.mark.parametrize("text", ["0", "0%", "101%", "1.1", "-1%", "x", "nan"])
def test_what_is_no_fraction_is_refused(text):
    with pytest.raises(InputError):
        parse_fraction(text)


def test_numbers_are_shown_with_three_digits():
    assert format_count(1_300_000_000) == "1.30B"
    assert format_count(999_999) == "1.00M"
    assert format_count(42) == "42"
    assert format_bytes(1_115_394) == "1.12 MB"
    assert format_bytes(0) == "0 B"
    assert format_percent(0.00034) == "0.034 %"
    assert format_percent(1.0) == "100 %"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (1_234_567, "1,234,567"),
        (10**29, "100," + "000," * 8 + "000"),
        (10**30, "1.00e30"),
        (10**30 - 1, f"{10**30 - 1:,}"),
        (999_999 * 10**40, "9.99e45"),
    ],
)
def test_the_largest_numbers_are_shown_by_their_power(number, text):
    assert text == format_exact(number)


@given(st.integers(10**30, 10**400))
def test_a_power_is_that_of_the_number(number):
    mantissa, exponent = format_exact(number).split("e")

    assert len(str(number)) - 1 == int(exponent)
    assert str(number)[:3] == mantissa.replace(".", "")


def test_a_number_with_more_digits_than_python_writes_is_shown():
    assert "1.23e10000" == format_exact(12_345 * 10**9_996)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.1234, "0.123"), (4, "4"), (999.4, "999"), (1152, "1,150"), (2e6, "2M")],
)
def test_times_are_written_out(number, text):
    assert text == format_times(number)
