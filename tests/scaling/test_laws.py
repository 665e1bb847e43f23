"""The laws as data."""

import math

import numpy as np
import pytest

from registry.errors import InputError, UnknownError
from registry.scaling.laws import get_law, load_laws
from registry.scaling.uncertainty import NUM_DRAWS, draw_lines


def test_these_laws_are_shipped():
    expected = [
        "rule-10",
        "rule-20",
        "chinchilla-1",
        "chinchilla-2",
        "chinchilla-3",
        "epoch-2024",
        "muennighoff-c4",
        "porian-refinedweb",
        "llama-3",
        "deepseek",
        "minicpm",
        "nanochat",
        "kaplan",
        "sardana",
        "gadre-c4",
        "gadre-redpajama",
        "gadre-refinedweb",
    ]

    assert expected == [law.id for law in load_laws()]


def test_one_law_is_the_default():
    assert [law.id for law in load_laws() if "default" in law.flags] == ["epoch-2024"]


@pytest.mark.parametrize(
    "law", [law for law in load_laws() if law.is_fitted], ids=lambda law: law.id
)
def test_every_fitted_law_names_paper_and_data(law):
    assert "arXiv:" in law.source or "github.com" in law.source
    assert law.dataset


def test_only_fits_that_nobody_has_corrected_vote():
    """docs/decisions/0015-default-laws.md says why."""
    voters = [law.id for law in load_laws() if law.votes]

    assert voters == [
        "chinchilla-1",
        "chinchilla-2",
        "epoch-2024",
        "muennighoff-c4",
        "porian-refinedweb",
    ]
    assert all(not set(law.flags) - {"default", "no-forecast"} for law in map(get_law, voters))


def test_what_is_no_token_requirement_is_in_no_panel():
    outside = {law.id for law in load_laws() if not law.is_in_panel}

    assert {"sardana", "gadre-c4", "gadre-redpajama", "gadre-refinedweb"} == outside


def test_a_law_given_as_a_value_is_taken_as_it_is():
    law = get_law("rule-20").model_copy(update={"id": "ours"})

    assert get_law(law) is law


def test_a_law_without_token_requirement_says_so():
    with pytest.raises(InputError, match="not how many a model needs"):
        _ = get_law("gadre-c4").line


@pytest.mark.parametrize(
    ("law_id", "num_parameters", "num_tokens"),
    [
        # Grattafiori et al. 2024, section 3.2.1; Kaplan et al. 2020, Table 6, at one PF-day
        ("llama-3", 4.02e11, 1.655e13),
        ("kaplan", 1.3e9, 2e10),
    ],
)
def test_a_frontier_passes_through_its_published_point(law_id, num_parameters, num_tokens):
    line = get_law(law_id).line

    assert pytest.approx(math.log(num_tokens)) == (
        line.intercept + line.slope * math.log(num_parameters)
    )


def test_an_unknown_law_offers_the_nearest():
    with pytest.raises(UnknownError) as caught:
        get_law("chinchila-1")

    assert "chinchilla-1" in caught.value.nearest


def test_an_unlike_name_is_answered_with_the_list_of_laws():
    with pytest.raises(UnknownError) as caught:
        get_law("xyz")

    assert "rule-10" in str(caught.value.hint)


def test_epoch_coefficients_are_those_of_the_paper():
    """Besiroglu et al. 2024 print A 482.01, B 2085.43, E 1.8172 (here 1.81686), 0.3478, 0.3658."""
    formula = get_law("epoch-2024").formula

    assert pytest.approx(482.006, abs=1e-3) == math.exp(formula.a)
    assert pytest.approx(2085.434, abs=1e-2) == math.exp(formula.b)
    assert pytest.approx(1.81686, abs=1e-5) == math.exp(formula.e)
    assert pytest.approx(0.5126, abs=1e-4) == formula.beta / (formula.alpha + formula.beta)


def test_muennighoff_coefficients_are_those_released():
    """The datablations README: A 520.825, B 1487.716, E 1.869144, 0.0509865 parameters a token."""
    law = get_law("muennighoff-c4")

    assert pytest.approx(520.825, abs=1e-3) == math.exp(law.formula.a)
    assert pytest.approx(1487.716, abs=1e-3) == math.exp(law.formula.b)
    assert pytest.approx(1.869144, abs=1e-6) == math.exp(law.formula.e)
    assert pytest.approx(0.0509865, abs=1e-7) == math.exp(-law.line.intercept)
    assert law.line.slope == 1.0


def test_chinchilla_powers_are_the_least_squares_line_through_the_published_rows():
    """Rounded coefficients are a trap of this field: the full ones come from the table itself."""
    parameters = np.array([4e8, 1e9, 1e10, 67e9, 175e9, 280e9, 520e9, 1e12, 1e13])
    columns = {
        "chinchilla-1": [8.0, 20.2, 205.1, 1500, 3700, 5900, 11000, 21200, 216200],
        "chinchilla-2": [7.7, 20.0, 219.5, 1700, 4300, 7100, 13400, 26500, 292000],
        "chinchilla-3": [9.2, 27.1, 410.1, 4100, 12000, 20100, 43500, 94100, 1425500],
    }
    for law_id, tokens in columns.items():
        exponent, constant = np.polyfit(np.log(parameters), np.log(np.array(tokens) * 1e9), 1)

        assert pytest.approx(get_law(law_id).formula.exponent, rel=1e-12) == exponent
        assert pytest.approx(get_law(law_id).formula.factor, rel=1e-9) == math.exp(constant)


def test_the_covariance_is_symmetric_and_positive_definite():
    covariance = np.array(get_law("epoch-2024").uncertainty.covariance)

    assert np.array_equal(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > 1e-8


def test_the_standard_errors_are_near_those_of_the_paper():
    """Besiroglu et al. 2024: alpha 0.0154, beta 0.0206, by a bootstrap of their own."""
    errors = np.sqrt(np.diag(get_law("epoch-2024").uncertainty.covariance))

    assert pytest.approx([0.0154, 0.0206], rel=0.03) == errors[3:]


def test_draws_are_the_same_on_every_machine():
    """The first numbers of a frozen generator: a change here changes every report."""
    lines = draw_lines("epoch-2024")

    assert lines.slopes.shape == (NUM_DRAWS,)
    assert pytest.approx([3.278594883855863, 0.9951698555820349], rel=1e-9) == [
        lines.intercepts[0],
        lines.slopes[0],
    ]


def test_a_law_without_error_model_has_no_draws():
    assert draw_lines("rule-20") is None
