"""What to train with a budget of compute."""

import math

import pytest

from registry.errors import InputError
from registry.scaling.repetition import effective_tokens


def test_a_plan_within_the_data_is_the_laws_own(muster, prepared):
    unique = muster.report(prepared, num_parameters=[10]).unique_tokens
    plan = muster.plan(prepared, flops=6 * 20 * (unique / 20) ** 2, law="rule-20")
    run = plan.within_policy

    assert not plan.is_data_limited
    assert pytest.approx(20, rel=0.01) == run.num_tokens / run.num_parameters
    assert pytest.approx(1, rel=0.01) == run.num_epochs


def test_a_plan_beyond_the_data_repeats_as_often_as_wanted(muster, prepared):
    plan = muster.plan(prepared, flops=1e15)
    run = plan.within_policy

    assert plan.is_data_limited
    assert plan.unique_tokens * 4 == run.num_tokens
    assert run.flops < plan.flops
    assert plan.on_repeated is None


def test_the_missing_tokens_of_a_plan_are_enough_and_not_one_less(muster, prepared):
    plan = muster.plan(prepared, flops=1e12, law="rule-20")
    need = next(run.num_tokens for run in plan.runs if run.law == plan.law)
    held = plan.unique_tokens + plan.missing_tokens

    assert effective_tokens(held, 4) >= need > effective_tokens(held - 1, 4)


def test_device_hours_are_a_budget(muster, prepared):
    plan = muster.plan(prepared, device_hours="2xH100", utilisation=0.5)

    assert pytest.approx(2 * 3600 * 989.4e12 * 0.5, rel=1e-3) == plan.flops


@pytest.mark.parametrize(
    "budget",
    [
        {},
        {"flops": 1e20, "device_hours": "1xh100"},
        {"flops": 0.0},
        {"flops": math.nan},
        {"flops": 1e41},
        {"device_hours": "many"},
        {"device_hours": "1xabacus"},
        {"device_hours": "1xh100", "utilisation": 2},
        {"flops": 1e13, "utilisation": 2},
        {"flops": 1e22, "epochs": 0},
    ],
)
def test_what_is_no_budget_is_refused(muster, prepared, budget):
    with pytest.raises(InputError):
        muster.plan(prepared, **budget)
