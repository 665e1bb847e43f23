"""`muster report` and its verbs, `muster target` and `muster plan`, as people see them."""

import json

import pytest


@pytest.fixture
def counted(muster, corpus):
    """A registry with one counted version."""
    muster.run("register", corpus, "--name", "web/a", "--license", "MIT")
    muster.run("tokenizer", "train", "--from", "web/a", "--name", "tiny", "--vocab-size", "300")
    muster.run("tokenize", "web/a", "--tokenizer", "tiny", "--count-only")
    return muster


def test_a_report_is_listed_shown_and_made_anew(counted):
    made = counted.json("report", "--params", "100")
    report_id = made["id"]

    assert [report_id] == counted.run("report", "list", "-q").stdout.split()
    assert made == counted.json("report", "show", report_id)
    assert f"the same: {report_id}\n" == counted.run("report", "rerun", report_id[:6]).stdout
    assert report_id in counted.run("report", "--params", "100").stdout


def test_reproducible_reports_are_the_same_bytes(counted):
    words = ("report", "--params", "100,1K", "--reproducible")
    texts = [[counted.run(*words, *how).stdout for how in ((), ("--json",))] for _ in range(2)]

    assert texts[0] == texts[1]
    assert "made        by muster" in texts[0][0]


def test_the_page_is_written_and_the_same_each_time(counted):
    pages = []
    for name in ("a.html", "b.html"):
        counted.run("report", "--params", "100", "--reproducible", "--html", name)
        pages.append((counted.folder / name).read_text())

    assert pages[0] == pages[1]
    assert pages[0].startswith("<!doctype html>")
    assert "web/a@1" in pages[0]


def test_markdown_is_printed_and_written_alike(counted):
    printed = counted.run(
        "report", "--params", "100", "--format", "markdown", "--markdown", "r.md"
    ).stdout

    assert printed == (counted.folder / "r.md").read_text()
    assert printed.startswith("# Readiness report")


def test_a_page_into_no_folder_is_an_error(counted):
    done = counted.run("report", "--params", "100", "--html", "no/where.html", code=2)

    assert "there is no folder no" in done.stderr


def test_made_anew_on_other_facts_it_exits_with_3(counted):
    report_id = counted.json("report", "--params", "100")["id"]
    counted.run("dataset", "withdraw", "web/a@1", "--reason", "asked to")
    done = counted.run("report", "rerun", report_id, code=3)

    assert "withdrawn: block: web/a@1 was withdrawn" in done.stdout


def test_what_moved_between_two_reports_is_told(counted):
    first = counted.json("report", "--params", "10", "--law", "rule-20")["id"]
    second = counted.json("report", "--params", "10G", "--law", "rule-10")["id"]
    text = counted.run("report", "diff", first, second).stdout
    diff = counted.json("report", "diff", first, second)

    assert "INSUFFICIENT (likely), before " in text or "INSUFFICIENT" in text
    assert "by rule-10 in place of rule-20" in text
    assert (first, second) == (diff["first"], diff["second"])


@pytest.mark.parametrize("verb", ["show", "rerun"])
def test_an_unknown_report_leads_to_the_list(counted, verb):
    done = counted.run("report", verb, "ffff", code=2)

    assert "'ffff'" in done.stderr
    assert "muster report list" in done.stderr


def test_a_number_is_explained_from_a_kept_report_and_from_versions(counted):
    report_id = counted.json("report", "web/a", "--params", "100")["id"]
    kept = counted.run("report", "explain", report_id, "--figure", "epochs").stdout
    named = counted.run("report", "explain", "web/a", "--params", "100").stdout

    assert kept == named
    assert "e = 1 - R* ln(1 - (D / U - 1) / R*)" in kept
    assert "arXiv:2305.16264" in kept
    assert 1 == len(counted.run("report", "list", "-q").stdout.split())


def test_the_check_of_a_named_target_answers_no(counted):
    file = counted.folder / "big.toml"
    file.write_text('name = "big"\nparameters = "7B"\novertraining = 2\n')
    counted.run("target", "set", "big.toml")
    done = counted.run("report", "--target", "big", "--check", code=3)

    assert "not enough for big (7B parameters)" in done.stdout


def test_a_target_is_set_by_options_over_a_file_listed_and_shown(counted):
    (counted.folder / "t.toml").write_text('name = "t"\nparameters = "7B"\n')
    counted.run("target", "set", "t.toml")
    words = ("--overtraining", "5", "--device", "h100", "--devices", "8")
    stored = counted.json("target", "set", "t.toml", *words)

    assert 2 == stored["number"]
    assert "over-trained" == stored["target"]["objective"]
    assert 8 == stored["target"]["hardware"]["devices"]
    assert stored == counted.json("target", "show", "t")
    assert "t@2" in counted.run("target", "list").stdout
    assert "7,000,000,000" in counted.run("target", "show", "t@1").stdout


def test_a_target_by_options_alone_needs_a_size(counted):
    done = counted.run("target", "set", "--name", "t", code=2)

    assert "exactly one of parameters, architecture and compute_flops" in done.stderr


def test_a_report_without_a_size_says_what_is_missing(counted):
    assert "--params 1.3B" in counted.run("report", code=2).stderr


def test_the_counterfactual_leaves_out_what_was_made_from_a_source(counted):
    counted.run("normalize", "web/a", "--recipe", "text-default")
    counted.run("tokenize", "web/a.text-default", "--tokenizer", "tiny", "--count-only")
    report = counted.json("report", "--params", "100", "--without", "web/a", "--no-keep")

    assert (0, []) == (report["unique_tokens"], report["supply"])
    assert report["id"] is None


def test_a_plan_is_a_sentence_and_a_table(counted):
    text = counted.run("plan", "--compute", "1e15").stdout
    plan = counted.json("plan", "--gpu-hours", "2xH100")

    assert text.startswith("Train ")
    assert "epoch-2024" in text
    assert plan["is_data_limited"]
    assert plan == json.loads(json.dumps(plan))


@pytest.mark.parametrize("words", [(), ("--compute", "nan"), ("--gpu-hours", "many")])
def test_a_plan_without_a_budget_is_refused(counted, words):
    assert "error: " in counted.run("plan", *words, code=2).stderr
