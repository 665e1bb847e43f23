import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.rejection_limit import Damage, RejectionLimit
from registry.errors import InputError


@pytest.mark.parametrize(
    ("stated", "share"),
    [("5%", 0.05), ("5 %", 0.05), ("0.05", 0.05), (0.05, 0.05), (0, 0.0), ("0%", 0.0), (1, 1.0)],
)
def test_a_stated_limit_is_exact(stated, share):
    assert RejectionLimit(share=share, spared=0) == RejectionLimit.parse(stated)


@pytest.mark.parametrize("stated", ["many", "101%", 1.01, -0.1, "", True])
def test_what_is_no_share_is_refused(stated):
    with pytest.raises(InputError, match="no share of a whole"):
        RejectionLimit.parse(stated)


@pytest.mark.parametrize(
    ("num_damaged", "num_rows", "default", "one_percent"),
    [
        (1, 3, True, False),
        (10, 10, True, False),
        (11, 1000, False, False),
        (11, 1100, True, True),
        (0, 0, True, True),
    ],
)
def test_unless_stated_ten_rows_never_fail_a_run(num_damaged, num_rows, default, one_percent):
    damage = Damage(num_rows=num_rows, reasons={"invalid-json": num_damaged})

    assert default == RejectionLimit().allows(damage)
    assert one_percent == RejectionLimit.parse("1%").allows(damage)


@given(num_damaged=st.integers(0, 10**6), num_good=st.integers(0, 10**9))
def test_the_limit_that_is_offered_lets_the_run_pass(num_damaged, num_good):
    damage = Damage(num_rows=num_damaged + num_good, reasons={"invalid-json": num_damaged})

    assert RejectionLimit.parse(damage.least_limit).allows(damage)


def test_the_most_frequent_reasons_come_first():
    reasons = {"a": 1, "b": 30, "c": 2, "d": 4000, "e": 5}

    assert "d 4,000, b 30, e 5, other reasons 3" == (
        Damage(num_rows=9999, reasons=reasons).describe_reasons()
    )
