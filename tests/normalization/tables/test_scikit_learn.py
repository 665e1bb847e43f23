"""The same answers as scikit-learn's transformers, which are the reference, on the same columns."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from .factories import fit_apply, recipe_of

READ = ("read_columns", {"numbers": ["x"], "texts": ["c"]})

# Sums of values of one size lose nothing that matters in scikit-learn either.
numbers = st.lists(
    st.none() | st.integers(-(10**6), 10**6).map(lambda n: n / 64), min_size=2, max_size=40
).filter(lambda values: any(value is not None for value in values))
categories = st.lists(st.sampled_from(["b", "a", "ä", "B", "", "日本"]), min_size=1, max_size=30)


def by_muster(values, *steps):
    columns = {
        "x": pa.array(values, pa.float64()),
        "c": pa.array([None] * len(values), pa.string()),
    }
    table, _ = fit_apply(recipe_of(READ, *steps), columns)
    return table


def as_matrix(values):
    return np.array([[np.nan if value is None else value] for value in values], dtype=np.float64)


def column(table, name="x"):
    return table.column(name).to_numpy()


@pytest.mark.parametrize(
    ("parameters", "scaler"),
    [
        ({"method": "standard"}, StandardScaler()),
        ({"method": "min_max"}, MinMaxScaler()),
        ({"method": "min_max", "low": -2.0, "high": 3.0}, MinMaxScaler(feature_range=(-2, 3))),
        ({"method": "robust"}, RobustScaler()),
        (
            {"method": "robust", "lower_quantile": 0.1, "upper_quantile": 0.6},
            RobustScaler(quantile_range=(10, 60)),
        ),
    ],
)
@settings(max_examples=30)
@given(values=numbers)
def test_scaled_as_scikit_learn_scales(parameters, scaler, values):
    table = by_muster(values, ("scale", {"columns": ["x"], **parameters}))

    expected = scaler.fit_transform(as_matrix(values))[:, 0]
    np.testing.assert_allclose(column(table), expected, rtol=1e-12, atol=1e-12)


def test_a_column_without_spread_is_divided_by_one():
    for method, scaler in (
        ("standard", StandardScaler()),
        ("min_max", MinMaxScaler()),
        ("robust", RobustScaler()),
    ):
        table = by_muster([0.1] * 7, ("scale", {"columns": ["x"], "method": method}))

        expected = scaler.fit_transform(as_matrix([0.1] * 7))[:, 0]
        np.testing.assert_allclose(column(table), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("method", "strategy"),
    [("mean", "mean"), ("median", "median"), ("mode", "most_frequent"), ("constant", "constant")],
)
@settings(max_examples=30)
@given(values=numbers)
def test_filled_as_scikit_learn_fills(method, strategy, values):
    imputer = SimpleImputer(strategy=strategy, fill_value=-7.5, add_indicator=True)
    step = {"columns": ["x"], "method": method, "value": "-7.5", "indicator": True}
    table = by_muster(values, ("impute", step))

    expected = imputer.fit_transform(as_matrix(values))
    np.testing.assert_allclose(column(table), expected[:, 0], rtol=1e-15)
    if None in values:
        assert expected[:, 1].tolist() == column(table, "x_missing").tolist()


@settings(max_examples=30)
@given(values=categories)
def test_encoded_as_scikit_learn_encodes(values):
    read = ("read_columns", {"texts": ["c"], "missing": []})
    matrix = np.array([[value] for value in values], dtype=object)
    columns = {"c": pa.array(values)}

    codes, _ = fit_apply(recipe_of(read, ("encode", {"columns": ["c"]})), columns)
    expected = OrdinalEncoder().fit_transform(matrix)[:, 0]
    assert expected.tolist() == codes.column("c").to_pylist()

    one_hot, _ = fit_apply(
        recipe_of(read, ("encode", {"columns": ["c"], "method": "one_hot"})), columns
    )
    encoder = OneHotEncoder(sparse_output=False)
    expected = encoder.fit_transform(matrix)
    assert [f"c={one}" for one in encoder.categories_[0]] == one_hot.column_names
    assert expected.T.tolist() == [found.to_pylist() for found in one_hot.columns]


@settings(max_examples=30)
@given(values=st.lists(st.none() | st.sampled_from("abc"), min_size=1, max_size=20))
def test_missing_categories_are_as_those_of_scikit_learn(values):
    if all(value is None for value in values):
        return
    read = ("read_columns", {"texts": ["c"]})
    columns = {"c": pa.array(values, pa.string())}
    matrix = np.array([[np.nan if value is None else value] for value in values], dtype=object)

    one_hot, _ = fit_apply(
        recipe_of(read, ("encode", {"columns": ["c"], "method": "one_hot"})), columns
    )
    expected = OneHotEncoder(sparse_output=False).fit_transform(matrix)
    assert expected.T.tolist() == [found.to_pylist() for found in one_hot.columns]

    codes, _ = fit_apply(recipe_of(read, ("encode", {"columns": ["c"]})), columns)
    expected = OrdinalEncoder().fit_transform(matrix)[:, 0]
    np.testing.assert_array_equal(codes.column("c").to_numpy(), expected)


def test_a_chain_is_fitted_as_a_pipeline_of_scikit_learn_is():
    values = [1.0, None, 4.0, 10.0, None, 2.5]
    table = by_muster(
        values,
        ("impute", {"columns": ["x"], "method": "median"}),
        ("scale", {"columns": ["x"]}),
    )

    filled = SimpleImputer(strategy="median").fit_transform(as_matrix(values))
    expected = StandardScaler().fit_transform(filled)[:, 0]
    np.testing.assert_allclose(column(table), expected, rtol=1e-14)
