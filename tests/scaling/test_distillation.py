"""A student with a teacher against real data alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling import assess, effective_tokens, epochs_needed
from registry.scaling.credit import Written, credited_tokens
from registry.scaling.distillation import compare_ways, distillation_gates, generated_needed

TOKENS = st.integers(1, 10**13)


@given(TOKENS, TOKENS)
def test_generated_tokens_never_count_for_more_than_themselves(generated, real):
    assert 0.5 * generated <= credited_tokens(generated, real) <= generated


@given(TOKENS, TOKENS)
def test_what_is_needed_is_the_inverse_of_what_is_credited(credit, real):
    found = generated_needed(credit, real)

    if found is None:
        assert credited_tokens(9 * real, real) < credit + 1
    else:
        assert credited_tokens(found, real) >= credit * (1 - 1e-12)
        assert credited_tokens(max(0, found - 1), real) <= credit


def teach(generated, *, real=4 * 10**9, size=10**9):
    """A 7B teacher for a student on four billion tokens, of which it is short."""
    written = Written(generated)
    alone = assess(num_parameters=size, unique_tokens=real)
    taught = assess(num_parameters=size, unique_tokens=real, written=written)
    ways = compare_ways(
        alone, taught, teacher="org/big@v1", teacher_parameters=7 * 10**9, written=written
    )
    return alone, taught, ways


def test_writing_costs_two_flops_a_parameter_and_token_beside_the_training():
    alone, _, found = teach(10**9)

    assert 2 * 7e9 * 1e9 == pytest.approx(found.generation_flops)
    assert alone.flops == found.alone.flops
    assert alone.flops + 1.4e19 == pytest.approx(found.with_teacher.flops)


def test_generated_tokens_are_seen_once_and_the_real_ones_repeated():
    alone, taught, found = teach(10**9)
    need = alone.required_tokens[alone.law].mid

    assert 4 * 10**9 == taught.unique_tokens
    assert round(effective_tokens(4e9, 4) + 1e9) == taught.effective_tokens["4"]
    assert epochs_needed(need - 1e9, 4e9) == pytest.approx(taught.epochs_needed)
    assert 0.8 == pytest.approx(found.real_share)


def test_the_fewest_tokens_that_are_enough_are_enough_and_one_less_is_not():
    _, _, found = teach(10**9)
    enough = found.enough_generated

    assert not found.alone.verdict.is_enough
    assert enough is not None
    assert teach(enough)[1].verdict.is_enough
    assert not teach(enough - 3)[1].verdict.is_enough


def test_no_writing_is_needed_where_real_data_is_enough_and_none_helps_where_little_is_real():
    assert 0 == teach(10**9, real=10**11)[2].enough_generated
    assert teach(10**9, real=10**7)[2].enough_generated is None


@pytest.mark.parametrize(
    ("generated", "depth", "gates"),
    [
        (10**9, (1, 1), []),
        (4 * 10**9, (1, None), [("real-share", "warn")]),
        (40 * 10**9, (1, 1), [("real-share", "block")]),
        (10**9, (2, 2), [("generation-depth", "warn")]),
    ],
)
def test_gates_follow_what_is_real_and_how_deep_it_is(generated, depth, gates):
    found = distillation_gates(4 * 10**9, Written(generated), depth=depth)

    assert gates == [(gate.name, gate.status.value) for gate in found]


def test_numbers_out_of_bounds_are_refused():
    for wrong in (-1, float("nan"), 1e31):
        with pytest.raises(InputError):
            credited_tokens(wrong, 1)
    with pytest.raises(InputError):
        Written(-1)


def test_more_real_text_makes_generated_text_count_for_more():
    # Once: 100 real and 80 generated are worth 165; the other 5 to 170 are 100 + x, and half of
    # what a token lets count in full, 0.25: x = 4.
    assert 104 == pytest.approx(Written(80).unique_for(170, worth=1))
    # All 80 in full from 160 on; nothing in full while what is held is not real.
    assert 170 == pytest.approx(Written(80).unique_for(250, worth=1))
    assert 60 == pytest.approx(Written(80, not_real=100).unique_for(100, worth=1))
    alone, taught, _ = teach(4 * 10**9)
    (sentence,) = (one for one in taught.reasons if "more unique tokens would make" in one)
    need = alone.required_tokens[alone.law].mid
    enough = (need - 0.5 * 4e9) / (effective_tokens(1, 4) + 0.25)
    assert sentence.startswith(f"{(enough - 4e9) / 1e9:.3g}B more")


@given(TOKENS, TOKENS, st.floats(1, 10))
def test_unique_tokens_for_a_requirement_are_worth_it(generated, unique, worth):
    written = Written(generated, not_real=unique / 3)
    required = worth * unique + written.credit(unique)

    # What is left of a difference of large numbers is as exact as these.
    exact = pytest.approx(unique, abs=1e-9 * (generated + required))
    assert exact == written.unique_for(required, worth=worth)


def test_generated_tokens_are_never_called_unique():
    alone, taught, _ = teach(10**9)

    assert alone.largest_model == taught.largest_model
    assert alone.largest_model_repeated.mid < taught.largest_model_repeated.mid
    assert taught.effective_tokens["1"] == taught.unique_tokens + 10**9
