"""AND is the meet, of OR one alternative is taken as a whole."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.gate import GateStatus
from registry.domain.licence import Combined, Licence, read_tree
from registry.domain.terms import FREE, Answer, Term, Terms, meet_all
from registry.licensing.expressions import take
from registry.licensing.permissions import load_families, terms_of
from registry.licensing.policies import list_policies, load_policy, rule

LICENCES = ("MIT", "CC0-1.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "GPL-3.0-only", "LicenseRef-x")
answers = st.sampled_from(Answer)
terms = st.builds(Terms, **{term.value: answers for term in Term})


def join(operator, left, right):
    return f"({left}) {operator} ({right})"


expressions = st.recursive(
    st.sampled_from(LICENCES),
    lambda inner: st.builds(join, st.sampled_from(["AND", "OR"]), inner, inner),
    max_leaves=6,
)


def alternatives(tree):
    """Return every way to satisfy an expression, by brute force."""
    if isinstance(tree, str):
        return [(tree,)]
    parts = [alternatives(part) for part in tree.parts]
    if tree.operator == "OR":
        return [way for part in parts for way in part]
    return [tuple(itertools.chain(*ways)) for ways in itertools.product(*parts)]


@given(terms, terms, terms)
def test_terms_are_a_semilattice(one, two, three):
    assert one.meet(two) == two.meet(one)
    assert one.meet(two).meet(three) == one.meet(two.meet(three))
    assert one.meet(one) == one == one.meet(FREE)


@given(st.lists(terms, min_size=1))
def test_a_meet_is_free_only_where_all_are(items):
    met = meet_all(items)

    for term in Term:
        assert (met[term] is term.best) == all(item[term] is term.best for item in items)


@given(expressions, st.sampled_from([policy.name for policy in list_policies()]))
def test_the_choice_is_as_good_for_a_policy_as_any(text, name):
    policy = load_policy(name)
    expression = Licence.parse(text).expression
    best = min(
        rule(meet_all(map(terms_of, way)), policy).status.severity
        for way in alternatives(read_tree(expression))
    )
    taken = take(expression, policy)

    assert best == rule(taken.terms, policy).status.severity
    assert taken.terms == meet_all(map(terms_of, taken.licences))


@pytest.mark.parametrize(
    ("expression", "policy", "chosen"),
    [
        ("GPL-2.0-only OR MIT", None, "MIT"),
        ("CC-BY-ND-4.0 OR CC-BY-NC-4.0", "research", "CC-BY-NC-4.0"),
        ("MIT AND (LicenseRef-x OR ISC)", None, "MIT AND ISC"),
        ("unknown", "commercial", "unknown"),
    ],
)
def test_one_alternative_is_taken(expression, policy, chosen):
    assert chosen == take(expression, policy and load_policy(policy)).expression


def test_alternatives_are_never_mixed():
    taken = take("CC-BY-ND-4.0 OR CC-BY-NC-4.0").terms

    assert (Answer.YES, Answer.YES) != (taken.commercial, taken.derivatives)


def test_an_exception_adds_permissions_and_takes_none_away():
    assert terms_of("GPL-2.0-only") == terms_of("GPL-2.0-only WITH Classpath-exception-2.0")


def test_what_nobody_has_read_is_unknown_in_every_term():
    assert Terms() == take("LicenseRef-something").terms == take("unknown").terms


def test_thousands_of_choices_are_no_explosion():
    expression = Licence.parse(" AND ".join(["(MIT OR ISC)"] * 200)).expression

    assert "MIT" == take(expression).expression


def test_every_listed_licence_is_known_and_listed_once():
    listed = [licence for family in load_families() for licence in family.licences]

    assert len(set(listed)) == len(listed) > 80
    assert listed == [Licence.parse(licence).expression for licence in listed]
    assert all(family.source for family in load_families())


@pytest.mark.parametrize(
    ("licence", "commercial", "derivatives", "share_alike"),
    [
        ("CC-BY-NC-4.0", "no", "yes", "no"),
        ("CC-BY-NC-SA-3.0", "no", "yes", "yes"),
        ("CC-BY-ND-4.0", "yes", "no", "no"),
        ("ODbL-1.0", "yes", "yes", "yes"),
        ("LicenseRef-hf-llama2", "unknown", "yes", "unknown"),
    ],
)
def test_terms_are_those_of_the_text(licence, commercial, derivatives, share_alike):
    found = terms_of(licence)

    assert (commercial, derivatives, share_alike) == (
        found.commercial,
        found.derivatives,
        found.share_alike,
    )


@given(terms, st.sampled_from([policy.name for policy in list_policies()]))
def test_unknown_never_passes_a_required_term(found, name):
    policy = load_policy(name)
    unknown = any(found[term] is Answer.UNKNOWN for term in policy.require)

    assert not unknown or rule(found, policy).status is not GateStatus.PASS


def test_a_tree_keeps_its_parts():
    tree = read_tree("(MIT OR ISC) AND GPL-2.0-only WITH Classpath-exception-2.0")

    assert (
        Combined(
            "AND",
            (Combined("OR", ("MIT", "ISC")), "GPL-2.0-only WITH Classpath-exception-2.0"),
        )
        == tree
    )
