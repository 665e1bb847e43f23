"""Values of the sufficiency verdict."""

import pytest

from registry.domain.target import Verdict, format_size


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


def test_three_verdicts_let_a_run_start():
    assert [verdict for verdict in Verdict if verdict.is_enough] == [
        "SUFFICIENT-REPEAT",
        "SUFFICIENT",
        "AMPLE",
    ]
