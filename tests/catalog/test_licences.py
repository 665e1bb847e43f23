"""Assertions are appended and one holds; what comes down a graph is what a brute force finds."""

from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.domain.card import Card
from registry.domain.licence import Licence
from registry.domain.terms import Answer, Term, meet_all
from registry.errors import UnknownError
from registry.licensing.effective import effective_licence, make_notice
from registry.licensing.expressions import take
from registry.licensing.policies import load_policy
from tests.catalog.factories import (
    LATER,
    WHO,
    digest,
    make_draft,
    make_run,
    make_statement,
    ref,
    seal,
)
from tests.catalog.test_lineage import build, graphs, walk

LICENCES = (None, "MIT", "CC0-1.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0 OR MIT", "LicenseRef-x")
spaces = count()


def state(catalog, reference, expression, **fields):
    statement = make_statement(expression, **fields)
    return catalog.licences.state(ref(reference), statement, **WHO)


def effective(catalog, reference, policy=None):
    graph = catalog.licences.upstream([ref(reference)])
    (name,) = graph.starts
    return effective_licence(graph, name, policy=policy and load_policy(policy))


def test_a_version_without_a_word_is_unknown_and_nobody_said_so(catalog):
    seal(catalog)
    (assertion,) = catalog.licences.list_for(ref("web/cc"))

    assert ("unknown", "unstated", True) == (
        assertion.expression,
        assertion.basis,
        assertion.holds,
    )


def test_a_statement_keeps_all_that_was_said(catalog):
    seal(catalog, licence="MIT")
    fields = {
        "by": "publisher",
        "evidence": "https://example.org/L",
        "evidence_digest": digest("terms"),
        "confidence": "high",
    }
    newest, oldest = state(catalog, "web/cc", "CC-BY-4.0", **fields)

    assert fields == {name: getattr(newest, name) for name in fields}
    assert ("CC-BY-4.0", True, "MIT", False) == (
        newest.expression,
        newest.holds,
        oldest.expression,
        oldest.holds,
    )
    assert "CC-BY-4.0" == catalog.versions.get(ref("web/cc")).licence


def test_a_newer_guess_does_not_replace_what_was_read(catalog):
    seal(catalog)
    state(catalog, "web/cc", "CC-BY-NC-4.0", by="auditor", confidence="high")
    state(catalog, "web/cc", "MIT", by="hearsay", confidence="low")

    assert "CC-BY-NC-4.0" == catalog.versions.get(ref("web/cc")).licence
    (conflict,) = effective(catalog, "web/cc").conflicts
    assert ("CC-BY-NC-4.0", ["MIT"]) == (
        conflict.holds.expression,
        [one.expression for one in conflict.others],
    )


def test_who_takes_his_word_back_lets_another_hold_again(catalog):
    seal(catalog)
    state(catalog, "web/cc", "MIT", by="bob")
    state(catalog, "web/cc", "CC-BY-NC-4.0", by="auditor", confidence="high")
    newest, *_ = state(catalog, "web/cc", "unknown", by="auditor", confidence="low")

    assert not newest.holds
    assert "MIT" == catalog.versions.get(ref("web/cc")).licence


def test_the_same_words_again_are_no_new_statement(catalog):
    seal(catalog)
    state(catalog, "web/cc", "MIT")
    entries = len(catalog.audit.list(100))

    assert 2 == len(state(catalog, "web/cc", "MIT"))
    assert entries == len(catalog.audit.list(100))


def test_a_clock_that_goes_backwards_does_not_make_an_older_word_newer(catalog):
    seal(catalog)
    catalog.licences.state(ref("web/cc"), make_statement("MIT"), actor="ada", at=LATER)
    state(catalog, "web/cc", "CC-BY-4.0")

    assert "CC-BY-4.0" == catalog.versions.get(ref("web/cc")).licence


def test_the_actor_is_in_the_audit_log_and_the_speaker_in_the_assertion(catalog):
    seal(catalog)
    (newest, _) = state(catalog, "web/cc", "MIT", by="publisher")
    entry = catalog.audit.list(1)[0]

    assert ("publisher", "ada", "licence.assert", "publisher", True) == (
        newest.by,
        entry.actor,
        entry.action,
        entry.detail["by"],
        entry.detail["holds"],
    )


def test_a_card_states_a_licence_as_its_actor(catalog):
    seal(catalog)
    state(catalog, "web/cc", "MIT", by="auditor", confidence="high")
    catalog.datasets.describe(ref("web/cc"), Card(licence="CC-BY-4.0"), **WHO)

    assert ["CC-BY-4.0", "MIT", "unknown"] == [
        one.expression for one in catalog.licences.list_for(ref("web/cc"))
    ]
    assert "MIT" == catalog.versions.get(ref("web/cc")).licence


def test_an_unknown_version_has_no_licence(catalog):
    with pytest.raises(UnknownError):
        state(catalog, "web/none", "MIT")


def test_a_licence_that_is_stated_later_reaches_what_was_made_before(catalog):
    build(catalog, [set(), set(), {0}, {1, 2}, {3}])
    before = effective(catalog, "g/d4").terms.commercial
    state(catalog, "g/d0", "CC-BY-NC-4.0")
    found = effective(catalog, "g/d4")
    proof = next(one for one in found.restrictions if one.term is Term.COMMERCIAL)

    assert (Answer.UNKNOWN, Answer.NO) == (before, found.terms.commercial)
    assert ("g/d0@1", ("g/d4@1", "g/d3@1", "g/d2@1", "g/d0@1")) == (proof.reference, proof.path)


def test_what_was_inherited_when_sealed_does_not_outlive_its_origin(catalog):
    seal(catalog, "web/in", licence="CC-BY-NC-4.0")
    seal(catalog, "web/out", inputs=("web/in@1",))
    state(catalog, "web/in", "MIT")

    assert "MIT" == effective(catalog, "web/out").expression


def test_a_better_licence_on_a_child_does_not_wash_its_parent_clean(catalog):
    seal(catalog, "web/in", licence="CC-BY-NC-4.0")
    seal(catalog, "web/out", inputs=("web/in@1",), licence="MIT")

    assert ("CC-BY-NC-4.0 AND MIT", Answer.NO) == (
        effective(catalog, "web/out").expression,
        effective(catalog, "web/out").terms.commercial,
    )


def test_an_expression_with_a_choice_is_bracketed(catalog):
    seal(catalog, "web/a", licence="MIT OR ISC")
    seal(catalog, "web/b", "other", licence="CC0-1.0")
    seal(catalog, "web/c", "third", inputs=("web/a@1", "web/b@1"))
    expression = effective(catalog, "web/c").expression

    assert "CC0-1.0 AND (MIT OR ISC)" == expression
    assert expression == Licence.parse(expression).expression


@given(graph=graphs, data=st.data())
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_applies_is_what_a_brute_force_walk_finds(catalog, graph, data):
    space = f"e{next(spaces)}"
    stated = data.draw(
        st.lists(st.sampled_from(LICENCES), min_size=len(graph), max_size=len(graph))
    )
    drafts = []
    for number, parents in enumerate(graph):
        inputs = tuple(f"{space}/d{parent}@1" for parent in sorted(parents))
        draft = make_draft(f"{space}/d{number}", inputs=inputs, licence=stated[number])
        drafts.append((draft, make_run()))
    catalog.versions.seal_many(drafts, **WHO)
    start = data.draw(st.integers(0, len(graph) - 1))
    depths, _ = walk(graph, start, upstream=True)
    given_by = {
        node: stated[node] or "unknown" for node in depths if stated[node] or not graph[node]
    }
    found = effective(catalog, f"{space}/d{start}")

    assert found.terms == meet_all(take(licence).terms for licence in given_by.values())
    assert len(depths) - 1 == found.num_ancestors
    assert set(given_by.values()) == {part.licence for part in found.parts}
    for proof in found.restrictions:
        guilty = [
            depths[node]
            for node, licence in given_by.items()
            if take(licence).terms[proof.term] is proof.answer
        ]
        nodes = [int(one.partition("/d")[2].partition("@")[0]) for one in proof.path]

        assert min(guilty) == len(nodes) - 1
        assert all(parent in graph[child] for child, parent in pairwise(nodes))
        assert start == nodes[0]
        assert proof.licence == given_by[nodes[-1]]


@pytest.mark.parametrize("size", [2, 60])
def test_the_number_of_statements_does_not_grow_with_the_graph(catalog, statements, size):
    build(catalog, [{number - 1} if number else set() for number in range(size)])
    statements.clear()
    catalog.licences.upstream([ref(f"g/d{size - 1}")], with_sources=True)

    assert 5 == len(statements)


def test_many_versions_are_answered_from_one_graph(catalog, statements):
    build(catalog, [set(), {0}, {0}, {1, 2}])
    statements.clear()
    graph = catalog.licences.upstream([ref(f"g/d{number}") for number in range(4)])

    assert (4, 4) == (len(statements), len(graph.starts))
    assert 3 == effective_licence(graph, "g/d3@1").num_ancestors


def test_a_notice_names_what_asks_for_it_and_nothing_else(catalog):
    source = {
        "kind": "http",
        "uri": "https://example.org/data",
        "publisher": "Example",
    }
    local = {"kind": "file", "uri": "file:///home/ada/data"}
    seal(catalog, "web/by", licence="CC-BY-4.0", sources=(source, local))
    seal(catalog, "web/zero", "other", licence="CC0-1.0")
    seal(catalog, "web/none", "third")
    seal(catalog, "web/mix", "mix", inputs=("web/by@1", "web/zero@1", "web/none@1"))
    graph = catalog.licences.upstream([ref("web/mix")], with_sources=True)
    notice = make_notice(graph, "web/mix@1")

    assert [("web/by@1", "yes"), ("web/none@1", "unknown")] == [
        (entry.reference, entry.attribution) for entry in notice.entries
    ]
    assert (("Example",), ("https://example.org/data",)) == (
        notice.entries[0].publishers,
        notice.entries[0].urls,
    )


def test_lists_and_trees_show_the_licence_that_holds_now_not_as_sealed(catalog):
    seal(catalog, "web/raw", "raw", licence="MIT")
    seal(catalog, "web/mid", "mid", inputs=("web/raw@1",))
    seal(catalog, "web/end", "end", inputs=("web/mid@1",))
    seal(catalog, "web/own", "own", inputs=("web/mid@1",), licence="Apache-2.0")
    statement = make_statement(expression="CC-BY-NC-4.0", confidence="high", by="auditor")
    catalog.licences.state(ref("web/raw@1"), statement, **WHO)
    listed = {one.reference: one.licence for one in catalog.datasets.list()}
    below = {one.reference: one.licence for one in catalog.lineage.downstream(ref("web/mid")).nodes}
    found = [one.licence for one in catalog.datasets.search("end")]

    changed = dict.fromkeys(("web/raw@1", "web/mid@1", "web/end@1"), "CC-BY-NC-4.0")
    assert changed | {"web/own@1": "Apache-2.0"} == listed
    assert listed == below | {"web/raw@1": "CC-BY-NC-4.0"}
    assert ["CC-BY-NC-4.0"] == found
