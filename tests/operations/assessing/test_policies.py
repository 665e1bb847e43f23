"""What a policy file changes beside licences: epochs, steps, laws, sources, floors, holdout."""

import pytest

from registry.domain.model_target import Target
from registry.errors import InputError
from registry.operations.assessing.report_page import make_curves
from registry.reporting.gates import list_gates, policy_text
from registry.scaling import get_law

OURS = """
name = "ours"
[epochs]
wanted = 8
allowed = 20
[steps]
least = 0
[law]
extrapolated = "block"
range_unknown = "pass"
[sources]
most_share = 0.4
[floors]
missed = "block"
shares = { "space:web" = 0.9, "language:de" = 0.00001 }
[holdout]
missing = "warn"
"""


@pytest.fixture
def ours(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text(OURS)
    return str(file)


def gates_of(report):
    return {gate.name.split(" of ")[0]: gate for gate in list_gates(report)}


def test_what_was_withdrawn_blocks_unless_a_policy_says_otherwise(muster, prepared, tmp_path):
    mild = tmp_path / "mild.toml"
    mild.write_text('name = "mild"\n[withdrawal]\nwithdrawn = "warn"\n')
    ask = {"num_parameters": [1], "tokenizer": "tiny"}
    before = muster.report(prepared, **ask)
    muster.datasets.withdraw("web/a.text-default", reason="a takedown")
    after = muster.report(prepared, **ask)
    allowed = muster.report(prepared, policy=str(mild), **ask)
    gate, warning = (gates_of(one)["withdrawn"] for one in (after, allowed))

    assert "withdrawn" not in gates_of(before)
    assert ("block", "web/a.text-default@1 was withdrawn") == (gate.status.value, gate.message)
    assert "warn" == warning.status
    assert ["AMPLE", "BLOCKED", "AMPLE"] == [
        one.targets[0].verdict.value for one in (before, after, allowed)
    ]


def test_a_policy_file_changes_every_gate_and_each_names_its_keys(muster, prepared, ours):
    sizes = {"num_parameters": [10_000], "tokenizer": "tiny"}
    usual = muster.report(prepared, **sizes)
    report = muster.report(prepared, policy=ours, **sizes)
    (before,), (after,) = usual.targets, report.targets
    found = gates_of(report)

    assert (4, 16) == (before.epochs, before.hard_epochs)
    assert (8, 20) == (after.epochs, after.hard_epochs)
    assert {"steps", "extrapolated"} <= gates_of(usual).keys()
    assert {"single-source", "floors", "holdout"}.isdisjoint(gates_of(usual))
    assert "steps" not in found
    assert {"extrapolated": "block", "single-source": "warn", "floors": "block"} == {
        name: found[name].status.value for name in ("extrapolated", "single-source", "floors")
    }
    assert "warn" == found["holdout"].status
    assert "language:de has 0 %, 0.001 % are wanted" in found["floors"].message
    assert "BLOCKED" == after.verdict
    assert all(gate.keys for gate in (*found.values(), *gates_of(usual).values()))
    assert "in a policy file: law.extrapolated" in policy_text(found["extrapolated"])
    # What a target says of epochs goes before its policy.
    own = muster.report(
        prepared, targets=[Target(parameters=10_000, epochs=2)], policy=ours, tokenizer="tiny"
    )
    assert (2, 20) == (own.targets[0].epochs, own.targets[0].hard_epochs)
    assert muster.reports.rerun(report.id).is_same


def test_a_wrong_key_is_named_with_what_may_stand_there(muster, prepared, tmp_path):
    for text, words, hint in (
        ("[epochs]\nmost = 4", "epochs.most", "wanted = 4, allowed = 16, "),
        ("[epochs]\nwanted = 17", "17 epochs wanted and only 16 allowed", "wanted = 4"),
        ('[floors]\nshares = {"lang:de" = 0.1}', "'lang:de=0.1' is not a share", "missed"),
        ("[epoch]\nwanted = 4", "epoch", "a policy file has epochs, steps, law, vocabulary"),
    ):
        file = tmp_path / "wrong.toml"
        file.write_text(f'name = "x"\n{text}\n')
        with pytest.raises(InputError) as raised:
            muster.report(prepared, num_parameters=[10], policy=str(file))

        assert words in raised.value.message
        assert hint in raised.value.hint


def test_seen_once_is_no_more_than_once_and_every_law_is_asked(muster, prepared):
    held = muster.report(prepared, num_parameters=[10], tokenizer="tiny").unique_tokens
    # Twice what is held is asked for: enough after 2.03 epochs, and not where none is repeated.
    size = held // 10
    report = muster.report(prepared, num_parameters=[size], tokenizer="tiny", law="rule-20")
    rows = {row.change: row.verdicts for row in make_curves(report, get_law("rule-20")).sensitivity}

    assert "SUFFICIENT-REPEAT" == report.targets[0].verdict
    assert ("INSUFFICIENT",) == rows["each token seen once"]
    assert ("SUFFICIENT",) == rows["by rule-10"]
    assert set(report.targets[0].required_tokens) - {"rule-20"} == {
        name.removeprefix("by ") for name in rows if name.startswith("by ")
    }
