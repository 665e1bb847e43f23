"""From shape to parameters, against published models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from registry.domain.architecture import Architecture
from registry.errors import InputError
from registry.scaling.architecture import flops_per_token, model_size, optimal_vocabulary


def make_architecture(**changes) -> Architecture:
    """Llama 2 7B, by its configuration."""
    fields = {"layers": 32, "width": 4096, "heads": 32, "feed_forward": 11008, "vocabulary": 32000}
    return Architecture.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        # Parameters as the released weights hold them
        ({}, 6_738_415_616),  # Llama 2 7B
        ({"layers": 40, "width": 5120, "heads": 40, "feed_forward": 13824}, 13_015_864_320),
        (
            {"layers": 80, "width": 8192, "heads": 64, "kv_heads": 8, "feed_forward": 28672},
            68_976_648_192,
        ),
        ({"kv_heads": 8, "feed_forward": 14336, "vocabulary": 128_256}, 8_030_261_248),
        (
            {
                "layers": 126,
                "width": 16384,
                "heads": 128,
                "kv_heads": 8,
                "feed_forward": 53248,
                "vocabulary": 128_256,
            },
            405_853_388_800,
        ),
    ],
    ids=["llama-2-7b", "llama-2-13b", "llama-2-70b", "llama-3.1-8b", "llama-3.1-405b"],
)
def test_published_models_have_the_published_parameters(changes, total):
    assert total == model_size(make_architecture(**changes)).total


def test_mixtral_has_its_published_total_and_active_parameters():
    """Jiang et al. 2024 (arXiv:2401.04088): 47B in all, 13B active."""
    size = model_size(
        make_architecture(kv_heads=8, feed_forward=14336, experts=8, active_experts=2)
    )

    assert (size.total, size.active) == (46_702_792_704, 12_879_925_248)


def test_deepseeks_flops_a_token_are_met():
    """72 L d^2 + 12 L d S holds 12 L d^2 parameters: two matrices of 4 d a block."""
    shape = make_architecture(
        layers=30, feed_forward=4 * 4096, is_gated=False, sequence_length=4096
    )

    assert 72 * 30 * 4096**2 + 12 * 30 * 4096 * 4096 == model_size(shape).flops_per_token


def test_conventions_differ_by_the_tables():
    size = model_size(make_architecture())
    table = 32000 * 4096

    assert size.total == size.non_embedding + 2 * table
    # The norms are no matrices.
    assert size.matmul_head == size.non_embedding - 65 * 4096 + table
    assert size.active is None


def test_tied_embeddings_are_counted_once_in_all_and_still_multiply():
    free, tied = (model_size(make_architecture(has_tied_embeddings=tied)) for tied in (False, True))

    assert free.total - tied.total == 32000 * 4096
    assert free.matmul_head == tied.matmul_head


def test_flops_a_token_are_six_a_matrix_and_attention():
    """6 N + 12 L H Q T; for Llama 2 7B at 4,096 tokens attention is 14 % of it."""
    shape = make_architecture()
    expected = 6 * model_size(shape).matmul_head + 12 * 32 * 4096 * 4096

    assert expected == flops_per_token(shape)
    assert flops_per_token(shape, sequence_length=1) < flops_per_token(shape)


@given(experts=st.integers(1, 64), layers=st.integers(1, 100), heads=st.sampled_from([1, 8, 32]))
def test_sizes_are_ordered(experts, layers, heads):
    size = model_size(make_architecture(experts=experts, layers=layers, heads=heads))

    assert size.non_embedding < (size.active or size.total) <= size.total
    assert size.matmul_head < size.total


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 7}, "no multiple of 7 heads"),
        ({"kv_heads": 5}, "no multiple of 5"),
        ({"active_experts": 2}, "2 of 1 experts"),
        ({"layers": 0}, "greater than 0"),
    ],
)
def test_an_impossible_shape_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        make_architecture(**changes)


def test_an_absurd_size_is_refused():
    with pytest.raises(InputError, match="not a model size"):
        model_size(make_architecture(layers=10_000, width=10**6, feed_forward=10**7, heads=1))


@pytest.mark.parametrize(
    ("num_parameters", "width", "low", "high"),
    [
        # Tao et al. 2024 (arXiv:2407.13623), approaches 1 and 2, in thousands
        (3e9, 3200, 39, 43),
        (7e9, 4096, 62, 67),
        (13e9, 5120, 83, 91),
        (30e9, 6048, 142, 154),
        (70e9, 8192, 212, 231),
        (300e9, 16384, 356, 389),
    ],
)
def test_optimal_vocabularies_are_those_published(num_parameters, width, low, high):
    entries = optimal_vocabulary(num_parameters, width=width)

    assert (low, high) == tuple(round(count / 1000) for count in entries)


@pytest.mark.parametrize("width", [0, -1, 10**7])
def test_an_absurd_width_is_refused(width):
    with pytest.raises(InputError, match="not a width"):
        optimal_vocabulary(1e9, width=width)
