"""What holds of every recipe for tables: batches and units do not show, and undoing restores."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import InputError, RecipeError
from registry.normalization.tables.pipeline import TablePipeline

from .factories import apply, cut, fit, fit_apply, recipe_of, rows_of, undo

READ = ("read_columns", {"numbers": ["x"], "integers": ["n"], "texts": ["c"], "times": ["t"]})
EVERYTHING = recipe_of(
    READ,
    ("impute", {"columns": ["x"], "method": "median", "indicator": True}),
    ("impute", {"columns": ["n"], "method": "constant", "value": "0", "indicator": True}),
    ("scale", {"columns": ["x"], "method": "robust"}),
    ("scale", {"columns": ["n"], "method": "standard"}),
    ("encode", {"columns": ["c"], "method": "one_hot"}),
    ("date_parts", {"columns": ["t"], "parts": ["epoch", "hour"]}),
)

rows = st.lists(
    st.tuples(
        st.none() | st.floats(-1e9, 1e9),
        st.none() | st.integers(-(2**53), 2**53),
        st.none() | st.sampled_from(["a", "b", "ü"]),
        st.none() | st.integers(-5 * 10**15, 7 * 10**15),
    ),
    min_size=1,
    max_size=25,
).filter(lambda found: all(any(row[at] is not None for row in found) for at in (0, 2)))


def columns_of(found):
    x, n, c, t = zip(*found, strict=True)
    return {
        "x": pa.array(x, pa.float64()),
        "n": pa.array(n, pa.int64()),
        "c": pa.array(c, pa.string()),
        "t": pa.array(t, pa.int64()).cast(pa.timestamp("us")),
    }


@settings(max_examples=25)
@given(found=rows, sizes=st.lists(st.integers(0, 9), max_size=5), at=st.integers(0, 25))
def test_neither_batches_nor_units_show(found, sizes, at):
    whole = rows_of(columns_of(found))
    in_one = cut(whole, ())
    in_many = [cut(whole.slice(0, at), sizes), cut(whole.slice(at), sizes[::-1])]
    fitted, again = fit(EVERYTHING, [in_one]), fit(EVERYTHING, in_many)

    assert fitted.fingerprint == again.fingerprint
    expected, _ = apply(fitted, in_one)
    made, _ = apply(again, [batch for unit in in_many for batch in unit])
    assert expected.combine_chunks() == made.combine_chunks()


@settings(max_examples=25)
@given(found=rows)
def test_undoing_restores_every_value(found):
    """To within the rounding of one subtraction and one division, of the column's largest value."""
    columns = columns_of(found)
    table, fitted = fit_apply(EVERYTHING, columns)
    before = undo(fitted, table)

    assert columns["c"].to_pylist() == before.column("c").to_pylist()
    assert columns["t"].to_pylist() == before.column("t").to_pylist()
    for name in ("x", "n"):
        nulls = before.column(name).combine_chunks().is_null()
        assert columns[name].is_null().to_pylist() == nulls.to_pylist()
        known = columns[name].drop_null().to_numpy().astype(float)
        scale = max(1.0, np.abs(known).max(initial=0.0))
        restored = before.column(name).drop_null().to_numpy()
        np.testing.assert_allclose(restored, known, rtol=0, atol=scale * 1e-14)


def test_steps_that_do_not_wait_for_each_other_share_a_pass():
    assert 2 == TablePipeline(EVERYTHING).num_fitting_passes
    apart = recipe_of(READ, ("scale", {"columns": ["x"]}), ("encode", {"columns": ["c"]}))
    assert 1 == TablePipeline(apart).num_fitting_passes


def test_what_is_no_number_is_missing_and_what_is_infinite_costs_its_row():
    recipe = recipe_of(("read_columns", {"numbers": ["x"]}))
    values = {"x": pa.array([1.0, math.nan, None, math.inf, -math.inf])}
    table, rejected = apply(recipe, cut(rows_of(values), ()))

    assert [1.0, None, None] == table.column("x").to_pylist()
    assert [("t.csv", 4, "not-finite:x"), ("t.csv", 5, "not-finite:x")] == rejected


def test_texts_are_read_as_their_column_says_and_a_wrong_one_costs_its_row():
    recipe = recipe_of(
        (
            "read_columns",
            {
                "numbers": ["x"],
                "integers": ["n"],
                "booleans": ["b"],
                "dates": ["d"],
                "times": ["t"],
                "missing": ["", "NA"],
            },
        )
    )
    good = {
        "x": " 1e3",
        "n": "9007199254740993",
        "b": "True",
        "d": "2024-02-29",
        "t": "2024-01-01T01:00:00+02:00",
    }
    bad = {"x": "1,5", "n": "1.5", "b": "maybe", "d": "2023-02-29", "t": "noon"}
    lines = [good, dict.fromkeys(good, "NA"), *({**good, name: bad[name]} for name in good)]
    columns = {name: pa.array([line[name] for line in lines]) for name in good}
    table, rejected = apply(recipe, cut(rows_of(columns), ()))

    first, second = table.to_pylist()
    assert {
        "x": 1000.0,
        "n": 9007199254740993,
        "b": True,
        "d": "2024-02-29",
        "t": "2023-12-31 23:00:00",
    } == first | {"d": str(first["d"]), "t": str(first["t"])}
    assert dict.fromkeys(good) == second
    assert [("t.csv", row, f"wrong-type:{name}") for row, name in enumerate(good, 3)] == rejected


def test_dates_are_read_in_the_form_that_is_stated():
    recipe = recipe_of(
        ("read_columns", {"dates": ["d"], "date_format": "%d.%m.%Y"}),
        ("date_parts", {"columns": ["d"], "parts": ["epoch", "weekday"]}),
    )
    columns = {"d": pa.array(["01.02.1970", "1970-02-01"])}
    table, rejected = apply(recipe, cut(rows_of(columns), ()))

    assert [{"d_epoch": 31, "d_weekday": 6}] == table.to_pylist()
    assert [("t.csv", 2, "wrong-type:d")] == rejected


@pytest.mark.parametrize("method", ["ordinal", "one_hot"])
def test_an_unseen_category_is_an_error_unknown_or_rejected(method):
    def by(unseen):
        step = {"columns": ["c"], "method": method, "unseen": unseen}
        recipe = recipe_of(("read_columns", {"texts": ["c"]}), ("encode", step))
        fitted = fit(recipe, [cut(rows_of({"c": pa.array(["a", "b"])}), ())])
        return apply(fitted, cut(rows_of({"c": pa.array(["b", "new"])}), ()))

    with pytest.raises(InputError, match=r"^t\.csv#2: column 'c' holds 'new', which was not there"):
        by("error")
    unknown = {"ordinal": [-1], "one_hot": [0, 0]}[method]
    assert unknown == list(by("unknown")[0].to_pylist()[1].values())
    table, rejected = by("reject")
    assert 1 == len(table)
    assert [("t.csv", 2, "unseen:c")] == rejected


def test_a_category_is_hashed_alike_wherever_it_stands():
    step = {"columns": ["c"], "method": "hashed", "buckets": 1000}
    recipe = recipe_of(("read_columns", {"texts": ["c"]}), ("encode", step))
    table, rejected = apply(recipe, cut(rows_of({"c": pa.array(["a", "b", None, "a"])}), (2,)))

    # The first 8 bytes of the SHA-256 of "a" are ca978112ca1bbdca.
    expected = 0xCA978112CA1BBDCA % 1000
    assert [expected, 0x3E23E8160039594A % 1000, None, expected] == table.column("c").to_pylist()
    assert [] == rejected


def test_units_are_converted_by_exact_factors_and_back():
    step = {"columns": ["x"], "source": "degF", "target": "degC"}
    recipe = recipe_of(("read_columns", {"numbers": ["x"]}), ("convert_units", step))
    table, fitted = fit_apply(recipe, {"x": pa.array([32.0, 212.0, None])})

    np.testing.assert_allclose(table.column("x").drop_null().to_numpy(), [0, 100], atol=1e-13)
    back = undo(fitted, table).column("x").drop_null().to_numpy()
    np.testing.assert_allclose(back, [32, 212], rtol=1e-14)


def test_a_row_that_lacks_a_value_is_dropped_before_what_is_fitted_behind():
    recipe = recipe_of(
        ("read_columns", {"numbers": ["x"], "texts": ["c"]}),
        ("drop_missing", {"columns": ["c"]}),
        ("scale", {"columns": ["x"], "method": "min_max"}),
    )
    table, fitted = fit_apply(recipe, {"x": pa.array([1.0, 9.0, 3.0]), "c": ["a", None, "b"]})

    assert [0.0, 1.0] == table.column("x").to_pylist()
    assert 3.0 == fitted.fitted[2]["x"]["greatest"]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (("impute", {"columns": ["x"]}), "no value to take the mean of"),
        (("impute", {"columns": ["x"], "method": "mode"}), "no value to take the mode of"),
        (("scale", {"columns": ["x"], "method": "robust"}), "no value to scale by"),
        (("encode", {"columns": ["c"]}), "no value to encode"),
    ],
)
def test_a_column_without_any_value_teaches_nothing(step, message):
    columns = {"x": pa.array([None, math.nan], pa.float64()), "c": pa.nulls(2, pa.string())}
    recipe = recipe_of(("read_columns", {"numbers": ["x"], "texts": ["c"]}), step)

    with pytest.raises(InputError, match=message):
        fit_apply(recipe, columns)


def test_values_too_large_to_square_are_refused():
    recipe = recipe_of(("read_columns", {"numbers": ["x"]}), ("scale", {"columns": ["x"]}))

    with pytest.raises(InputError, match="too large to scale"):
        fit_apply(recipe, {"x": pa.array([1e300, -1e300])})


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([("scale", {"columns": ["y"]})], "scale: no column 'y'"),
        ([("scale", {"columns": ["c"]})], "'c' holds large_string, not numbers"),
        ([("scale", {})], "names no column"),
        ([("encode", {"columns": ["x"]})], "'x' holds double, not categories"),
        ([("date_parts", {"columns": ["c"]})], "'c' holds large_string, not dates"),
        ([("impute", {"columns": ["x"], "method": "constant", "value": "a"})], "'a' is no double"),
    ],
)
def test_a_recipe_that_cannot_work_on_its_columns_is_refused(steps, message):
    recipe = recipe_of(("read_columns", {"numbers": ["x"], "texts": ["c"]}), *steps)

    with pytest.raises(RecipeError, match=message):
        TablePipeline(recipe)


def test_units_of_different_kinds_are_refused():
    with pytest.raises(RecipeError, match="mi is of length and kg of mass"):
        recipe_of(("convert_units", {"columns": ["x"], "source": "mi", "target": "kg"}))
