"""`muster lineage`, `impact` and `dataset diff`, as people type them."""

import json

import pytest

from tests.reporting.hostile import HOSTILE


@pytest.fixture
def made(muster, corpus):
    muster.run("register", corpus, "--name", "a/b", "--license", "MIT")
    muster.run("normalize", "a/b", "--recipe", "text-default")
    return muster


def test_the_commands_of_lineage_run_as_written(made):
    assert "a/b@1" in made.run("lineage", "a/b.text-default", "--up", 1, "--down", 1).stdout
    assert (
        "1 path leads" in made.run("lineage", "why", "a/b.text-default", "--source", "a/b").stdout
    )
    assert "a/b.text-default@1" in made.run("impact", "a/b").stdout
    assert "documents" in made.run("dataset", "diff", "a/b", "a/b.text-default").stdout


def test_options_may_stand_before_the_reference(made):
    assert made.json("lineage", "--up", 0, "a/b.text-default")["nodes"] == [
        made.json("lineage", "a/b.text-default")["nodes"][0]
    ]


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (["lineage", "a/b.text-default"], ["a/b.text-default@1", "a/b@1"]),
        (["lineage", "+a/b.text-default"], ["a/b.text-default@1", "a/b@1"]),
        (["lineage", "a/b", "--down", 1], ["a/b@1", "a/b.text-default@1"]),
        (["impact", "a/b"], ["a/b@1", "a/b.text-default@1"]),
        (["impact", "a/b", "--down", 0], ["a/b@1"]),
        (["lineage", "2+a/b.text-default@1+1"], ["a/b.text-default@1", "a/b@1"]),
        (["lineage", "a/b", "a/b.text-default"], ["a/b.text-default@1", "a/b@1"]),
        (["lineage", "a/b+,+a/b.text-default"], ["a/b.text-default@1", "a/b@1"]),
        (["lineage", "kind:text,state:sealed"], ["a/b.text-default@1", "a/b@1"]),
        (["lineage", "kind:evaluation"], []),
        (["lineage", "why", "a/b.text-default", "--source", "a/b"], ["a/b@1 a/b.text-default@1"]),
    ],
)
def test_quiet_prints_references_alone(made, words, listed):
    assert listed == made.run(*words, "-q").stdout.splitlines()


@pytest.mark.parametrize("command", ["lineage", "impact"])
@pytest.mark.parametrize(
    ("how", "begins"), [("json", "{"), ("mermaid", "flowchart LR"), ("dot", "digraph lineage {")]
)
def test_a_lineage_prints_in_every_format(made, command, how, begins):
    assert made.run(command, "a/b", "--fields", "--format", how).stdout.startswith(begins)


def test_json_is_the_same_value_by_either_option(made):
    words = ("lineage", "a/b.text-default", "--fields")
    answer = made.json(*words)

    assert json.loads(made.run(*words, "--format", "json").stdout) == answer
    assert {"id", "text", "source", "metadata"} == {one["field"] for one in answer["fields"]}
    assert "text     from text" in made.run(*words).stdout


def test_a_cut_impact_says_by_what_and_exits_with_3(made):
    cut = made.run("impact", "a/b", "--limit", 1, code=3)

    assert cut.stdout.endswith("cut: 2 versions fit, the limit is 1\n")


def test_more_paths_than_the_limit_exit_with_3_and_none_as_well(made):
    path = made.folder / "c.jsonl"
    path.write_text('{"text": "x"}\n')
    parents = ("--derived-from", "a/b", "--derived-from", "a/b.text-default")
    made.run("register", path, "--name", "a/c", *parents)
    answer = made.json("lineage", "why", "a/c", "--source", "a/b", "--limit", 1, code=3)
    nothing = made.json("lineage", "why", "a/b", "--source", "a/c", code=3)

    assert (2, 1, True) == (answer["num_paths"], len(answer["paths"]), answer["truncated"])
    assert "2 paths, the limit is 1" == answer["reason"]
    assert (0, False) == (nothing["num_paths"], nothing["truncated"])


def test_nothing_selected_is_said_beside_an_empty_answer(made):
    done = made.run("lineage", "kind:evaluation")

    assert ("", "nothing is selected\n") == (done.stdout, done.stderr)
    assert [] == made.json("lineage", "kind:evaluation")["nodes"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lineage", "+a/b", "--up", "1"], "2+REF+1"),
        (["lineage", "label:x"], "methods: dataset:"),
        (["lineage", "a/b,"], "'' is not a selection"),
        (["lineage", "@a/b+"], "'@a/b+' is not a selection"),
        (["lineage", "a/none+"], "no dataset 'a/none'"),
        (["lineage", "why", "a/b", "--source", "a/none"], "no dataset 'a/none'"),
        (["dataset", "diff", "a/b", "a/b@7"], "'a/b@7'"),
    ],
)
def test_bad_input_is_named_and_exits_with_2(made, words, said):
    assert said in made.run(*words, code=2).stderr


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_are_refused_and_never_sent_to_the_terminal(made, hostile):
    """As a selection; none of these is a name."""
    assert "\x1b" not in made.run("lineage", hostile, code=2).stderr


@pytest.mark.parametrize("words", [["lineage", "--help"], ["lineage", "why", "--help"]])
def test_help_is_that_of_the_command(made, words):
    text = made.run(*words).stdout

    assert text.startswith(f"Usage: muster {' '.join(words[:-1])} [OPTIONS]")
    assert ("--source" in text.partition("Options:")[2]) == ("why" in words)


def test_a_withdrawal_is_told_with_its_reason_everywhere(made):
    reason = 'takedown "7"\x1b[2J'
    made.run("dataset", "withdraw", "a/b", "--reason", reason)
    shown = 'takedown "7"␛[2J'
    said = made.run("sample", "a/b").stderr

    assert "a/b@1 (withdrawn)" in made.run("list").stdout
    assert {"a/b@1": "withdrawn", "a/b.text-default@1": "sealed"} == {
        row["reference"]: row["state"] for row in made.json("list")
    }
    assert "a/b@1,text,documents,60" in made.run("list", "--format", "csv").stdout
    assert f"by tester: {shown}" in made.run("show", "a/b").stdout
    assert reason == made.json("show", "a/b")["withdrawal"]["reason"]
    assert f"withdrawn: {shown}" in made.run("lineage", "a/b.text-default").stdout
    assert f"withdrawn: {shown}" in made.run("impact", "a/b").stdout
    assert 'warning: a/b@1 was withdrawn: takedown "7"\\x1b[2J' in said
