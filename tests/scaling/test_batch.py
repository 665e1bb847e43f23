"""How many tokens a step, against published batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.batch import (
    critical_batch_size,
    deepseek_batch,
    deepseek_learning_rate,
    kaplan_critical_batch,
    minicpm_batch,
    porian_batch,
    recommend_batch,
    step_law_batch,
    step_law_learning_rate,
    trade,
)

# DeepSeek LLM (arXiv:2401.02954), Table 2: layers, width, sequence; M = 72 L d^2 + 12 L d S
SEVEN_B = 72 * 30 * 4096**2 + 12 * 30 * 4096 * 4096


def test_the_laws_for_7b_on_2t_tokens():
    """Step Law 6.1M, DeepSeek 9.2M, critical 10.7M; Llama 2 took 4M, DeepSeek LLM 9.4M."""
    batches = [step_law_batch(2e12), deepseek_batch(SEVEN_B * 2e12), critical_batch_size(2e12)]

    assert [6.1, 9.2, 10.7] == [round(batch / 1e6, 1) for batch in batches]


@pytest.mark.parametrize(
    ("num_tokens", "millions"), [(3.07e9, 0.51), (1e11, 2.6), (1e12, 7.7), (15e12, 27.7)]
)
def test_the_critical_batch_in_tokens(num_tokens, millions):
    assert pytest.approx(millions, abs=0.05) == critical_batch_size(num_tokens) / 1e6


def test_deepseeks_learning_rate_for_7b_is_near_the_published_one():
    """Published: 4.2e-4."""
    assert pytest.approx(4.2e-4, rel=0.02) == deepseek_learning_rate(SEVEN_B * 2e12)


def test_kaplans_critical_batch_at_a_loss():
    """2.1e8 tokens at a loss of 1 nat (Table 5), and 4.762 as exponent."""
    assert kaplan_critical_batch(1) == 2.1e8
    assert pytest.approx(2.1e8 / 2.5**4.762, rel=1e-3) == kaplan_critical_batch(2.5)


def test_step_laws_learning_rate_falls_with_size_and_grows_with_data():
    assert step_law_learning_rate(1e9, 1e11) < step_law_learning_rate(1e8, 1e11)
    assert step_law_learning_rate(1e9, 1e11) < step_law_learning_rate(1e9, 1e12)
    assert pytest.approx(1.79 * 1e9**-0.713 * 1e11**0.307) == step_law_learning_rate(1e9, 1e11)


def test_at_the_critical_size_steps_and_tokens_double():
    """McCandlish et al. 2018, equation 2.11."""
    spent = trade(1000, num_tokens=10_000_000, critical=1000)

    assert (spent.steps, spent.steps_over_fewest, spent.tokens_over_fewest) == (10_000, 2, 2)


@given(batch=st.integers(1, 10**9), critical=st.floats(1, 1e9))
def test_steps_and_tokens_trade_against_each_other(batch, critical):
    """(S / S_min - 1) (E / E_min - 1) = 1, McCandlish et al. 2018, equation 2.11."""
    spent = trade(batch, num_tokens=1e12, critical=critical)

    assert pytest.approx(1, rel=1e-5) == (spent.steps_over_fewest - 1) * (
        spent.tokens_over_fewest - 1
    )


def test_the_band_for_7b_on_2t_holds_what_was_published():
    """Llama 2 7B and OLMo 2 7B: 4M to 4.2M tokens, some 930,000 steps for 3.9T."""
    band = recommend_batch(2e12, non_embedding_parameters=6.5e9)

    assert (band.low, band.high) == (1024 * 4096, 2048 * 4096)
    assert band.ceiling == round(critical_batch_size(2e12))
    assert band.steps_at_high == 238_419


def test_the_shape_brings_in_deepseeks_law_and_the_critical_size_caps_the_band():
    """6.1M and 9.2M are 1,496 and 2,252 sequences; 4,096 would be above the critical 2,620."""
    band = recommend_batch(2e12, non_embedding_parameters=6.5e9, flops_per_token=SEVEN_B)

    assert set(band.laws) == {"step-law", "deepseek"}
    assert (1024 * 4096, 2620 * 4096) == (band.low, band.high)


def test_a_small_run_has_both_laws_in_its_band():
    """Of 196.5M tokens at M = 5.24 MFLOPs each the Step Law asks for 31.5K tokens, 30.8 sequences
    of 1,024, DeepSeek's for 23.8K, 23.2 of them: 16 to 32."""
    band = recommend_batch(
        196.5e6, non_embedding_parameters=3.5e5, flops_per_token=5.24e6, sequence_length=1024
    )

    assert {"step-law": 31.5, "deepseek": 23.8} == {
        law: round(tokens / 1000, 1) for law, tokens in band.laws.items()
    }
    assert (16 * 1024, 32 * 1024) == (band.low, band.high)


@given(
    num_tokens=st.floats(min_value=1, max_value=1e20),
    size=st.floats(min_value=1, max_value=1e15),
    flops=st.none() | st.floats(min_value=6, max_value=1e16),
    sequence=st.integers(1, 10**6),
)
def test_every_law_lies_in_its_band_within_a_factor_of_two(num_tokens, size, flops, sequence):
    band = recommend_batch(
        num_tokens, non_embedding_parameters=size, flops_per_token=flops, sequence_length=sequence
    )

    assert 0 < band.low <= band.high <= max(band.ceiling, sequence)
    assert 0 == band.low % sequence == band.high % sequence
    lowest, highest = min(band.laws.values()), max(band.laws.values())
    if sequence <= lowest and highest <= band.ceiling - sequence:
        assert band.low <= lowest <= highest <= band.high
        assert 2 * band.low >= lowest - 1
        assert band.high <= 2 * highest + 1


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf")])
def test_absurd_numbers_are_refused(bad):
    for law in (critical_batch_size, step_law_batch, deepseek_batch, minicpm_batch, porian_batch):
        with pytest.raises(InputError):
            law(bad)


def test_an_absurd_sequence_is_refused():
    with pytest.raises(InputError, match="not a sequence length"):
        recommend_batch(1e9, non_embedding_parameters=1e9, sequence_length=0)
