"""Policies: what is required, what unknown means, and files that hold none."""

import pytest

from registry.domain.gate import GateStatus
from registry.domain.terms import FREE, Answer, Term, Terms
from registry.errors import InputError, UnknownError, UnreadableError
from registry.licensing.policies import list_policies, load_policy, parse_policy, rule

OWN = """
name = "mine"
unknown = "warn"

[require]
train = "yes"
share_alike = "no"

[prefer]
attribution = "no"
"""


def test_three_policies_are_built_in():
    assert ["commercial", "research", "strict"] == [policy.name for policy in list_policies()]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, GateStatus.PASS),
        ({"attribution": "yes"}, GateStatus.WARN),
        ({"attribution": "unknown"}, GateStatus.WARN),
        ({"train": "unknown"}, GateStatus.WARN),
        ({"train": "no"}, GateStatus.BLOCK),
        ({"share_alike": "yes", "attribution": "yes"}, GateStatus.BLOCK),
        ({"commercial": "no"}, GateStatus.PASS),
    ],
)
def test_a_policy_of_ones_own_rules(changes, status):
    policy = parse_policy(OWN, origin="mine.toml")
    terms = FREE.model_copy(update={name: Answer(value) for name, value in changes.items()})

    assert status == rule(terms, policy).status


def test_unknown_blocks_where_the_policy_says_so():
    ruling = rule(Terms(), load_policy("commercial"))

    assert GateStatus.BLOCK == ruling.status
    assert [Term.TRAIN, Term.COMMERCIAL, Term.DERIVATIVES] == [
        finding.term for finding in ruling.findings if finding.status is GateStatus.BLOCK
    ]


def test_a_policy_is_read_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN)

    assert "mine" == load_policy(str(path)).name


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        "description = 'no name'",
        "name = 'x'\nunknown = 'pass'",
        "name = 'x'\n[require]\nfly = 'yes'",
        "name = 'x'\n[require]\ntrain = 'unknown'",
        "name = 'x'\n[require]\ntrain = true",
        "name = 'x'\nmore = 1",
    ],
)
def test_what_is_no_policy_is_refused_with_its_origin(text):
    with pytest.raises(InputError, match=r"mine\.toml"):
        parse_policy(text, origin="mine.toml")


def test_an_unknown_policy_offers_the_nearest():
    with pytest.raises(UnknownError) as caught:
        load_policy("comercial")
    assert ("commercial",) == caught.value.nearest


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableError, match="gone"):
        load_policy(str(tmp_path / "gone.toml"))
