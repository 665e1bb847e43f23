"""What too little data costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.allocation import allocate, loss, tokens_for_loss
from registry.scaling.gap import compute_overhead, doubling_value, loss_gap, marginal_value
from registry.scaling.laws import get_law

TOKENS = st.floats(min_value=1e6, max_value=1e17)


@given(held=TOKENS, wanted=TOKENS)
def test_the_gap_is_a_difference_of_two_losses(held, wanted):
    by_losses = loss(1e9, held) - loss(1e9, wanted)

    assert pytest.approx(by_losses, abs=1e-12) == loss_gap(held, wanted)


@given(held=TOKENS)
def test_one_per_cent_more_data_is_worth_a_hundredth_of_the_marginal_value(held):
    gained = loss_gap(held, 1.01 * held)

    assert pytest.approx(marginal_value(held) * 0.00995, rel=0.005) == gained


def test_doubling_the_data_of_an_over_trained_run():
    """By hand from Gadre's RedPajama row, M from 658 to 1,316 at 1.4B parameters."""
    assert pytest.approx(
        loss(1.4e9, 921e9, law="gadre-redpajama") - loss(1.4e9, 1842e9, law="gadre-redpajama")
    ) == doubling_value(1.4e9, 921e9, law="gadre-redpajama")
    assert 0.01 < doubling_value(1.4e9, 921e9, law="gadre-redpajama") < 0.05


def test_an_optimal_run_has_no_overhead():
    best = allocate(1e22)

    overhead = compute_overhead(
        best.num_parameters, tokens_read=best.num_tokens, effective=best.num_tokens
    )

    assert pytest.approx(0, abs=1e-9) == overhead


@pytest.mark.parametrize("law", ["sardana", "epoch-2024"])
@pytest.mark.parametrize("times", [0.3, 0.5, 0.75, 1, 2])
def test_a_model_of_another_size_costs_what_harms_law_says(law, times):
    """Harm de Vries, "Go smol or go home": kd = (1 - (kn^-alpha - 1) (A / B) G^-(alpha + beta))
    ^(-1 / beta) times the tokens for kn times the size, and kn kd - 1 as overhead."""
    formula = get_law(law).parametric
    best = allocate(1e22, law=law)
    # (A / B) G^-(alpha + beta) is beta / alpha, by the definition of G.
    more = (1 - (times**-formula.alpha - 1) * formula.beta / formula.alpha) ** (-1 / formula.beta)
    size = times * best.num_parameters
    tokens = tokens_for_loss(size, loss(*best, law=law), law=law)

    assert pytest.approx(more, rel=1e-9) == tokens / best.num_tokens
    assert pytest.approx(times * more - 1, abs=1e-9) == compute_overhead(
        size, tokens_read=tokens, effective=tokens, law=law
    )


@given(epochs=st.floats(min_value=1, max_value=100))
def test_tokens_read_again_cost_compute(epochs):
    once = compute_overhead(1e9, tokens_read=2e10, effective=2e10)

    assert compute_overhead(1e9, tokens_read=epochs * 2e10, effective=2e10) >= once


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf")])
def test_absurd_tokens_are_refused(bad):
    with pytest.raises(InputError, match="not a number of tokens"):
        loss_gap(bad, 1e9)
    with pytest.raises(InputError, match="not a number of tokens"):
        marginal_value(bad)
