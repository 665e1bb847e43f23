"""`muster model`, `muster generation` and `muster takedown` as people call them."""

import json

import pytest

URL = "https://example.org/private/3"


def write(path, items):
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


@pytest.fixture
def written(muster):
    """People's pages, a model trained on them, and the stories that it wrote."""
    pages = [{"text": f"Page {n}.", "url": f"https://example.org/private/{n}"} for n in range(1, 5)]
    stories = [{"text": f"Story {n}."} for n in range(1, 3)]
    people = ("--name", "web/pages", "--generated-by", "people")
    muster.run("register", write(muster.folder / "p.jsonl", pages), *people)
    muster.run("model", "add", "org/small@v1", "--trained-on", "web/pages", "-q")
    muster.run("register", write(muster.folder / "s.jsonl", stories), "--name", "syn/stories")
    words = ("generation", "add", "syn/stories", "--model", "org/small@v1", "--role", "generator")
    assert "syn/stories@1\n" == muster.run(*words, "-q").stdout
    return muster


def test_a_model_is_shown_with_what_it_wrote_and_json_says_the_same(written):
    answer = written.json("model", "show", "org/small@v1")

    assert (["web/pages@1"], ["syn/stories@1"]) == (
        answer["model"]["trained_on"],
        answer["generated"],
    )
    assert "syn/stories@1" in written.run("model", "show", "org/small@v1").stdout
    assert "org/small@v1" in written.run("model", "list").stdout


def test_a_model_that_differs_is_refused_and_a_misspelt_one_offers_the_nearest(written):
    differs = written.run("model", "add", "org/small@v1", "--output-license", "MIT", code=1)
    misspelt = written.run("model", "show", "org/smal@v1", code=2)
    words = ("generation", "add", "syn/stories", "--model", "vendor/other@7", "--role", "judge")
    unstated = written.run(*words, code=2)

    assert "org/small@v1 is there with other facts: output licence, trained on" in differs.stderr
    assert "did you mean org/small@v1?" in misspelt.stderr
    assert "hint: muster model add vendor/other@7\n" in unstated.stderr


def test_depth_and_share_are_told_and_the_tree_names_the_model(written):
    answer = written.json("generation", "show", "syn/stories")
    tree = written.run("lineage", "syn/stories").stdout

    assert ({"low": 1, "high": 1}, 2, 2) == (
        answer["depth"],
        answer["documents"]["low"],
        answer["documents"]["high"],
    )
    assert "└─ generator org/small@v1, trained on web/pages@1" in tree
    written.run("lineage", "syn/stories", "--no-model", "org/small", code=3)
    written.run("lineage", "web/pages", "--no-model", "org/small")


def test_a_takedown_is_opened_planned_applied_and_closed(written):
    why = ("--reason", "request of 2026-11-20")
    opened = written.json("takedown", "open", "--url-pattern", URL, *why)
    plan = written.run("takedown", "plan", "1").stdout
    applied = written.run("takedown", "apply", "1").stdout
    early = written.run("takedown", "close", "1", "--evidence", "mail", code=1)
    model = written.run("takedown", "withdraw", "1", "2", *why, code=2)
    written.run("takedown", "exempt", "1", "2", "3", "--reason", "never released")
    again = written.run("takedown", "exempt", "1", "2", "3", "--reason", "again", code=1)
    assert "entry 2, org/small@v1, was dealt with at 20" in again.stderr
    assert "exempted (never released)" in again.stderr
    closed = written.run("takedown", "close", "1", "--evidence", "mail of 2026-11-26").stdout

    assert ["web/pages@1", "org/small@v1", "syn/stories@1"] == [
        one["reference"] for one in opened["items"]
    ]
    assert "rebuild" in plan
    assert "rebuilt as web/pages@2" in applied
    assert "2 open entries" in early.stderr
    assert "org/small@v1 is a model" in model.stderr
    assert "mail of 2026-11-26" in closed
    assert "closed" in written.run("takedown", "list").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--url-pattern", "*nowhere/*"), "no document of any version fits"),
        (("--url-pattern", "*"), "add --everything"),
        (("--digest", "abc"), "is not a digest"),
        (("--dataset", "web/page"), "did you mean web/pages?"),
        (("--id", "a", "--deadline", "tomorrow"), "--deadline 'tomorrow' is no date"),
        (("--id", "no"), "an id is taken as a whole"),
        (("--id", "a", "--dataset", "web/pages"), "a takedown asks for one thing"),
        ((), "a takedown asks for one thing"),
    ],
)
def test_a_takedown_of_nothing_or_everything_records_nothing(written, words, message):
    refused = written.run("takedown", "open", *words, "--reason", "r", code=2)

    assert message in refused.stderr
    assert [] == written.json("takedown", "list")


def test_everything_goes_when_it_is_confirmed(written):
    words = ("takedown", "open", "--url-pattern", "*", "--everything", "--reason", "r")

    assert 6 == written.json(*words)["num_texts"]


def test_a_reason_cannot_drive_the_terminal(written):
    words = ("takedown", "open", "--url-pattern", URL, "--reason", "\x1b[2J[red]")

    assert "\x1b" not in written.run(*words).stdout


def test_a_second_writer_is_not_hidden_and_can_be_taken_back(muster):
    (muster.folder / "qa.jsonl").write_text('{"text": "a b"}\n', encoding="utf-8")
    for model in ("org/a@1", "org/b@2"):
        muster.run("model", "add", model)
    register = ("register", "qa.jsonl", "--name", "made/qa", "--generator")
    muster.run(*register, "org/a@1")
    again = muster.run(*register, "org/b@2", "--license", "MIT")
    retract = next(line for line in again.stderr.splitlines() if "retract" in line)
    words = retract.partition("muster ")[2].split()

    assert "unchanged: made/qa@1" in again.stdout
    assert "recorded    licence MIT, who wrote it" in again.stdout
    assert "written by  generator org/a@1, generator org/b@2" in again.stdout
    assert "recorded" not in muster.run(*register, "org/b@2").stdout
    assert "stated     generator org/b@2" in muster.run(*words[:-1], "a slip").stdout
    assert ["org/b@2"] == [
        use["model"] for use in muster.json("generation", "show", "made/qa")["models"]
    ]
    assert "is not said" in muster.run(*words[:3], "--reason", "x", code=2).stderr


def test_an_amount_below_zero_is_named_and_the_way_back_is_shown(written):
    refused = written.run(
        "cost", "add", "-5", "EUR", "--kind", "api", "--version", "web/pages", code=2
    )

    assert "-5 is negative" in refused.stderr
    assert "muster cost reverse" in refused.stderr
