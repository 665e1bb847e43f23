import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError
from registry.tokenization.sampling import _student_quantile, estimate_total, sample_mask


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(), st.floats(0.0, 1.0))
def test_batches_make_no_difference_to_a_sample(sizes, seed, fraction):
    whole = sample_mask(0, sum(sizes), fraction=fraction, seed=seed)

    first, parts = 0, []
    for size in sizes:
        parts += sample_mask(first, size, fraction=fraction, seed=seed).tolist()
        first += size

    assert whole.tolist() == parts


@given(st.integers(), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_larger_sample_holds_the_smaller_one(seed, one, other):
    small = sample_mask(0, 200, fraction=min(one, other), seed=seed)
    large = sample_mask(0, 200, fraction=max(one, other), seed=seed)

    assert not (small & ~large).any()


def test_all_is_all_and_nothing_is_nothing():
    assert sample_mask(0, 10_000, fraction=1.0, seed=3).all()
    assert not sample_mask(0, 10_000, fraction=0.0, seed=3).any()


@pytest.mark.parametrize("seed", [0, 1, 2, -1, 2**63, 2**64 - 1])
def test_a_sample_has_its_share_of_rows(seed):
    # Four standard deviations of 100,000 draws at 10 % are 380.
    assert abs(sample_mask(0, 100_000, fraction=0.1, seed=seed).sum() - 10_000) < 380


def test_samples_of_neighbouring_seeds_are_independent():
    one = sample_mask(0, 100_000, fraction=0.5, seed=0)
    two = sample_mask(0, 100_000, fraction=0.5, seed=1)
    swapped = two.reshape(-1, 2)[:, ::-1].ravel()

    assert abs((one == two).mean() - 0.5) < 0.01
    assert abs((one == swapped).mean() - 0.5) < 0.01


def _population(size=4000):
    draw = np.random.default_rng(11)
    num_bytes = np.round(draw.lognormal(6, 1, size)).astype(np.int64) + 1
    per_byte = draw.normal(0.25, 0.05, size).clip(0.05)
    return np.round(num_bytes * per_byte).astype(np.int64), num_bytes


@pytest.mark.parametrize("fraction", [0.02, 0.1, 0.5])
def test_the_interval_covers_the_total_as_often_as_it_says(fraction):
    tokens, num_bytes = _population()
    runs = 400
    covered = 0
    for seed in range(runs):
        mask = sample_mask(0, len(tokens), fraction=fraction, seed=seed)
        estimate = estimate_total(
            tokens[mask],
            num_bytes[mask],
            total_bytes=int(num_bytes.sum()),
            total_documents=len(tokens),
        )
        covered += estimate.low <= tokens.sum() <= estimate.high

    # Between 90 % and 98 %: 95 % within the noise of 400 runs and the bias of order 1/n.
    assert 0.90 * runs <= covered <= 0.98 * runs


def test_an_estimate_by_hand():
    # R = 30 / 100; residuals -2 and 2, so s^2 = 8; N^2 (1 - 2/4) / 2 * 8 = 32; t(1) = 12.706.
    estimate = estimate_total(
        np.array([10, 20]), np.array([40, 60]), total_bytes=200, total_documents=4
    )

    margin = 12.7062 * 32**0.5
    assert 60 == estimate.mid
    assert int(60 + margin) + 1 == estimate.high
    # At least the tokens that were counted.
    assert 30 == estimate.low


def test_a_sample_of_everything_is_exact():
    tokens, num_bytes = _population(50)

    estimate = estimate_total(
        tokens, num_bytes, total_bytes=int(num_bytes.sum()), total_documents=50
    )

    assert {int(tokens.sum())} == {estimate.low, estimate.mid, estimate.high}


@pytest.mark.parametrize(("tokens", "num_bytes"), [([], []), ([3], [9]), ([0, 0], [0, 0])])
def test_a_sample_that_says_nothing_is_refused(tokens, num_bytes):
    with pytest.raises(InputError, match="says nothing") as caught:
        estimate_total(
            np.array(tokens, np.int64),
            np.array(num_bytes, np.int64),
            total_bytes=1000,
            total_documents=100,
        )

    assert "--sample" in caught.value.hint


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (5, 2.571),
        (30, 2.042),
        (99, 1.984),
        (1000, 1.962),
        (10**6, 1.960),
    ],
)
def test_students_quantile_is_that_of_the_printed_tables(degrees, expected):
    assert expected == pytest.approx(_student_quantile(0.975, degrees=degrees), abs=6e-4)
