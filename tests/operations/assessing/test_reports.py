"""Reports that are kept: the same for the same inputs, made anew from their pins, compared."""

import math

import pytest

from registry.domain.card import Card
from registry.domain.cost import CostDraft, CostKind
from registry.domain.model_target import Distillation, Hardware, Target
from registry.domain.money import Money
from registry.domain.report_answers import Cause
from registry.errors import InputError, UnknownError, UnreadableError
from registry.operations.assessing.explain import FIGURES
from registry.operations.assessing.targets import make_target
from registry.scaling import allocate, epochs_needed, optimal_tokens
from registry.scaling.repetition import R_D_STAR, effective_tokens
from tests.operations.factories import records, write_jsonl


def add(muster, folder, name, *, number=30, first=0, licence="MIT"):
    path = write_jsonl(folder / name / "x.jsonl", records(number, first=first))
    muster.register([str(path)], name=f"web/{name}", card=Card(licence=licence))
    muster.normalize(f"web/{name}", recipe="text-default")


@pytest.fixture
def prepared(muster, tmp_path):
    """Two normalized and counted datasets without shared documents."""
    add(muster, tmp_path, "a")
    add(muster, tmp_path, "b", first=100, licence="CC-BY-NC-4.0")
    muster.tokenizers.train(["web/a"], name="tiny", vocab_size=280)
    for name in ("a", "b"):
        muster.tokenize(f"web/{name}.text-default", tokenizer="tiny")
    return ["web/a.text-default@1", "web/b.text-default@1"]


def codes(report):
    return {warning.code.value for warning in report.warnings}


def causes(diff):
    return {change.cause for change in diff.changes}


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
    assert {Cause.WARNING} <= causes(diff)
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


def test_a_target_of_a_file_of_a_name_and_as_a_value_is_the_same(muster, prepared, tmp_path):
    file = tmp_path / "t.toml"
    file.write_text('name = "t"\nparameters = "1K"\novertraining = 3\n')
    target = Target(name="t", parameters=1000, overtraining=3)
    muster.targets.set(target)
    found = {muster.report(prepared, targets=[item]).id for item in (str(file), "t", "t@1", target)}

    assert 1 == len(found)


def test_overtraining_asks_for_so_many_times_the_tokens(muster, prepared):
    target = Target(parameters=10**9, overtraining=5)
    (found,) = muster.report(prepared, targets=[target]).targets

    assert pytest.approx(5 * optimal_tokens(10**9).mid) == found.required_tokens["epoch-2024"].mid


def test_a_budget_is_for_the_model_that_the_law_allocates(muster, prepared):
    (found,) = muster.report(prepared, targets=[Target(compute_flops=1e22)]).targets
    best = allocate(1e22)

    assert pytest.approx(best.num_parameters, rel=1e-6) == found.num_parameters
    assert pytest.approx(1e22, rel=1e-6) == found.flops


def test_hardware_gives_hours_days_and_money(muster, prepared):
    hardware = Hardware(
        device="h100", devices=64, utilisation=0.5, price_per_hour=2, currency="USD"
    )
    (found,) = muster.report(
        prepared, targets=[Target(parameters=10**9, hardware=hardware)]
    ).targets
    # 989.4 TFLOPs a second in bfloat16, dense: NVIDIA's data sheet of the H100 SXM.
    hours = found.flops / (989.4e12 * 0.5 * 3600)

    assert pytest.approx(hours, rel=1e-3) == found.cost.device_hours.mid
    assert pytest.approx(hours / 24 / 64, rel=1e-3) == found.cost.days.mid
    assert pytest.approx(hours * 2, rel=1e-3) == found.cost.money.mid
    assert "USD" == found.cost.currency


def test_targets_of_two_tokenizers_are_never_compared(muster, prepared):
    targets = [Target(parameters=10, tokenizer=name) for name in ("tiny", "other")]
    with pytest.raises(InputError, match="tiny and other"):
        muster.report(prepared, targets=targets)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('parameters = "lots"', "'lots' is not a count"),
        ("parameters = 7\ncolour = 1", "colour: there is no such key"),
        ("overtraining = 3", "exactly one of"),
        ("[architecture]\nlayers = 0", "architecture.layers"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(muster, prepared, tmp_path, text, words):
    file = tmp_path / "t.toml"
    file.write_text(text)
    with pytest.raises(InputError) as raised:
        muster.report(prepared, targets=[str(file)])

    assert str(file) in raised.value.message
    assert words in raised.value.message


@pytest.mark.parametrize(
    ("content", "words"), [(b"\xff", "TOML"), (b"no toml", "TOML"), (None, "no such file")]
)
def test_a_file_that_cannot_be_read_is_named(muster, prepared, tmp_path, content, words):
    file = tmp_path / "t.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnreadableError, match=words):
        muster.report(prepared, targets=[str(file)])


def test_a_target_on_an_unknown_device_is_not_kept(muster):
    hardware = Hardware(device="abacus")
    with pytest.raises(UnknownError):
        muster.targets.set(Target(name="t", parameters=1, hardware=hardware))

    assert [] == muster.targets.list()


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


def test_a_plan_within_the_data_is_the_laws_own(muster, prepared):
    unique = muster.report(prepared, num_parameters=[10]).unique_tokens
    plan = muster.plan(prepared, flops=6 * 20 * (unique / 20) ** 2, law="rule-20")
    run = plan.within_policy

    assert not plan.is_data_limited
    assert pytest.approx(20, rel=0.01) == run.num_tokens / run.num_parameters
    assert pytest.approx(1, rel=0.01) == run.num_epochs


def test_a_plan_beyond_the_data_repeats_as_often_as_wanted(muster, prepared):
    plan = muster.plan(prepared, flops=1e15)
    run = plan.within_policy

    assert plan.is_data_limited
    assert plan.unique_tokens * 4 == run.num_tokens
    assert run.flops < plan.flops
    assert plan.on_repeated is None


def test_the_missing_tokens_of_a_plan_are_enough_and_not_one_less(muster, prepared):
    plan = muster.plan(prepared, flops=1e12, law="rule-20")
    need = next(run.num_tokens for run in plan.runs if run.law == plan.law)
    held = plan.unique_tokens + plan.missing_tokens

    assert effective_tokens(held, 4) >= need > effective_tokens(held - 1, 4)


def test_device_hours_are_a_budget(muster, prepared):
    plan = muster.plan(prepared, device_hours="2xH100", utilisation=0.5)

    assert pytest.approx(2 * 3600 * 989.4e12 * 0.5, rel=1e-3) == plan.flops


@pytest.mark.parametrize(
    "budget",
    [
        {},
        {"flops": 1e20, "device_hours": "1xh100"},
        {"flops": 0.0},
        {"flops": math.nan},
        {"flops": 1e41},
        {"device_hours": "many"},
        {"device_hours": "1xabacus"},
        {"device_hours": "1xh100", "utilisation": 2},
        {"flops": 1e22, "epochs": 0},
    ],
)
def test_what_is_no_budget_is_refused(muster, prepared, budget):
    with pytest.raises(InputError):
        muster.plan(prepared, **budget)


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


@pytest.fixture
def market(muster, prepared, tmp_path):
    """What is held, and versions that could be got: priced, unpriced, only named."""
    for name, first in (("c", 200), ("d", 300)):
        add(muster, tmp_path, name, first=first)
        muster.tokenize(f"web/{name}.text-default", tokenizer="tiny", count_only=True)
    # Half of these documents are held.
    add(muster, tmp_path, "e", first=15)
    muster.tokenize("web/e.text-default", tokenizer="tiny", count_only=True)
    price(muster, "web/c", "8", CostKind.ACQUIRE)
    price(muster, "web/c.text-default", "1.5", CostKind.COMPUTE)
    price(muster, "web/e", "9", CostKind.LICENCE)
    return prepared[:1]


def price(muster, name, amount, kind, currency="EUR"):
    draft = CostDraft(kind=kind, amount=Money.parse(amount, currency))
    muster.costs.add(draft, version=name)


def test_candidates_are_ranked_by_what_they_bring_for_their_price(muster, market):
    names = ["web/c.text-default", "web/d.text-default=100", "web/e.text-default"]
    held = muster.report(market, num_parameters=[1], tokenizer="tiny").unique_tokens
    worth = effective_tokens(1, 4)
    size = round(held * worth * 1.9 / 20)
    report = muster.report(market, num_parameters=[size], law="rule-20", candidates=names)
    (found,) = report.acquisitions
    known = {item.reference: item for item in report.candidates}
    new = known["web/e.text-default@1"].num_tokens

    assert ["web/c.text-default@1", "web/e.text-default@1"] == [
        item.reference for item in found.ranked
    ]
    assert 9_500_000 == found.ranked[0].cost.micros
    assert 0 < new < held
    assert found.ranked[1].gained_tokens == int(new * worth)
    assert "its price is not known" == known["web/d.text-default@1"].problem
    assert math.ceil(20 * size / worth) - held == found.missing_tokens
    assert (("web/c.text-default@1",), "SUFFICIENT-REPEAT") == (found.cheapest, found.verdict)
    assert muster.reports.rerun(report.id).is_same


def test_a_price_that_came_moves_what_to_get(muster, market):
    names = ["web/c.text-default", "web/d.text-default=1M"]
    before = muster.report(market, num_parameters=[10_000], law="rule-20", candidates=names)
    price(muster, "web/d", "3", CostKind.ACQUIRE)
    after = muster.report(market, num_parameters=[10_000], law="rule-20", candidates=names)

    assert before.acquisitions[0].cheapest is None
    assert ("web/d.text-default@1",) == after.acquisitions[0].cheapest
    assert {Cause.COST} == causes(muster.reports.diff(before.id, after.id))


def test_prices_of_two_currencies_and_what_is_held_are_refused(muster, market):
    price(muster, "web/d", "3", CostKind.ACQUIRE, "USD")
    ask = {"num_parameters": [10_000], "tokenizer": "tiny"}
    with pytest.raises(InputError, match="in EUR and USD: different currencies are never added"):
        muster.report(market, candidates=["web/c.text-default", "web/d.text-default"], **ask)
    with pytest.raises(InputError, match="is a candidate and held already"):
        muster.report(market, candidates=market, **ask)
    with pytest.raises(InputError, match="is not a"):
        muster.report(market, candidates=["web/c.text-default=lots"], **ask)
    refused = muster.report(
        market, candidates=["web/b.text-default"], policy="commercial", **ask
    ).candidates[0]
    assert "the policy commercial refuses CC-BY-NC-4.0" == refused.problem


def test_a_teacher_of_the_catalog_brings_its_terms_and_its_depth(muster, prepared):
    muster.generations.add("web/a", role="people")
    muster.models.add("org/big@v1", output_licence="CC-BY-NC-4.0", trained_on=["web/a"])
    teacher = Distillation(teacher="org/big@v1", teacher_parameters=70, generated_tokens=2000)
    target = Target(name="student", parameters=1000, distillation=teacher)
    report = muster.report(prepared[:1], targets=[target], tokenizer="tiny", policy="commercial")
    (found,) = report.targets

    assert "distilled" == target.objective
    assert (1, 1) == (found.distillation.depth_low, found.distillation.depth_high)
    assert 2 * 70 * 2000 == pytest.approx(found.distillation.generation_flops)
    assert found.unique_tokens == report.unique_tokens
    assert "BLOCKED" == found.verdict
    assert "teacher-output" in {gate.name for gate in found.gates}
    for figure in FIGURES:
        assert muster.reports.explain(report, figure)
    with pytest.raises(UnknownError, match="org/none@v1"):
        muster.report(
            prepared,
            targets=[
                Target(
                    parameters=1,
                    distillation=teacher.model_copy(update={"teacher": "org/none@v1"}),
                )
            ],
        )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"parameters": 0}, "parameters: 0 is out of bounds: it must be above 0"),
        ({"parameters": 10**16}, r"must be at most 1e\+15"),
        ({"parameters": 1, "overtraining": 0.5}, "overtraining: 0.5 is out of bounds"),
        ({"parameters": 1, "overtraining": float("nan")}, "overtraining: nan is out of bounds"),
        ({"parameters": 1, "compute_flops": 1e22}, "a size of your own takes overtraining"),
        ({"paramters": 1}, "paramters: there is no such key"),
        ({"parameters": 1, "objective": "distilled"}, "needs distillation"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_with_its_own_value(fields, words):
    with pytest.raises(InputError, match=words):
        make_target(fields, origin="")
