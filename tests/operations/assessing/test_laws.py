"""Laws in files: a project's own, and runs to fit one to."""

import math

import numpy as np
import pytest

from registry.domain.architecture import Convention
from registry.errors import InputError, UnknownError, UnreadableError
from registry.operations.assessing.fit_runs import fit_runs, read_runs
from registry.operations.assessing.laws import (
    compare_laws,
    law_to_toml,
    list_laws,
    read_laws,
)
from registry.scaling.laws import get_law, load_laws

OURS = """
[[law]]
id = "ours"
title = "Our runs of spring"
parameters = "non-embedding"
source = "runs.csv"
votes = true

[law.formula]
kind = "ratio"
tokens_per_parameter = 24.0

[elsewhere]
is = "not looked at"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a registry's home, and no setting from outside."""
    monkeypatch.delenv("MUSTER_HOME", raising=False)
    (tmp_path / ".muster").mkdir()
    return tmp_path


def write_runs(path, *, columns="parameters,tokens,loss", num_runs=60):
    """Runs with the losses of the Epoch refit, exact."""
    formula = get_law("epoch-2024").parametric
    random = np.random.default_rng(3)
    rows = [columns]
    for _ in range(num_runs):
        size, tokens = (
            math.exp(random.uniform(*map(math.log, span))) for span in ((1e8, 1e10), (1e9, 1e12))
        )
        values = {
            "parameters": size,
            "tokens": tokens,
            "loss": formula.loss(size, tokens),
            "flops": 6 * size * tokens,
            "note": "x",
        }
        rows.append(",".join(str(values[name.strip().lower()]) for name in columns.split(",")))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_projects_laws_stand_behind_those_shipped(project):
    (project / "muster.toml").write_text(OURS)

    *shipped, ours = list_laws(start=project)

    assert tuple(shipped) == load_laws()
    assert (ours.id, ours.flags, ours.votes) == ("ours", ("user",), True)


def test_the_file_stands_beside_the_home_wherever_one_works(project):
    (project / "muster.toml").write_text(OURS)
    below = project / "a" / "b"
    below.mkdir(parents=True)

    assert get_law("ours", among=list_laws(start=below)).id == "ours"
    assert get_law("ours", among=list_laws(project / ".muster", start=below)).id == "ours"


def test_without_a_registry_the_working_directory_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.delenv("MUSTER_HOME", raising=False)
    (tmp_path / "muster.toml").write_text(OURS)

    assert list_laws(start=tmp_path)[-1].id == "ours"


def test_without_a_file_there_are_the_shipped_laws(project):
    assert list_laws(start=project) == load_laws()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OURS.replace("24.0", "-1"), "law 1: formula.ratio.tokens_per_parameter"),
        (OURS.replace('"ratio"', '"rato"'), "law 1: formula"),
        (OURS.replace("votes", "vote"), "law 1: vote"),
        (OURS.replace('"ours"', '"rule-20"'), "law 1: id: 'rule-20' is taken"),
        (OURS + OURS.replace("[elsewhere]", "[other]"), "law 2: id: 'ours' is taken"),
        (
            OURS.replace(
                "[elsewhere]",
                f"[law.uncertainty]\ncentre = {[0.5] * 5}\ncovariance = {[[1.0] * 5] * 5}\n"
                "[elsewhere]",
            ),
            "law 1: uncertainty: Value error, the covariance is not positive definite",
        ),
        ('law = "rule-20"', "each law begins with [[law]]"),
    ],
)
def test_a_wrong_law_is_named_with_file_and_key(project, text, said):
    file = project / "muster.toml"
    file.write_text(text)

    with pytest.raises(InputError) as caught:
        list_laws(start=project)

    assert str(file) in caught.value.message
    assert said in caught.value.message


def test_what_is_no_toml_is_said_to_be_none(project):
    (project / "muster.toml").write_text("[[law")

    with pytest.raises(UnreadableError, match="TOML"):
        list_laws(start=project)


@pytest.mark.parametrize("law", load_laws(), ids=lambda law: law.id)
def test_every_law_comes_back_from_its_row(tmp_path, law):
    ours = law.model_copy(update={"id": "ours", "flags": ()})
    file = tmp_path / "muster.toml"
    file.write_text(law_to_toml(ours), encoding="utf-8")

    (back,) = read_laws(file)

    assert back.model_copy(update={"flags": ()}) == ours


def test_a_comparison_has_every_law_of_the_panel_for_every_size(project):
    found = compare_laws([10**9, 10**12], start=project)

    assert [law.id for law in load_laws() if law.is_in_panel] == [item.law for item in found]
    assert ["1000000000", "1000000000000"] == list(found[0].required_tokens)


def test_named_laws_alone_are_compared(project):
    found = compare_laws([10**9], ["sardana", "rule-20"], start=project)

    assert ["sardana", "rule-20"] == [item.law for item in found]


def test_a_comparison_refuses_what_it_does_not_know(project):
    with pytest.raises(UnknownError):
        compare_laws([10**9], ["folklore"], start=project)
    with pytest.raises(InputError, match="not how many"):
        compare_laws([10**9], ["gadre-c4"], start=project)
    with pytest.raises(InputError, match="not a model size"):
        compare_laws([10**16], start=project)


@pytest.mark.parametrize(
    "columns",
    [
        "parameters,tokens,loss",
        "FLOPs, parameters ,loss",
        "loss,flops,tokens",
        "note,tokens,loss,parameters",
    ],
)
def test_runs_are_read_from_two_of_three_columns(tmp_path, columns):
    runs = read_runs(write_runs(tmp_path / "runs.csv", columns=columns))
    plain = read_runs(write_runs(tmp_path / "plain.csv"))

    for mine, theirs in zip(runs, plain, strict=True):
        assert pytest.approx(theirs) == mine


def test_a_fit_becomes_a_law_that_can_be_kept(project):
    write_runs(project / "runs.csv")
    found = fit_runs(
        project / "runs.csv",
        law_id="ours",
        parameters=Convention.NON_EMBEDDING,
        num_starts=20,
        num_resamples=0,
    )
    (project / "muster.toml").write_text(law_to_toml(found.law), encoding="utf-8")

    kept = list_laws(start=project)[-1]

    assert kept == found.law
    assert pytest.approx(0.34781303, rel=1e-4) == kept.parametric.alpha
    assert kept.fitted.parameters_low >= 1e8
    assert kept.votes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the columns are none"),
        ("parameters,loss\n1,2\n", "the columns are parameters, loss"),
        ("tokens,parameters\n1,2\n", "two of parameters"),
    ],
)
def test_missing_columns_are_named(tmp_path, text, said):
    file = tmp_path / "runs.csv"
    file.write_text(text)

    with pytest.raises(InputError) as caught:
        read_runs(file)

    assert said in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("cell", ["x", "", "-1", "0", "nan", "inf"])
def test_a_wrong_cell_is_named_with_its_line(tmp_path, cell):
    file = tmp_path / "runs.csv"
    file.write_text(f"parameters,tokens,loss\n1,2,3\n\n1,{cell},3\n")

    with pytest.raises(UnreadableError, match="line 4: num_tokens"):
        read_runs(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableError, match=r"nowhere\.csv"):
        read_runs(tmp_path / "nowhere.csv")


def test_an_impossible_id_is_refused(tmp_path):
    write_runs(tmp_path / "runs.csv")

    with pytest.raises(InputError, match="not the id of a law"):
        fit_runs(tmp_path / "runs.csv", law_id="Our Law", num_starts=1, num_resamples=0)


def test_a_registry_knows_its_projects_laws(muster):
    """The home of this fixture is a folder of its own, beside which no file stands."""
    assert load_laws() == muster.laws.list()
    assert muster.laws.get("kaplan").id == "kaplan"
    assert muster.laws.compare([10**9], ["rule-20"])[0].required_tokens["1000000000"].mid == (
        20 * 10**9
    )
