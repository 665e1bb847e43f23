"""Tokens a model needs, parameters the tokens feed: against published tables."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.architecture import ModelSize
from registry.domain.target import Uncertainty
from registry.errors import InputError, UnknownError
from registry.scaling.bounds import MAX_PARAMETERS
from registry.scaling.laws import get_law, load_laws
from registry.scaling.requirement import (
    optimal_parameters,
    optimal_tokens,
    overtraining_ratio,
    probability_sufficient,
    required_tokens,
)

LAWS = [law.id for law in load_laws() if law.formula.line is not None]
SIZES = st.integers(min_value=10**5, max_value=MAX_PARAMETERS)

CHINCHILLA = [
    # parameters, tokens in billions: Hoffmann et al. 2022, Table 3 (approach 1), Table A3 (2, 3)
    (400_000_000, 8.0, 7.7, 9.2),
    (1_000_000_000, 20.2, 20.0, 27.1),
    (10_000_000_000, 205.1, 219.5, 410.1),
    (67_000_000_000, 1_500, 1_700, 4_100),
    (175_000_000_000, 3_700, 4_300, 12_000),
    (280_000_000_000, 5_900, 7_100, 20_100),
    (520_000_000_000, 11_000, 13_400, 43_500),
    (1_000_000_000_000, 21_200, 26_500, 94_100),
    (10_000_000_000_000, 216_200, 292_000, 1_425_500),
]


@pytest.mark.parametrize("row", CHINCHILLA, ids=lambda row: f"{row[0]:.0e}")
@pytest.mark.parametrize("approach", [1, 2, 3])
def test_chinchilla_tables_are_met_within_the_stated_error(row, approach):
    """1.3 % of rows on the line; 67B is pinned to Gopher's budget, 280B of approach 3 is off it."""
    off_the_line = row[0] == 67_000_000_000 or (approach == 3 and row[0] == 280_000_000_000)

    actual = optimal_tokens(row[0], law=f"chinchilla-{approach}").mid

    assert pytest.approx(row[approach] * 1e9, rel=0.062 if off_the_line else 0.0128) == actual


@pytest.mark.parametrize(
    ("num_parameters", "ratio"), [(4e8, 23.7), (1e10, 20.2), (1.75e11, 17.6), (1e12, 16.1)]
)
def test_epoch_refit_gives_its_published_ratios(num_parameters, ratio):
    """Tokens per parameter of Besiroglu et al. 2024, from the released coefficients."""
    actual = optimal_tokens(int(num_parameters)).mid / num_parameters

    assert ratio == round(actual, 1)


def test_the_refit_at_scale_is_not_the_25_6_of_the_notebook():
    """The quoted 25.6 tokens a parameter is the ratio at C = 1e18, an indexing slip.

    At Chinchilla's budget, 5.88e23, the point is 18.3.
    """
    law = get_law("epoch-2024").formula
    log_g = (math.log(law.alpha / law.beta) + law.a - law.b) / (law.alpha + law.beta)
    share = law.beta / (law.alpha + law.beta)
    optimum = math.exp(log_g + share * math.log(5.88e23 / 6))

    assert pytest.approx(18.3, abs=0.05) == optimal_tokens(round(optimum)).mid / optimum


def test_chinchilla_3_is_the_table_and_not_the_printed_coefficients():
    """(0.34, 0.28) as printed asks for 57 % to 122 % more than the table beside it."""
    printed = (0.28 * 410.7 / (0.34 * 406.4)) ** (1 / 0.28) * 1e10 ** (0.34 / 0.28)

    assert printed > 1.5 * optimal_tokens(10**10, law="chinchilla-3").mid


@pytest.mark.parametrize(
    ("num_parameters", "low", "high"),
    [
        (4e8, 22.7, 25.4),
        (1e9, 20.3, 25.5),
        (7e9, 15.2, 26.9),
        (7e10, 10.8, 28.8),
        (1e12, 7.2, 31.3),
    ],
)
def test_the_interval_is_that_of_the_bootstrap_with_slightly_wider_tails(num_parameters, low, high):
    """10th and 90th percentile of 4,000 bootstrap fits; normal draws are up to 10 % wider."""
    need = optimal_tokens(int(num_parameters))

    assert pytest.approx(low, rel=0.055) == need.low / num_parameters
    assert pytest.approx(high, rel=0.10) == need.high / num_parameters
    assert need.uncertainty is Uncertainty.BOOTSTRAP_80


def test_the_interval_is_that_of_an_independent_sampler():
    """Another generator, another factorisation, twenty times the draws."""
    model = get_law("epoch-2024").uncertainty
    draws = np.random.default_rng(7).multivariate_normal(model.centre, model.covariance, 80_000)
    a, b, _, alpha, beta = draws.T
    tokens = (beta * np.exp(b) / (alpha * np.exp(a))) ** (1 / beta) * 7e10 ** (alpha / beta)

    need = optimal_tokens(70_000_000_000)

    assert pytest.approx(np.percentile(tokens, [10, 90]), rel=0.03) == [need.low, need.high]


@pytest.mark.parametrize("law", LAWS)
@given(size=SIZES)
def test_the_point_lies_in_its_interval(law, size):
    need = optimal_tokens(size, law=law)

    assert need.low <= need.mid <= need.high


@pytest.mark.parametrize("law", LAWS)
@given(sizes=st.tuples(SIZES, SIZES))
def test_a_larger_model_never_needs_fewer_tokens(law, sizes):
    small, large = (optimal_tokens(size, law=law) for size in sorted(sizes))

    assert small.mid <= large.mid
    assert small.low <= large.low
    assert small.high <= large.high


@pytest.mark.parametrize("law", LAWS)
@given(size=SIZES)
def test_parameters_are_the_inverse_of_tokens(law, size):
    back = optimal_parameters(optimal_tokens(size, law=law).mid, law=law)

    assert pytest.approx(size, rel=1e-4) == back.mid


@given(size=st.integers(min_value=10**7, max_value=10**14))
def test_the_low_end_of_one_answers_to_the_high_end_of_the_other(size):
    need = optimal_tokens(size)

    assert pytest.approx(size, rel=0.01) == optimal_parameters(need.high).low
    assert pytest.approx(size, rel=0.01) == optimal_parameters(need.low).high


@given(size=st.integers(min_value=10**6, max_value=10**12), factor=st.integers(2, 100))
def test_a_rule_scales_with_the_model(size, factor):
    once, many = (optimal_tokens(n, law="rule-10").mid for n in (size, size * factor))

    assert pytest.approx(once * factor, rel=1e-9) == many


def test_a_law_without_error_model_says_so():
    need = optimal_tokens(10**9, law="rule-20")

    assert (need.low, need.high, need.uncertainty) == (20 * 10**9, 20 * 10**9, Uncertainty.NONE)


@pytest.mark.parametrize(
    ("num_parameters", "extrapolated"),
    [(10**7, True), (10**9, False), (10**10, False), (7 * 10**10, True)],
)
def test_a_size_outside_the_fitted_runs_is_an_extrapolation(num_parameters, extrapolated):
    """Chinchilla's runs have 70M to 16B parameters and 5B to 500B tokens."""
    assert extrapolated == optimal_tokens(num_parameters).extrapolated
    assert extrapolated == optimal_parameters(20 * num_parameters).extrapolated


@pytest.mark.parametrize("size", [0, -1, MAX_PARAMETERS + 1, 10**30])
def test_an_absurd_size_is_refused(size):
    with pytest.raises(InputError, match="not a model size"):
        optimal_tokens(size)


@pytest.mark.parametrize("tokens", [0, -5, math.nan, math.inf, 10**31])
def test_an_absurd_number_of_tokens_is_refused(tokens):
    with pytest.raises(InputError, match="not a number of training tokens"):
        optimal_parameters(tokens)


@pytest.mark.parametrize("question", [optimal_tokens, optimal_parameters])
def test_an_unknown_law_is_refused(question):
    with pytest.raises(UnknownError):
        question(10**9, law="folklore")


@given(
    size=st.integers(min_value=1, max_value=MAX_PARAMETERS),
    tokens=st.floats(min_value=0, max_value=1e30),
)
def test_the_probability_is_a_fraction_and_grows_with_tokens(size, tokens):
    fewer, more = (probability_sufficient(size, n) for n in (tokens / 2, tokens))

    assert 0 <= fewer <= more <= 1


def test_the_low_end_suffices_in_a_tenth_of_the_draws():
    need = optimal_tokens(10**11)

    assert pytest.approx(0.1, abs=0.001) == probability_sufficient(10**11, need.low)
    assert pytest.approx(0.9, abs=0.001) == probability_sufficient(10**11, need.high)


def test_without_error_model_there_is_no_probability():
    assert probability_sufficient(10**9, 10**10, law="rule-20") is None


def test_llama_3_70b_was_trained_on_more_than_ten_times_the_optimum():
    """15T tokens for 70B parameters (model card): 214 tokens each, 10.7 times 20."""
    assert pytest.approx(10.71, abs=0.01) == overtraining_ratio(7 * 10**10, 15e12, law="rule-20")


def test_a_size_by_every_convention_is_counted_as_each_law_counts():
    """nanochat counts matrices and head, MiniCPM leaves both tables out, rule-20 takes all."""
    model = ModelSize(total=1000, non_embedding=600, matmul_head=800, flops_per_token=4000.0)

    assert required_tokens(model, law="rule-20").mid == 20_000
    assert required_tokens(model, law="minicpm").mid == 192 * 600
    assert required_tokens(model, law="nanochat").mid == 8_400
    assert not required_tokens(model, law="minicpm").assumed


def test_a_bare_size_stands_in_and_the_answer_says_so():
    bare = ModelSize(total=10**9)

    assumed = {law: required_tokens(bare, law=law).assumed for law in LAWS}

    assert {"minicpm", "nanochat", "kaplan", "deepseek", "porian-refinedweb"} == {
        law for law, stood_in in assumed.items() if stood_in
    }


def test_a_mixture_of_experts_goes_by_its_active_parameters():
    need = required_tokens(ModelSize(total=47 * 10**9, active=13 * 10**9), law="rule-20")

    assert (need.mid, need.assumed) == (260 * 10**9, True)


def test_a_ratio_is_multiplied_without_dust():
    assert 20_000_000_000_000_000 == optimal_tokens(10**15, law="rule-20").mid
    assert 10**15 == optimal_parameters(2 * 10**16, law="rule-20").mid


@pytest.mark.parametrize("size", ["7B", True, None, [1]])
def test_what_is_no_number_is_refused_as_bad_input(size):
    with pytest.raises(InputError, match="is not a model size: it is no number"):
        optimal_tokens(size)


def test_a_law_without_known_range_says_neither_inside_nor_outside():
    assert optimal_tokens(10**9, law="llama-3").extrapolated is None
    assert optimal_tokens(10**9, law="rule-20").extrapolated is False


@pytest.mark.parametrize("law", LAWS)
def test_the_largest_size_overflows_nothing(law):
    need = optimal_tokens(MAX_PARAMETERS, law=law)

    assert 0 < need.low <= need.mid <= need.high <= 1e30
