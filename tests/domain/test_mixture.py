from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.mixture import BILLION, parse_weight, read_parts, to_billionths
from registry.domain.mixture_solution import AskedShare
from registry.errors import InputError

WEIGHTS = st.dictionaries(
    st.text("abc", min_size=1), st.integers(1, 10**6).map(Fraction), min_size=1, max_size=30
)


@given(WEIGHTS, st.integers(1, 10**6))
def test_billionths_add_up_exactly_whatever_the_scale(weights, scale):
    found = to_billionths(weights)

    assert sum(found.values()) == BILLION
    assert found == to_billionths({name: weight / scale for name, weight in weights.items()})
    exact = {name: weight * BILLION / sum(weights.values()) for name, weight in weights.items()}
    assert all(abs(found[name] - exact[name]) < 1 for name in weights)


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "1e400", "0x1", "1,5", "half"])
def test_what_is_no_weight_is_refused(text):
    with pytest.raises(InputError, match="is not a weight"):
        parse_weight(text)


def test_parts_need_weights_names_and_more_than_a_billionth():
    assert {"web/cc@3": "0.7", "a/b": "1"} == read_parts(["web/cc@3=0.7", "a/b=1"])
    with pytest.raises(InputError, match="has no weight"):
        read_parts(["web/cc"])
    with pytest.raises(InputError, match="named twice"):
        read_parts(["web/cc=1", "web/cc=2"])
    with pytest.raises(InputError, match="less than a billionth"):
        to_billionths({"a": Fraction(1), "b": Fraction(1, 10**10)})
    with pytest.raises(InputError, match="at least one part"):
        to_billionths({})


def test_a_share_of_a_group_is_read_as_it_is_written():
    assert ("language:de", 0.1) == (
        (found := AskedShare.parse("language:de=0.1")).group,
        found.share,
    )
    assert AskedShare.parse("kind:code=20%").share == pytest.approx(0.2)
    for text in ("de=0.1", "colour:red=0.1", "kind:code", "kind:code=2", "kind:code=1.2.3", ""):
        with pytest.raises(InputError, match="is not a share of a group"):
            AskedShare.parse(text)
    with pytest.raises(InputError, match="between 0 and 1, or 0 and 100 %"):
        AskedShare.parse("language:de=130%")
