"""Lineage as a tree."""

from registry.domain.version import VersionState
from registry.reporting.tree import lineage_tree
from tests.reporting.factories import make_diamond, make_edge, make_lineage, make_node, make_tainted


def test_a_diamond_shows_its_root_once_in_full():
    expected = """\
a/mix@1              1,200 documents  3.20 MB  MIT
├─ derive (run 01972222)
│  └─ a/left@1       1,200 documents  3.20 MB  MIT
│     └─ normalize text-default 1.0.0 (run 01973333)
│        └─ a/raw@1  1,200 documents  3.20 MB  unknown
└─ derive (run 01974444)
   └─ a/right@1      1,200 documents  3.20 MB  MIT
      └─ normalize text-default 1.0.0 (run 01975555)
         └─ a/raw@1 (see above)"""

    assert expected == lineage_tree(make_diamond()).plain


def test_downstream_what_was_made_stands_below():
    nodes = [make_node("a/raw@1"), make_node("a/clean@1", depth=1)]
    lineage = make_lineage(nodes, [make_edge("a/raw@1", "a/clean@1")], direction="downstream")

    lines = lineage_tree(lineage).plain.splitlines()

    assert lines[0].startswith("a/raw@1 ")
    assert lines[1].startswith("└─ normalize")
    assert lines[2].startswith("   └─ a/clean@1 ")


def test_inputs_of_one_run_stand_below_one_line():
    nodes = [make_node("a/mix@1"), make_node("a/x@1", depth=1), make_node("a/y@1", depth=1)]
    edges = [
        make_edge("a/x@1", "a/mix@1", run="0197", recipe="merge 1.0.0"),
        make_edge("a/y@1", "a/mix@1", run="0197", recipe="merge 1.0.0"),
    ]
    expected = """\
a/mix@1      1,200 documents  3.20 MB  MIT
└─ normalize merge 1.0.0 (run 0197)
   ├─ a/x@1  1,200 documents  3.20 MB  MIT
   └─ a/y@1  1,200 documents  3.20 MB  MIT"""

    assert expected == lineage_tree(make_lineage(nodes, edges)).plain


def test_a_chain_of_700_generations_is_drawn_whole():
    nodes = [make_node(f"a/v@{number}", depth=number - 1) for number in range(1, 701)]
    edges = [make_edge(f"a/v@{number + 1}", f"a/v@{number}") for number in range(1, 700)]

    text = lineage_tree(make_lineage(nodes, edges)).plain

    assert len(text.splitlines()) == 700 + 699
    assert "a/v@700 " in text


def test_a_mesh_is_drawn_in_as_many_lines_as_it_has_edges_and_runs():
    """Twenty generations of two versions, each made from both before: 2^20 paths, 78 edges."""
    nodes = [make_node(f"a/{side}@{n}", depth=n) for n in range(1, 21) for side in "xy"]
    edges = [
        make_edge(f"a/{parent}@{n + 1}", f"a/{child}@{n}")
        for n in range(1, 20)
        for parent in "xy"
        for child in "xy"
    ]

    lines = lineage_tree(make_lineage(nodes, edges)).plain.splitlines()

    assert len(lines) < 150
    assert any(line.endswith("(see above)") for line in lines)


def test_a_withdrawn_version_says_so():
    lineage = make_lineage([make_node("a/raw@1", state=VersionState.WITHDRAWN)], [])

    assert lineage_tree(lineage).plain.endswith("MIT, withdrawn")


def test_a_withdrawn_version_says_why():
    node = make_node("a/raw@1", state=VersionState.WITHDRAWN, withdrawal="asked\x1b[2J for")

    assert lineage_tree(make_lineage([node], [])).plain.endswith("MIT, withdrawn: asked␛[2J for")


def test_one_version_in_both_directions_has_two_trees():
    nodes = [
        make_node("a/mid@1"),
        make_node("a/raw@1", depth=1),
        make_node("a/out@1", depth=1),
        make_node("a/late@1", depth=1),
    ]
    edges = [
        make_edge("a/raw@1", "a/mid@1", run="0197"),
        make_edge("a/mid@1", "a/out@1", run="0198"),
        make_edge("a/mid@1", "a/late@1", run="0199"),
    ]
    expected = """\
made from
a/mid@1      1,200 documents  3.20 MB  MIT
└─ normalize text-default 1.0.0 (run 0197)
   └─ a/raw@1   1,200 documents  3.20 MB  MIT
made into
a/mid@1      1,200 documents  3.20 MB  MIT
├─ normalize text-default 1.0.0 (run 0198)
│  └─ a/out@1   1,200 documents  3.20 MB  MIT
└─ normalize text-default 1.0.0 (run 0199)
   └─ a/late@1  1,200 documents  3.20 MB  MIT
there is more beyond these generations"""

    lineage = make_lineage(nodes, edges, direction="both", continues=True)

    assert _squeeze(expected) == _squeeze(lineage_tree(lineage).plain)


def _squeeze(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_selection_of_several_versions_is_a_forest_that_shows_each_once():
    nodes = [make_node("a/x@1"), make_node("a/y@1"), make_node("a/z@1", depth=1)]
    edges = [make_edge("a/z@1", "a/x@1"), make_edge("a/z@1", "a/y@1")]
    lines = lineage_tree(
        make_lineage(nodes, edges, reference="+a/x +a/y", starts=("a/x@1", "a/y@1"))
    ).plain.splitlines()

    assert ["a/x@1", "a/y@1"] == [line.split()[0] for line in lines if line[0] == "a"]
    assert 1 == sum("(see above)" in line for line in lines)
    assert 1 == sum("a/z@1 " in line and "documents" in line for line in lines)


def test_a_cut_answer_says_at_what():
    lineage = make_lineage(
        [make_node("a/raw@2")], [], truncated=True, reason="2 versions fit, the limit is 1", limit=1
    )

    assert lineage_tree(lineage).plain.splitlines()[-1] == "cut: 2 versions fit, the limit is 1"


def test_a_hostile_licence_is_shown_and_not_sent():
    lineage = make_lineage([make_node("a/raw@1", licence="MIT\x1b[2J")], [])

    assert "MIT␛[2J" in lineage_tree(lineage).plain


def test_what_models_wrote_stands_below_what_they_learned_from_and_says_so():
    expected = """\
a/raw@1                    1,200 documents  3.20 MB  MIT
├─ normalize text-default 1.0.0 (run 0197)
│  └─ a/clean@1            1,200 documents  3.20 MB  MIT
│     ├─ trained org/m@v1, generator of
│     │  └─ a/out@1        1,200 documents  3.20 MB  MIT, through org/m@v1
│     │     └─ given to org/k@v1, translator of
│     │        └─ a/said@1  1,200 documents  3.20 MB  MIT, through org/k@v1
│     │           └─ translator org/k@v1, given a/out@1
│     └─ trained org/idle@v1
└─ trained org/m@v1, generator of (see above)
licences are those stated, without the models': muster licence effective a/out@1"""

    assert _squeeze(expected) == _squeeze(lineage_tree(make_tainted()).plain)
