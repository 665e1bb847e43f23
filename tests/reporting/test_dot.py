"""Lineage as DOT, read by a parser of its own."""

import re

import pydot
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.lineage import FieldEdge, FieldOrigin, OriginKind
from registry.domain.version import VersionState
from registry.reporting.dot import lineage_dot, quote
from registry.reporting.text import plain
from tests.reporting.factories import (
    make_diamond,
    make_edge,
    make_lineage,
    make_node,
    make_tainted,
    make_written,
)
from tests.reporting.hostile import HOSTILE

# The parser calls functions that its own library has renamed.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")


def read(text):
    """Parse a graph; Graphviz's own rules hold for names and labels."""
    (graph,) = pydot.graph_from_dot_data(text)
    return graph


def unquote(text):
    """Undo the two levels of DOT: the quoted string, then the escapes of a label."""
    inside = re.sub(r'\\"', '"', text[1:-1])
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], inside)


def labels(graph):
    return [unquote(one.get("label")) for one in graph.get_nodes() if one.get("label")]


def test_a_diamond_has_its_versions_and_edges():
    graph = read(lineage_dot(make_diamond()))

    assert ["a/left@1", "a/mix@1", "a/raw@1", "a/right@1"] == sorted(
        label.splitlines()[0] for label in labels(graph)
    )
    assert sorted(
        [
            ('"a/left@1"', '"a/mix@1"', "derive"),
            ('"a/right@1"', '"a/mix@1"', "derive"),
            ('"a/raw@1"', '"a/left@1"', "normalize text-default 1.0.0"),
            ('"a/raw@1"', '"a/right@1"', "normalize text-default 1.0.0"),
        ]
    ) == sorted(
        (edge.get_source(), edge.get_destination(), unquote(edge.get("label")))
        for edge in graph.get_edges()
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_stay_inside_their_labels(hostile):
    nodes = [
        make_node("a/out@1", licence=hostile, state=VersionState.WITHDRAWN, withdrawal=hostile),
        make_node("a/in@1", depth=1),
    ]
    text = lineage_dot(make_lineage(nodes, [make_edge("a/in@1", "a/out@1", recipe=hostile)]))
    graph = read(text)

    assert (2, 1) == (len(labels(graph)), len(graph.get_edges()))
    assert [f"licence {plain(hostile)}", f"withdrawn: {plain(hostile)}"] == labels(graph)[
        0
    ].splitlines()[2:]
    assert "\x1b" not in text


@given(lines=st.lists(st.text(), min_size=1, max_size=3))
def test_a_quoted_string_says_the_same(lines):
    quoted = quote(*lines)

    assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', quoted)
    assert "\n".join(map(plain, lines)) == unquote(quoted)


def test_an_edge_tells_what_its_fields_were_made_from():
    field = FieldEdge(
        child="a/out@1",
        parent="a/in@1",
        run="r",
        field="text",
        kind=OriginKind.FIELDS,
        origins=tuple(
            FieldOrigin(reference="a/in@1", field=name) for name in ('ques"tion', "answer")
        ),
        is_joined=True,
        making="normalize",
    )
    nodes = [make_node("a/out@1"), make_node("a/in@1", depth=1)]
    lineage = make_lineage(nodes, [make_edge("a/in@1", "a/out@1")], fields=(field,))
    (edge,) = read(lineage_dot(lineage)).get_edges()

    assert (
        'text from ques"tion, answer, joined by blank lines'
        == (unquote(edge.get("label")).splitlines()[1])
    )


def test_models_stand_between_what_they_learned_and_what_they_wrote():
    graph = read(lineage_dot(make_written()))

    assert ["model a/raw@1", "trained on a/far@1"] == labels(graph)[2].splitlines()
    assert [
        ('"a/raw@1"', '"model a/raw@1"', "training"),
        ('"model a/raw@1"', '"a/out@1"', "generator"),
        ('"model a/raw@1"', '"a/raw@1"', "judge"),
    ] == [
        (edge.get_source(), edge.get_destination(), unquote(edge.get("label")))
        for edge in graph.get_edges()
        if edge.get("style") == "dashed"
    ]


def test_a_cut_answer_says_so():
    lineage = make_lineage([make_node("a/raw@2")], [], truncated=True, reason="2 fit", limit=1)

    assert '"cut: 2 fit"' == read(lineage_dot(lineage)).get("label")


def test_nothing_is_a_graph_as_well():
    nothing = make_diamond().model_copy(update={"nodes": (), "edges": (), "starts": ()})

    assert [] == labels(read(lineage_dot(nothing)))


def test_models_that_learned_and_what_they_wrote_are_drawn():
    lines = lineage_dot(make_tainted()).splitlines()

    assert {
        '    "a/out@1" [label="a/out@1\\n1,200 documents, 3.20 MB\\nlicence MIT'
        '\\nthrough model org/m@v1"];',
        '    "a/clean@1" -> "model org/idle@v1" [label="training", style=dashed];',
        '    "a/out@1" -> "model org/k@v1" [label="given", style=dashed];',
    } <= set(lines)
