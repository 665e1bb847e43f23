"""`muster normalize` and `muster recipe show` on tables, as people call them."""

import pytest

RECIPE = """
name = "features"
version = "1.0.0"
[[step]]
use = "read_columns"
numbers = ["mass"]
texts = ["species"]
[[step]]
use = "scale"
columns = ["mass"]
[[step]]
use = "encode"
columns = ["species"]
"""


@pytest.fixture
def birds(muster):
    (muster.folder / "birds.csv").write_text("species,mass\nb,1\na,3\n", encoding="utf-8")
    (muster.folder / "features.toml").write_text(RECIPE, encoding="utf-8")
    muster.run("register", muster.folder / "birds.csv", "--name", "lab/birds", "--kind", "tabular")
    return muster


def test_what_was_learned_is_shown_as_it_is_in_json(birds):
    made = birds.json("normalize", "lab/birds", "--recipe", birds.folder / "features.toml")
    answer = birds.json("recipe", "show", made["reference"])
    shown = birds.run("recipe", "show", "lab/birds.features").stdout

    assert ("table", None) == (made["content"], made["duplicate_documents"])
    assert made["recipe"]["fingerprint"] == answer["fingerprint"]
    assert {"mass": {"center": 2.0, "scale": 1.0}} == answer["recipe"]["fitted"][1]
    assert "center = 2.0, scale = 1.0" in shown
    assert 'categories = ["a", "b"], has_null = false' in shown
    assert "rows       2" in birds.run("show", "lab/birds.features").stdout


def test_undoing_takes_no_other_recipe_and_normalizing_wants_one(birds):
    birds.run("normalize", "lab/birds", "--recipe", birds.folder / "features.toml")
    both = birds.run("normalize", "lab/birds.features", "--invert", "--recipe", "x", code=2)
    none = birds.run("normalize", "lab/birds", code=2)
    unfitted = birds.run("normalize", "lab/birds", "--fitted-on", "lab/birds.features@2", code=2)
    undone = birds.run("normalize", "lab/birds.features", "--invert", "-q").stdout

    assert "takes no other option" in both.stderr
    assert "no recipe is named" in none.stderr
    assert "lab/birds.features" in unfitted.stderr
    assert "lab/birds.features.inverse@1" == undone.strip()


def test_an_inverse_is_shown_as_it_runs(birds):
    birds.run("normalize", "lab/birds", "--recipe", birds.folder / "features.toml")
    birds.run("normalize", "lab/birds.features", "--invert")
    shown = birds.run("recipe", "show", "lab/birds.features.inverse").stdout
    lines = [line.split()[:2] for line in shown.splitlines()]

    assert "inverse      each step is undone, from the last to the first" in shown
    undone = [line for line in lines if line[:1] in (["1"], ["2"], ["3"])]
    steps = [["1", "encode"], ["2", "scale"], ["3", "read_columns"]]
    assert [*steps, ["1", "encode"], ["2", "scale"]] == undone


@pytest.mark.parametrize(
    "options",
    [
        ("--preview", 2),
        ("--shard", "0/2"),
        ("--fitted-on", "lab/birds.features", "--preview", 2),
        ("--recipe", "text-default", "--shard", "0/2", "--max-rejected", "5%"),
    ],
)
def test_a_look_never_becomes_a_version(birds, options):
    birds.run("normalize", "lab/birds", "--recipe", birds.folder / "features.toml")
    before = birds.json("list")
    refused = birds.run("normalize", "lab/birds", *options, code=2)

    assert "--preview and --shard need a recipe" in refused.stderr
    assert before == birds.json("list")
