import math
import statistics
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.errors import InputError
from registry.normalization.tables.quantiles import find_quantiles
from registry.normalization.tables.statistics import Frequencies, Measured, Moments, Need

finite = st.floats(allow_nan=False, allow_infinity=False)
moderate = st.floats(-1e150, 1e150)


def moments_of(*parts):
    total = Moments()
    for part in parts:
        one = Moments()
        one.add(pa.array(part, pa.float64()))
        total.merge(one.state)
    return total


@given(values=st.lists(moderate, min_size=1, max_size=30))
@example(values=[1e150, 1.0, -1e150])
@example(values=[5e-324, 0.0, -5e-324, 2.2e-308])
def test_mean_and_variance_are_correctly_rounded(values):
    moments = moments_of(values)

    exact = [Fraction(value) for value in values]
    assert float(statistics.mean(exact)) == moments.mean
    assert float(statistics.pvariance(exact)) == moments.variance


@given(values=st.lists(finite, min_size=1, max_size=30), at=st.integers(0, 30), data=st.data())
def test_sums_know_neither_order_nor_cut(values, at, data):
    shuffled = data.draw(st.permutations(values))

    assert moments_of(values).state == moments_of(shuffled[:at], shuffled[at:]).state


def test_more_values_than_are_summed_at_once_add_up():
    values = np.full(3_000_001, 0.1)

    assert 0.1 == moments_of(values).mean
    assert 0.0 == moments_of(values).variance


@settings(max_examples=60)
@given(
    values=st.lists(finite | st.sampled_from([0.0, -0.0, 1.0, math.pi]), min_size=1, max_size=60),
    share=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]),
    at=st.integers(0, 60),
)
def test_quantiles_are_those_of_numpy_however_few_values_fit_in_memory(values, share, at):
    pieces = [np.array(values[:at]), np.array(values[at:])]
    (found,) = find_quantiles(lambda: pieces, len(values), [share], most=2)

    array = np.array(values)
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.median(array) if share == 0.5 else np.quantile(array, share)
    if math.isfinite(expected):
        assert expected == found


def test_the_mode_is_of_several_the_least():
    frequencies = Frequencies(Need("x", Measured.FREQUENCIES, most=10))
    frequencies.add(pa.array(["b", "a", "b", "a", None, None, None]))

    assert "a" == frequencies.mode


def test_too_many_categories_are_refused_before_they_fill_the_memory():
    frequencies = Frequencies(Need("x", Measured.FREQUENCIES, most=2))

    with pytest.raises(InputError, match="more than 2 distinct values"):
        frequencies.add(pa.array(["a", "b", "c"]))
