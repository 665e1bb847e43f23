"""`muster licence` and `muster cost` as people call them."""

import pytest


@pytest.fixture
def mixed(muster, corpus):
    """A corpus under a licence that forbids commercial use, and what was normalized from it."""
    muster.run("register", corpus, "--name", "web/cc", "--license", "CC-BY-NC-4.0")
    muster.run("normalize", "web/cc", "--recipe", "text-default")
    return muster


def test_a_refused_licence_is_exit_3_only_when_asked(mixed):
    words = ("licence", "effective", "web/cc.text-default", "--policy", "commercial")

    assert "policy commercial refuses it" in mixed.run(*words).stdout
    assert "commercial is no" in mixed.run(*words, "--check", code=3).stdout
    mixed.run("licence", "effective", "web/cc", "--check", code=2)
    mixed.run("licence", "effective", "web/cc", "--policy", "research", "--check")


def test_json_is_the_value_that_text_is_made_of(mixed):
    answer = mixed.json("licence", "effective", "web/cc.text-default", "--policy", "commercial")

    assert ["web/cc.text-default@1", "web/cc@1"] == answer["restrictions"][0]["path"]
    assert "block" == answer["ruling"]["status"]


def test_a_conflict_is_told_on_stderr(mixed):
    words = ("licence", "add", "web/cc", "MIT", "--by", "hearsay", "--confidence", "low")
    process = mixed.run(*words)

    assert "conflict: CC-BY-NC-4.0 holds, but hearsay says MIT" in process.stderr
    assert process.stdout == mixed.run("licence", "list", "web/cc").stdout


def test_a_name_cannot_drive_the_terminal(mixed):
    process = mixed.run(
        "licence", "add", "web/cc", "MIT", "--by", "\x1b[2J[red]", "--confidence", "low"
    )

    assert "\x1b" not in process.stdout + process.stderr
    assert "␛[2J[red]" in process.stdout


def test_setting_what_does_not_hold_says_so(mixed):
    words = ("licence", "add", "web/cc", "CC-BY-NC-4.0", "--by", "auditor", "--confidence", "high")
    mixed.run(*words)
    process = mixed.run("dataset", "set", "web/cc", "--license", "MIT")

    assert "CC-BY-NC-4.0 holds for web/cc@1" in process.stderr


def test_a_notice_goes_to_a_file(mixed):
    mixed.run("licence", "notice", "web/cc.text-default", "--output", "NOTICE")
    text = (mixed.folder / "NOTICE").read_text()

    assert text == mixed.run("licence", "notice", "web/cc.text-default").stdout
    assert "web/cc@1\n    licence:   CC-BY-NC-4.0" in text


def test_show_explains_an_expression_without_a_registry(muster):
    text = muster.run("licence", "show", "GPL-3.0-only or mit", "--policy", "strict").stdout

    assert "taken as" in text
    assert "policy strict accepts it" in text


def test_policies_are_listed(muster):
    assert ["commercial", "research", "strict"] == [
        policy["name"] for policy in muster.json("licence", "policies")
    ]


def test_a_cost_is_added_shown_reversed_and_reported(muster, corpus):
    muster.run("register", corpus, "--name", "web/cc")
    entry = muster.json("cost", "add", "12.5", "eur", "--kind", "api", "--version", "web/cc")
    muster.run("cost", "add", "1", "USD", "--kind", "human", "--version", "web/cc")
    reversal = muster.run("cost", "reverse", entry["id"], "--note", "wrong dataset", "-q")
    assert "3\n" == reversal.stdout
    shown = muster.run("cost", "show", "web/cc").stdout

    assert "taken back by 3" in shown
    assert "-12.50 EUR" in shown
    report = muster.run("cost", "report", "web/cc").stdout
    assert report.startswith("0.00 EUR and 1.00 USD for web/cc@1")
    assert "0.016667 USD" in report


@pytest.mark.parametrize(
    "words",
    [
        ("1.0000001", "EUR", "--kind", "api", "--version", "web/cc"),
        ("1,5", "EUR", "--kind", "api", "--version", "web/cc"),
        ("1", "XXZ", "--kind", "api", "--version", "web/cc"),
        ("1", "EUR", "--kind", "api"),
        ("1", "EUR", "--kind", "bribe", "--version", "web/cc"),
    ],
)
def test_a_wrong_cost_is_wrong_usage(muster, corpus, words):
    muster.run("register", corpus, "--name", "web/cc")

    muster.run("cost", "add", *words, code=2)
