"""`muster apply` and `muster export --all` as people call them."""

import pytest


@pytest.fixture
def pages(muster, corpus):
    muster.run("register", corpus, "--name", "web/pages", "--license", "MIT")
    return muster


def test_what_is_exported_is_what_standard_output_gives_and_changes_nothing(pages):
    text = pages.run("export", "--all", "-").stdout
    pages.run("export", "--all", "registry.yaml")

    assert text == (pages.folder / "registry.yaml").read_text(encoding="utf-8")
    assert text == pages.json("export", "--all", "-")["text"]
    assert "0 created, 0 changed, 2 unchanged\n" == pages.run("apply", "-f", "registry.yaml").stdout
    assert "unchanged  licence" in pages.run("apply", "-f", "registry.yaml", "--unchanged").stdout


def test_what_waits_is_exit_3_and_what_is_wrong_exit_2_with_its_line(pages):
    file = pages.folder / "r.yaml"
    file.write_text("muster: 1\ndatasets:\n  web/pages:\n    tags: {next: 2}\n    owner: team\n")
    answer = pages.json("apply", "-f", "r.yaml", "--dry-run", code=3)
    done = pages.run("apply", "-f", "r.yaml", code=3).stdout
    file.write_text("muster: 1\ndatasets:\n  web/pages: {ownr: team}\n")
    wrong = pages.run("apply", "-f", "r.yaml", code=2).stderr

    assert [("change", "r.yaml:3"), ("wait", "r.yaml:4")] == [
        (one["action"], one["where"]) for one in answer["changes"]
    ]
    assert done.endswith("0 created, 1 changed, 0 unchanged, 1 waiting for what is not here\n")
    assert "error: r.yaml:3: datasets.web/pages.ownr: there is no such key" in wrong


def test_values_of_a_file_cannot_drive_the_terminal(pages):
    file = pages.folder / "r.yaml"
    file.write_text('muster: 1\ndatasets:\n  web/pages: {owner: "\\e[2J[red]x"}\n')

    assert "\x1b" not in pages.run("apply", "-f", "r.yaml").stdout


def test_all_is_of_no_version(pages):
    pages.run("export", "web/pages", "--all", "x.yaml", code=2)
    pages.run("export", code=2)


def test_a_dataset_without_a_version_is_listed(pages):
    file = pages.folder / "r.yaml"
    file.write_text("muster: 1\ndatasets:\n  web/new: {kind: code}\n")
    pages.run("apply", "-f", "r.yaml")

    assert "none yet" in pages.run("list").stdout
    assert (
        "hint: muster register PATH --name web/new" in pages.run("show", "web/new", code=2).stderr
    )
