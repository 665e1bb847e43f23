"""Parameters and tokens for a budget, and what laws say of loss."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.allocation import allocate, flops_for_loss, loss, tokens_for_loss
from registry.scaling.laws import load_laws
from registry.scaling.requirement import optimal_tokens

SIX_ND = [law.id for law in load_laws() if law.is_in_panel and law.formula.kind != "frontier"]


@pytest.mark.parametrize(
    ("law", "flops", "num_parameters", "num_tokens"),
    [
        # Besiroglu et al. 2024 at Chinchilla's budget, from the released coefficients
        ("epoch-2024", 5.76e23, 72.4e9, 1.33e12),
        # DeepSeek LLM (arXiv:2401.02954): M and D at 4.5e23 FLOPs
        ("deepseek", 4.5e23, 4.3e11, 1.04e12),
        ("llama-3", 3.8e25, 402e9, 16.55e12),
        # Hoffmann et al. 2022, appendix D.4: 2.86B at 1e21 by approach 1
        ("chinchilla-1", 1e21, 2.86e9, 58.3e9),
    ],
)
def test_published_optima_are_met(law, flops, num_parameters, num_tokens):
    assert pytest.approx((num_parameters, num_tokens), rel=0.006) == allocate(flops, law=law)


@pytest.mark.parametrize(("flops", "ratio"), [(1e19, 15.4), (5.9e23, 16.5)])
def test_porians_ratio_is_nearly_constant(flops, ratio):
    """Porian et al. 2024: 11.78 C^0.0062 tokens a parameter, from the released fit."""
    best = allocate(flops, law="porian-refinedweb")

    assert pytest.approx(ratio, abs=0.1) == best.num_tokens / best.num_parameters


@pytest.mark.parametrize("law", SIX_ND)
@given(flops=st.floats(min_value=1e12, max_value=1e29))
def test_an_allocation_spends_its_budget_on_the_laws_line(law, flops):
    best = allocate(flops, law=law)

    assert pytest.approx(flops, rel=1e-9) == 6 * best.num_parameters * best.num_tokens
    if 1e6 < best.num_parameters < 1e15:
        need = optimal_tokens(round(best.num_parameters), law=law)
        assert pytest.approx(best.num_tokens, rel=1e-4) == need.mid


def test_the_loss_of_chinchilla_by_the_refit():
    """E + A / N^alpha + B / D^beta of Besiroglu et al. 2024, computed as printed."""
    by_hand = 1.81686 + 482.006 / 70e9**0.34781 + 2085.434 / 1.4e12**0.36585

    assert pytest.approx(by_hand, rel=1e-5) == loss(70e9, 1.4e12)


@pytest.mark.parametrize(
    ("num_parameters", "num_tokens", "expected"), [(1.4e9, 921e9, 2.537), (6.9e9, 138e9, 2.459)]
)
def test_over_training_predicts_what_gadre_prints(num_parameters, num_tokens, expected):
    """Gadre et al. 2024 (arXiv:2403.08540): RedPajama, the two large runs (2.502, 2.425)."""
    assert pytest.approx(expected, abs=0.005) == loss(
        num_parameters, num_tokens, law="gadre-redpajama"
    )


@pytest.mark.parametrize(("law", "best"), [("c4", 3.4), ("redpajama", 7.5), ("refinedweb", 5.9)])
def test_the_minimum_over_the_ratio_is_where_gadres_fits_have_it(law, best):
    formula = next(item for item in load_laws() if item.id == f"gadre-{law}").formula
    ratio = (formula.b / formula.a) ** (1 / (2 * formula.eta))

    def at(factor):
        num_parameters = (1e20 / 6 / (ratio * factor)) ** 0.5
        return loss(num_parameters, 1e20 / 6 / num_parameters, law=f"gadre-{law}")

    assert pytest.approx(best, abs=0.06) == ratio
    assert at(1) < min(at(0.8), at(1.25))


@given(
    size=st.floats(min_value=1e6, max_value=1e15), tokens=st.floats(min_value=1e6, max_value=1e20)
)
def test_tokens_for_a_loss_are_the_inverse_of_the_loss(size, tokens):
    back = tokens_for_loss(size, loss(size, tokens))

    assert pytest.approx(tokens, rel=1e-3) == back


@pytest.mark.parametrize("target", [0, 1, 1.81])
def test_a_loss_below_the_irreducible_is_infeasible(target):
    assert tokens_for_loss(10**12, target) is None
    assert flops_for_loss(target) is None


def test_a_model_that_is_too_small_never_reaches_a_loss():
    assert tokens_for_loss(10**8, 2.0) is None
    assert tokens_for_loss(10**11, 2.0) is not None


@given(flops=st.floats(min_value=1e15, max_value=1e28))
def test_the_least_compute_for_the_loss_of_an_optimum_is_its_own(flops):
    best = allocate(flops)

    assert pytest.approx(flops, rel=1e-4) == flops_for_loss(
        loss(max(1, best.num_parameters), best.num_tokens)
    )


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, 1e41])
def test_an_absurd_budget_is_refused(bad):
    with pytest.raises(InputError, match="not a compute budget"):
        allocate(bad)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, 1e16])
def test_absurd_sizes_are_refused(bad):
    with pytest.raises(InputError, match="not a model size"):
        loss(bad, 1e9)
    with pytest.raises(InputError, match="training tokens"):
        loss(1e9, bad if bad != 1e16 else 1e31)


@pytest.mark.parametrize("flops", [1, 1e39])
def test_a_budget_for_no_model_is_infeasible(flops):
    with pytest.raises(InputError, match="are for no model"):
        allocate(flops)


def test_a_law_without_loss_says_so():
    with pytest.raises(InputError, match="gives no loss"):
        loss(1e9, 1e9, law="rule-20")
    with pytest.raises(InputError, match="parametric form"):
        tokens_for_loss(1e9, 2.0, law="gadre-c4")
