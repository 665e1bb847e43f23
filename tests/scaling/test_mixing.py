"""Weights that lose the least: against a grid, against the conditions of Karush, Kuhn and Tucker,
and against any other weights that meet what is asked."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import InputError
from registry.scaling.mixing import Share, solve_weights
from registry.scaling.repetition import R_D_STAR, effective_tokens

pytest.importorskip("scipy")


def lost(unique, weights, num_tokens):
    """What repetition loses, written from the closed form and none of the search."""
    read = [weight * num_tokens for weight in weights]
    return sum(
        tokens - (effective_tokens(held, tokens / held) if tokens else 0.0)
        for held, tokens in zip(unique, read, strict=True)
    )


def test_no_weights_on_a_grid_lose_less():
    unique, num_tokens = [100, 50, 10], 300
    shares = [
        Share("de", frozenset({2}), low=0.15),
        Share("code", frozenset({1, 2}), low=0.5),
        Share("web", frozenset({0}), high=0.45),
    ]
    found = solve_weights(unique, num_tokens, shares=shares, most_epochs=12)
    steps = np.linspace(0, 1, 101)
    grid = [
        (first, second, 1 - first - second)
        for first, second in itertools.product(steps, steps)
        if 1 - first - second >= 0.15 and first <= 0.45
    ]
    allowed = [
        weights
        for weights in grid
        if all(w * num_tokens <= 12 * held for w, held in zip(weights, unique, strict=True))
    ]
    best = min(lost(unique, weights, num_tokens) for weights in allowed)

    assert len(allowed) > 100
    assert found.lost <= best + 1e-9
    assert best - found.lost < 0.5
    assert found.lost == pytest.approx(lost(unique, found.weights, num_tokens))
    assert found.least <= found.lost <= found.least + 1e-3


def test_free_parts_lose_alike_at_the_margin_and_no_part_at_a_bound_would_gain():
    unique, num_tokens = [400, 300, 200, 20], 2000
    found = solve_weights(
        unique, num_tokens, shares=[Share("d", frozenset({3}), low=0.1)], most_epochs=16
    )
    epochs = [w * num_tokens / held for w, held in zip(found.weights, unique, strict=True)]
    margins = [1 - math.exp(-(times - 1) / R_D_STAR) for times in epochs]

    assert 0.1 == pytest.approx(found.weights[3], abs=1e-9)
    assert margins[:3] == pytest.approx([margins[0]] * 3, rel=1e-3)
    assert margins[3] > margins[0]


def test_without_floors_each_part_has_its_share_of_what_is_held():
    assert (0.625, 0.3125, 0.0625) == solve_weights([100, 50, 10], 100).weights
    assert (0.25, 0.75) == solve_weights(
        [100, 100], 200, shares=[Share("b", frozenset({1}), low=0.75)]
    ).weights


@settings(max_examples=25)
@given(st.data())
def test_what_is_found_meets_what_is_asked_and_loses_no_more_than_other_weights(data):
    unique = data.draw(st.lists(st.integers(10, 10**6), min_size=2, max_size=5))
    # Weights that meet the floors by construction.
    raw = data.draw(st.lists(st.integers(1, 100), min_size=len(unique), max_size=len(unique)))
    other = [one / sum(raw) for one in raw]
    num_tokens = data.draw(st.floats(0.5, 12)) * min(
        held / weight for held, weight in zip(unique, other, strict=True)
    )
    num_tokens = max(1.0, num_tokens)
    shares = [
        Share(f"g{place}", frozenset({place, 0}), low=0.9 * (other[place] + other[0]))
        for place in range(1, len(unique))
    ]
    found = solve_weights(unique, num_tokens, shares=shares, most_epochs=12.001)

    assert 1 == pytest.approx(sum(found.weights), abs=1e-12)
    assert all(
        sum(found.weights[place] for place in share.pools) >= share.low - 2e-6 for share in shares
    )
    assert found.lost <= lost(unique, other, num_tokens) + 1e-5 * num_tokens


@pytest.mark.parametrize(
    ("shares", "options", "words"),
    [
        ([("de", {2}, 0.5, 1.0)], {"most_epochs": 4}, "de: 100 of 200 tokens .* give 40"),
        ([], {"most_epochs": 0.5}, "the parts together: 200 of 200 .* give 80"),
        (
            [("a", {0}, 0.7, 1.0), ("ok", {2}, 0.01, 1.0), ("b", {1}, 0.7, 1.0)],
            {},
            "no weights meet a, b together",
        ),
        ([("cap", {0, 1}, 0.0, 0.2)], {"most_epochs": 4}, "no weights meet cap within 4 epochs"),
        ([("cap", {0, 1, 2}, 0.0, 0.2)], {}, "no weights meet cap$"),
    ],
)
def test_what_cannot_be_met_is_named_and_nothing_else(shares, options, words):
    asked = [Share(name, frozenset(pools), low, high) for name, pools, low, high in shares]
    with pytest.raises(InputError, match=words):
        solve_weights([100, 50, 10], 200, shares=asked, **options)


@pytest.mark.parametrize(
    ("unique", "num_tokens", "options"),
    [
        ([], 1, {}),
        ([1], 0, {}),
        ([1], math.nan, {}),
        ([1], math.inf, {}),
        ([1], 1, {"most_epochs": 0}),
        ([0], 1, {}),
        ([-1], 1, {}),
    ],
)
def test_numbers_that_make_no_sense_are_refused(unique, num_tokens, options):
    with pytest.raises(InputError):
        solve_weights(unique, num_tokens, **options)
