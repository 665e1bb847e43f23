"""Values of the sufficiency verdict."""

import pytest

from registry.domain.target import Verdict, format_parameters, format_size, parse_sizes
from registry.errors import InputError


@pytest.mark.parametrize(
    ("num_parameters", "name"),
    [
        (1, "1"),
        (999, "999"),
        (1_000, "1K"),
        (125_000_000, "125M"),
        (1_300_000_000, "1.3B"),
        (6_738_000_000, "6.738B"),
        (70_000_000_000, "70B"),
        (10**15, "1P"),
    ],
)
def test_sizes_are_named_as_people_name_models(num_parameters, name):
    assert name == format_size(num_parameters)


def test_one_parameter_is_no_plural():
    assert ["1 parameter", "2 parameters", "7B parameters"] == [
        format_parameters(size) for size in (1, 2, 7 * 10**9)
    ]


def test_sizes_are_read_each_once():
    assert [4 * 10**8, 7 * 10**9] == parse_sizes("400M,7B,7e9")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,,2", "'1,,2' is no list of model sizes: one of them is empty"),
        ("1,", "'1,' is no list"),
        ("", "'' is no list"),
        ("1K,1e19", "'1e19' is not a model size: it must lie between 1 and 1e15"),
        ("1e18", "'1e18' is not a model size: it must lie between 1 and 1e15"),
    ],
)
def test_an_empty_or_impossible_size_is_refused(text, words):
    with pytest.raises(InputError, match=words):
        parse_sizes(text)


def test_three_verdicts_let_a_run_start():
    assert [verdict for verdict in Verdict if verdict.is_enough] == [
        "SUFFICIENT-REPEAT",
        "SUFFICIENT",
        "AMPLE",
    ]
