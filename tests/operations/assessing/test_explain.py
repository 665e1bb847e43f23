"""How a figure of a report comes about."""

import math

import pytest

from registry.errors import UnknownError
from registry.operations.assessing.explain import FIGURES
from registry.scaling import epochs_needed
from registry.scaling.repetition import R_D_STAR


@pytest.mark.parametrize("figure", list(FIGURES))
def test_every_figure_is_explained_for_every_target(muster, prepared, figure):
    report = muster.report(prepared, num_parameters=[10, 100, 10**9])
    found = muster.reports.explain(report, figure)

    assert ["10", "100", "1B"] == [item.target for item in found]
    assert all(item.formula and item.source and item.steps for item in found)
    assert all(math.isfinite(number.value) for item in found for number in item.inputs)


def test_the_numbers_of_an_explanation_give_its_result(muster, prepared):
    report = muster.report(prepared, num_parameters=[60])
    (target,) = report.targets
    (epochs,) = muster.reports.explain(report, "epochs")
    (need,) = muster.reports.explain(report, "requirement")
    given = {item.symbol: item.value for item in epochs.inputs}
    law = {item.symbol: item.value for item in need.inputs}

    assert target.epochs_needed == epochs_needed(given["D"], given["U"], r_d_star=given["R*"])
    assert R_D_STAR == given["R*"]
    assert pytest.approx(target.required_tokens["epoch-2024"].mid, rel=0.02) == math.exp(
        law["c"] + law["s"] * math.log(law["N"])
    )


def test_an_unknown_figure_offers_the_others(muster, prepared):
    report = muster.report(prepared, num_parameters=[10])
    with pytest.raises(UnknownError, match="epoch"):
        muster.reports.explain(report, "epoch")
