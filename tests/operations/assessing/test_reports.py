"""Reports that are kept: pinned, shown, made anew, compared."""

import pytest

from registry.domain.model_target import Target
from registry.domain.report_answers import Cause
from registry.errors import InputError, UnknownError
from tests.operations.assessing.factories import add, causes


def codes(report):
    return {warning.code.value for warning in report.warnings}


def test_the_same_question_gives_the_same_report_and_the_same_bytes(muster, prepared):
    first = muster.report(prepared, num_parameters=[100])
    again = muster.report(prepared, num_parameters=[100])
    bytes_of = [
        muster.report(prepared, num_parameters=[100], reproducible=True).model_dump_json()
        for _ in range(2)
    ]

    assert first == again
    assert [first.id] == [item.id for item in muster.reports.list()]
    assert bytes_of[0] == bytes_of[1]
    assert '"created_at":null' in bytes_of[0]


def test_a_report_that_is_not_kept_has_no_id(muster, prepared):
    report = muster.report(prepared, num_parameters=[100], keep=False)

    assert report.id is None
    assert [] == muster.reports.list()


def test_a_report_is_pinned_to_digests_counts_and_laws(muster, prepared):
    report = muster.report(["web/a.text-default"], num_parameters=[100])
    (pin,) = report.inputs

    assert ("web/a.text-default@1",) == report.request.references
    assert pin.digest.startswith("sha256:")
    assert pin.count.startswith("sha256:")
    assert all(law.fingerprint for law in report.laws)


@pytest.mark.parametrize("named", [True, False])
def test_made_anew_on_unchanged_inputs_it_is_the_same(muster, prepared, named):
    muster.tokenize("web/a", tokenizer="tiny", count_only=True)
    report = muster.report(prepared if named else (), num_parameters=[100], policy="commercial")

    assert muster.reports.rerun(report.id).is_same
    assert 1 == len(muster.reports.list())


def test_made_anew_it_stays_on_its_versions_though_newer_ones_came(muster, prepared, tmp_path):
    report = muster.report(num_parameters=[100])
    add(muster, tmp_path, "a", number=60)
    muster.tokenize("web/a.text-default", tokenizer="tiny")

    assert muster.reports.rerun(report.id).is_same
    assert muster.report(num_parameters=[100]).id != report.id


def test_made_anew_it_says_which_licence_and_which_withdrawal_came(muster, prepared):
    report = muster.report(prepared, num_parameters=[100], policy="commercial")
    muster.licences.add("web/b", "MIT", by="publisher")
    muster.licences.add("web/b.text-default", "MIT", by="publisher")
    muster.datasets.withdraw("web/a.text-default@1", reason="a takedown")
    diff = muster.reports.rerun(report.id)

    assert not diff.is_same
    assert {Cause.GATE, Cause.LICENCE} <= causes(diff)
    assert any("withdrawn" in change.message for change in diff.changes)
    assert diff.second != report.id
    assert {diff.first, diff.second} == {item.id for item in muster.reports.list()}


def test_made_anew_it_says_that_a_law_has_other_coefficients(muster, prepared, context):
    file = context.home.parent / "muster.toml"
    law = (
        '[[law]]\nid = "ours"\ntitle = "t"\nparameters = "total"\nsource = "s"\n'
        '[law.formula]\nkind = "ratio"\ntokens_per_parameter = {}\n'
    )
    file.write_text(law.format(24))
    report = muster.report(prepared, num_parameters=[100], law="ours")
    file.write_text(law.format(30))

    assert "ours has other coefficients" in {
        change.message for change in muster.reports.rerun(report.id).changes
    }


def test_more_data_alone_is_what_moved_the_verdict(muster, prepared):
    whole = muster.report(prepared, num_parameters=[1], law="rule-20")
    unique = whole.unique_tokens
    size = round(unique / 20)
    less = muster.report(prepared[:1], num_parameters=[size], law="rule-20")
    more = muster.report(prepared, num_parameters=[size], law="rule-20")
    diff = muster.reports.diff(less.id, more.id)
    (move,) = diff.moves

    assert ("SUFFICIENT-REPEAT", "SUFFICIENT") == (move.before, move.after)
    assert {Cause.TOKENS: "SUFFICIENT"} == move.alone
    assert {Cause.DATA, Cause.TOKENS} <= causes(diff)
    assert any(change.message.startswith(f"with {prepared[1]}") for change in diff.changes)


def test_another_law_alone_is_what_moved_the_verdict(muster, prepared):
    unique = muster.report(prepared, num_parameters=[1]).unique_tokens
    first, second = (
        muster.report(prepared, num_parameters=[round(unique / 15)], law=law)
        for law in ("rule-10", "rule-20")
    )
    diff = muster.reports.diff(first.id, second.id)

    assert {Cause.LAW: "SUFFICIENT-REPEAT"} == diff.moves[0].alone
    assert {Cause.LAW} == causes(diff)


def test_a_gate_alone_is_what_moved_the_verdict(muster, prepared):
    first = muster.report(prepared, num_parameters=[10])
    second = muster.report(prepared, num_parameters=[10], policy="commercial")
    there = muster.reports.diff(first.id, second.id)
    back = muster.reports.diff(second.id, first.id)

    assert {Cause.GATE: "BLOCKED"} == there.moves[0].alone
    assert {Cause.GATE: first.targets[0].verdict} == back.moves[0].alone
    assert {Cause.POLICY, Cause.GATE} == causes(there) == causes(back)


def test_another_policy_on_epochs_is_a_change_of_the_target(muster, prepared):
    unique = muster.report(prepared, num_parameters=[1]).unique_tokens
    size = round(unique * 3 / 20)
    first, second = (
        muster.report(
            prepared, targets=[Target(name="t", parameters=size, epochs=epochs)], law="rule-20"
        )
        for epochs in (4, 1)
    )
    diff = muster.reports.diff(first.id, second.id)

    assert ("SUFFICIENT-REPEAT", "CONSTRAINED") == (diff.moves[0].before, diff.moves[0].after)
    assert {Cause.TARGET: "CONSTRAINED"} == diff.moves[0].alone
    assert "t: epochs 1 in place of 4" in {change.message for change in diff.changes}


def test_targets_that_came_and_went_are_told(muster, prepared):
    first = muster.report(prepared, num_parameters=[10, 20])
    second = muster.report(prepared, num_parameters=[20, 30])
    moves = {
        move.target: (move.before is None, move.after is None)
        for move in muster.reports.diff(first.id, second.id).moves
    }

    assert {"10": (False, True), "20": (False, False), "30": (True, False)} == moves


def test_without_a_source_all_that_was_made_from_it_is_left_out(muster, prepared):
    whole = muster.report(prepared, num_parameters=[100])
    rest = muster.report(prepared, num_parameters=[100], without=["web/b"])

    assert [prepared[0]] == [line.reference for line in rest.supply]
    assert ("web/b@1",) == rest.request.without
    assert whole.unique_tokens > rest.unique_tokens
    assert muster.reports.rerun(rest.id).is_same
    assert any("as if web/b@1" in warning.message for warning in rest.warnings)


def test_without_everything_nothing_is_held(muster, prepared):
    report = muster.report(
        prepared, num_parameters=[100], without=["web/a", "web/b"], policy="commercial"
    )

    assert (0, "INSUFFICIENT") == (report.unique_tokens, report.targets[0].verdict)


def test_without_what_is_not_held_changes_nothing_and_says_so(muster, prepared):
    whole = muster.report(prepared[:1], num_parameters=[100])
    rest = muster.report(prepared[:1], num_parameters=[100], without=["web/b"])
    (said,) = [one for one in rest.warnings if one.code == "left-out"]

    assert whole.unique_tokens == rest.unique_tokens
    assert "left out as if web/b@1 could not be used: nothing held is made of it" == said.message


def test_without_an_unknown_version_is_an_error(muster, prepared):
    with pytest.raises(UnknownError):
        muster.report(prepared, num_parameters=[100], without=["web/nothing"])


def test_the_newest_report_on_versions_is_found_by_what_it_stands_on(muster, prepared):
    muster.report(prepared, num_parameters=[10])
    newest = muster.report(prepared[:1], num_parameters=[20])
    muster.report(prepared[1:], num_parameters=[30], without=["web/a"])

    assert newest.id == muster.reports.get_newest("web/a.text-default").id
    assert 10 == muster.reports.get_newest(*prepared).targets[0].num_parameters
    with pytest.raises(InputError, match="no report on web/a@1 is kept"):
        muster.reports.get_newest("web/a")


def test_a_size_that_is_asked_twice_is_answered_once(muster, prepared):
    targets = muster.report(prepared, num_parameters=[10, 20, 10]).targets

    assert [10, 20] == [target.num_parameters for target in targets]


def test_a_tokenizer_that_nobody_named_is_said_and_stays_said(muster, prepared):
    assert "chosen-tokenizer" not in codes(muster.report(prepared, num_parameters=[10]))
    muster.tokenizers.train(["web/b"], name="other", vocab_size=290)
    muster.tokenize("web/b.text-default", tokenizer="other", count_only=True)
    report = muster.report(prepared, num_parameters=[10])
    (warning,) = [item for item in report.warnings if item.code == "chosen-tokenizer"]

    assert "tiny was taken, which counted 2 of 2 versions" in warning.message
    assert "muster report --tokenizer other" == warning.hint
    assert muster.reports.rerun(report.id).is_same
    assert "chosen-tokenizer" not in codes(
        muster.report(prepared, num_parameters=[10], tokenizer="tiny")
    )


def test_versions_left_out_stand_beside_the_verdict_with_them(muster, prepared):
    whole = muster.report(num_parameters=[100])
    report = muster.report(num_parameters=[100], without=["web/b"])
    ((before,), (after,)) = report.before, report.targets

    assert (whole.targets[0].verdict, whole.unique_tokens) == (
        before.verdict,
        before.unique_tokens,
    )
    assert after.unique_tokens < before.unique_tokens
    assert {"web/a.text-default@1": False, "web/b.text-default@1": True} == {
        item.reference: item.is_left_out for item in report.inputs
    }
    assert muster.reports.rerun(report.id).is_same
