"""Lineage as Mermaid."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.version import VersionState
from registry.reporting.mermaid import escape_label, lineage_mermaid
from tests.reporting.factories import (
    make_diamond,
    make_edge,
    make_lineage,
    make_node,
    make_tainted,
    make_written,
)
from tests.reporting.hostile import HOSTILE

GOLDEN = Path(__file__).parent / "golden"


def test_a_diamond_is_drawn_as_in_the_golden_file():
    assert (GOLDEN / "lineage.mmd").read_text(encoding="utf-8") == lineage_mermaid(make_diamond())


def test_a_single_version_has_no_edges():
    text = lineage_mermaid(make_lineage([make_node("a/raw@1")], []))

    assert "-->" not in text
    assert 'n1["a/raw@1<br/>' in text


def test_downstream_arrows_still_point_from_parent_to_child():
    nodes = [make_node("a/raw@1"), make_node("a/clean@1", depth=1)]
    text = lineage_mermaid(
        make_lineage(nodes, [make_edge("a/raw@1", "a/clean@1")], direction="downstream")
    )

    assert 'n1 -->|"normalize text-default 1.0.0"| n2' in text


def test_a_hostile_recipe_name_stays_inside_its_label():
    hostile = '"]; click n1 "javascript:alert(1)" <script>\n%% `'
    nodes = [make_node("a/clean@1"), make_node("a/raw@1", depth=1)]
    edge = make_edge("a/raw@1", "a/clean@1", recipe=hostile)

    (line,) = [
        text for text in lineage_mermaid(make_lineage(nodes, [edge])).splitlines() if "-->" in text
    ]

    assert re.fullmatch(r' {4}n2 -->\|"[^"\[\]<>`\n|]*"\| n1', line)


@given(text=st.text())
def test_no_label_holds_what_could_end_it(text):
    assert re.search(r'["\[\]{}<>|`\n\\]', escape_label(text)) is None


def test_an_escaped_label_says_the_same():
    assert escape_label('a"b<i>\nc#') == "a#34;b#60;i#62; c#35;"


def test_models_stand_between_what_they_learned_and_what_they_wrote():
    text = lineage_mermaid(make_written())

    assert (
        """\
    m1(["model a/raw@1<br/>trained on a/far@1"])
    n2 -.->|"training"| m1
    m1 -.->|"generator"| n1
    m1 -.->|"judge"| n2
"""
        in text
    )


LABEL = r'"(?:[\w .,:/@+=()-]|#\d+;|<br/>)*"'
GRAMMAR = re.compile(
    r"flowchart LR"
    rf"| {{4}}n\d+\[{LABEL}\]"
    rf"| {{4}}m\d+\(\[{LABEL}\]\)"
    rf"| {{4}}[mn]\d+ (?:-->|-\.->)\|{LABEL}\| [mn]\d+"
    r"| {4}style n\d+ stroke-width:3px"
    r"| {4}classDef withdrawn stroke-dasharray:4 4"
    r"| {4}class n\d+(?:,n\d+)* withdrawn"
    r"| {4}%% (?:[^\n{}]*)"
)
"""The statements of a flowchart that we write, after Mermaid's grammar (flow.jison): a quoted label
ends at the next quotation mark, and an entity is `#` and digits and `;`. A comment holds no `{}`,
which would begin a directive."""


@pytest.mark.parametrize("hostile", HOSTILE)
def test_every_line_is_a_statement_of_the_grammar(hostile):
    nodes = [
        make_node("a/out@1", licence=hostile, state=VersionState.WITHDRAWN, withdrawal=hostile),
        make_node("a/in@1", depth=1),
    ]
    edges = [make_edge("a/in@1", "a/out@1", recipe=hostile)]
    text = lineage_mermaid(make_lineage(nodes, edges, truncated=True, reason="3 fit", limit=2))
    lines = text.removesuffix("\n").split("\n")

    assert [] == [line for line in lines if not GRAMMAR.fullmatch(line)]
    assert 8 == len(lines)


def test_every_version_that_was_asked_for_is_outlined():
    nodes = [make_node("a/x@1"), make_node("a/y@1")]
    text = lineage_mermaid(make_lineage(nodes, [], starts=("a/x@1", "a/y@1")))

    assert 2 == text.count("stroke-width:3px")


def test_a_withdrawn_version_is_dashed():
    text = lineage_mermaid(make_lineage([make_node("a/raw@1", state=VersionState.WITHDRAWN)], []))

    assert "<br/>withdrawn" in text
    assert "class n1 withdrawn" in text


def test_a_cut_answer_says_so():
    lineage = make_lineage(
        [make_node("a/raw@2")], [], truncated=True, reason="2 versions fit, the limit is 1", limit=1
    )

    assert "%% cut: 2 versions fit, the limit is 1" in lineage_mermaid(lineage)


def test_more_edges_than_renderers_draw_are_named():
    nodes = [make_node(f"a/v@{number}", depth=number - 1) for number in range(1, 503)]
    edges = [make_edge(f"a/v@{number + 1}", f"a/v@{number}") for number in range(1, 502)]

    assert "%% 501 edges: renderers stop at 500" in lineage_mermaid(make_lineage(nodes, edges))


def test_models_that_learned_and_what_they_wrote_are_drawn():
    lines = lineage_mermaid(make_tainted()).splitlines()

    assert {
        '    n3["a/out@1<br/>1,200 documents, 3.20 MB<br/>licence MIT<br/>through model org/m@v1"]',
        '    n2 -.->|"training"| m2',
        '    n3 -.->|"given"| m3',
    } <= set(lines)
