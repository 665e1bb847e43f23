"""Licences through the registry: statements with evidence, reports that a policy shuts."""

import pytest

from registry.domain.cost import CostDraft, CostKind
from registry.domain.gate import GateStatus
from registry.domain.money import Money
from registry.domain.report import WarningCode
from registry.domain.target import Verdict
from registry.errors import InputError, UnknownError, UnreadableError
from registry.reporting.licences import render_notice
from tests.operations.factories import records, write_jsonl

SMALL = 1_000


@pytest.fixture
def made(muster, tmp_path):
    """A corpus that was normalized and counted; nobody says anything of its licence."""
    muster.register([str(write_jsonl(tmp_path / "in" / "a.jsonl", records()))], name="web/cc")
    muster.normalize("web/cc", recipe="text-default")
    muster.tokenizers.train(["web/cc"], name="tiny", vocab_size=300)
    muster.tokenize("web/cc.text-default", tokenizer="tiny", count_only=True)
    return muster


def report(muster, policy):
    return muster.report(["web/cc.text-default"], num_parameters=[SMALL], policy=policy)


def test_a_copy_of_the_evidence_is_kept(made, tmp_path):
    terms = tmp_path / "TERMS"
    terms.write_text("You may.")
    answer = made.licences.add("web/cc", "cc-by-4.0", by="publisher", evidence_file=terms)

    assert ("CC-BY-4.0", "publisher") == (answer.holding.expression, answer.holding.by)
    assert b"You may." == made._context.store.read(answer.holding.evidence_digest)


def test_evidence_is_kept_without_credentials(made):
    answer = made.licences.add("web/cc", "MIT", evidence="https://u:p@example.org/?token=abc")

    assert "https://example.org/?token=REDACTED" == answer.holding.evidence


def test_a_statement_of_an_unknown_version_leaves_no_object(made, tmp_path):
    terms = tmp_path / "TERMS"
    terms.write_text("Nobody keeps this.")
    before = set((tmp_path / "home" / "objects").rglob("*"))

    with pytest.raises(UnknownError):
        made.licences.add("web/none", "MIT", evidence_file=terms)
    assert before == set((tmp_path / "home" / "objects").rglob("*"))


def test_evidence_that_cannot_be_read_is_refused(made, tmp_path):
    with pytest.raises(UnreadableError):
        made.licences.add("web/cc", "MIT", evidence_file=tmp_path / "gone")


@pytest.mark.parametrize(
    ("licence", "policy", "status", "is_blocked"),
    [
        ("MIT", "commercial", GateStatus.PASS, False),
        ("CC-BY-SA-4.0", "commercial", GateStatus.WARN, False),
        ("CC-BY-SA-4.0", "strict", GateStatus.BLOCK, True),
        ("CC-BY-NC-4.0", "commercial", GateStatus.BLOCK, True),
        ("CC-BY-NC-4.0", "research", GateStatus.PASS, False),
        (None, "commercial", GateStatus.BLOCK, True),
        (None, "research", GateStatus.WARN, False),
    ],
)
def test_a_policy_shuts_a_gate_by_what_stands_upstream(made, licence, policy, status, is_blocked):
    if licence:
        made.licences.add("web/cc", licence)
    before = report(made, None)
    found = report(made, policy)
    gate, target = found.gates[0], found.targets[0]

    assert (status, is_blocked) == (gate.status, target.verdict is Verdict.BLOCKED)
    assert before.targets[0].required_tokens == target.required_tokens
    if is_blocked:
        shut = [one for one in found.gates if one.status is GateStatus.BLOCK]
        assert target.reasons[len(shut) :] == before.targets[0].reasons
    else:
        assert before.targets[0].verdict == target.verdict
    if status is not GateStatus.PASS:
        assert "web/cc.text-default@1 <- web/cc@1" in "\n".join(gate.evidence)
        assert "muster licence list web/cc@1" in gate.hint


def test_a_report_without_a_policy_has_no_gates(made):
    assert () == report(made, None).gates


def test_a_report_shows_the_licence_from_upstream_and_warns_of_none(made):
    codes = [warning.code for warning in report(made, None).warnings]
    made.licences.add("web/cc", "CC-BY-4.0")
    found = report(made, None)

    assert WarningCode.UNKNOWN_LICENCE in codes
    assert WarningCode.UNKNOWN_LICENCE not in [warning.code for warning in found.warnings]
    assert "CC-BY-4.0" == found.supply[0].licence


def test_show_tells_what_applies(made):
    made.licences.add("web/cc", "CC-BY-NC-4.0")
    found = made.show("web/cc.text-default")

    assert "CC-BY-NC-4.0" == found.effective_licence.expression


def test_a_policy_of_ones_own_is_a_file(made, tmp_path):
    policy = tmp_path / "mine.toml"
    policy.write_text('name = "mine"\nunknown = "warn"\n[require]\ntrain = "yes"\n')

    assert GateStatus.WARN == report(made, str(policy)).gates[0].status


def test_a_notice_is_the_same_every_time(made):
    made.licences.add("web/cc", "CC-BY-4.0", evidence="https://example.org/terms")
    text = render_notice(made.licences.notice("web/cc.text-default"))

    assert text == render_notice(made.licences.notice("web/cc.text-default"))
    assert "web/cc@1\n    licence:   CC-BY-4.0\n    evidence:  https://example.org/terms\n" in text


def test_a_notice_cannot_be_broken_by_what_people_write(made):
    made.licences.add("web/cc", "CC-BY-4.0", evidence="https://x/\x1b[2J\nweb/fake@1")
    text = render_notice(made.licences.notice("web/cc"))

    assert "\x1b" not in text
    assert "\nweb/fake@1" not in text


def euros(amount, kind=CostKind.API, **fields):
    return CostDraft(kind=kind, amount=Money.parse(amount, "EUR"), **fields)


def test_costs_come_to_documents_and_tokens_of_one_tokenizer(made):
    made.costs.add(euros("10"), version="web/cc")
    made.costs.add(euros("2", CostKind.COMPUTE), run=made.show("web/cc.text-default").version.run)
    found = made.costs.report(["web/cc.text-default"], epochs=1)
    tokens = report(made, None).total_tokens
    units = {unit.unit: unit for unit in found.units}

    assert (["12.00 EUR"], 2) == ([str(money) for money in found.totals], found.num_versions)
    assert ("0.600000", 20) == (str(units["document"].cost), units["document"].num_units)
    assert ("tiny", tokens) == (units["kept token"].tokenizer, units["kept token"].num_units)
    assert f"{12_000_000 / tokens:.6f}" == str(units["kept token"].cost)
    assert units["unique token"].cost == units["effective token, 1 epochs"].cost


def test_tokens_that_are_seen_often_cost_less(made):
    made.costs.add(euros("10"), version="web/cc")
    once, often = (
        made.costs.report(["web/cc.text-default"], epochs=epochs).units[-1].cost
        for epochs in (1, 4)
    )

    assert often < once


def test_what_nobody_counted_has_no_cost_of_a_token(made):
    made.costs.add(euros("10"), version="web/cc")
    found = made.costs.report(["web/cc.text-default", "web/cc"])

    assert (("web/cc@1",), {"document"}) == (found.uncounted, {unit.unit for unit in found.units})


def test_tokens_of_a_mixture_are_those_of_its_parts(made):
    made.costs.add(euros("10"), version="web/cc")
    made.mixtures.make("mix/one", {"web/cc.text-default": 1})
    part = {one.unit: one.cost for one in made.costs.report(["web/cc.text-default"]).units}
    mixed = made.costs.report(["mix/one"])

    assert part == {one.unit: one.cost for one in mixed.units}
    assert "as they are held, without weights" in mixed.allocation
    made.mixtures.make("mix/raw", {"web/cc": 1})
    assert ("mix/raw@1",) == made.costs.report(["mix/raw"]).uncounted


def test_storage_is_counted_in_byte_months(made):
    entry = made.costs.add(euros("3", CostKind.STORAGE), version="web/cc", months=12)

    assert (made.show("web/cc").version.num_bytes * 12, "byte-month") == (
        entry.quantity,
        entry.unit,
    )


@pytest.mark.parametrize("subject", [{}, {"version": "web/cc", "source": "x"}])
def test_a_cost_has_one_subject(made, subject):
    with pytest.raises(InputError, match="one version, run or source"):
        made.costs.add(euros("1"), **subject)


def test_months_are_of_storage(made):
    with pytest.raises(InputError, match="storage"):
        made.costs.add(euros("1"), version="web/cc", months=3)
