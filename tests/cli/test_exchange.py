"""`muster export --format` and `muster import` as people call them."""

import json

import pytest

from tests.exchange.factories import HOSTILE, croissant, dataset, event, write_events


@pytest.fixture
def held(muster, corpus):
    muster.run("register", corpus, "--name", "web/cc", "--license", "CC-BY-4.0")
    return muster


def write(folder, **fields):
    path = folder / "c.json"
    path.write_text(json.dumps(croissant(**fields)))
    return path


def test_a_description_goes_to_standard_output_and_what_is_left_out_to_stderr(held):
    process = held.run("export", "web/cc", "--format", "croissant")

    assert "web/cc" == json.loads(process.stdout)["name"]
    assert "left out: description is required and nobody stated one" in process.stderr


def test_json_of_an_export_is_the_value_that_text_is_made_of(held):
    answer = held.json("export", "web/cc", "--format", "datasheet")

    assert answer["text"] == held.run("export", "web/cc", "--format", "datasheet").stdout
    assert answer["left_out"]


def test_a_description_goes_to_a_file(held):
    process = held.run("export", "web/cc", "card.md", "--format", "card")

    assert "card.md\n" == process.stdout
    assert (held.folder / "card.md").read_text().startswith("---\nlicense: cc-by-4.0\n")


@pytest.mark.parametrize(
    "words",
    [
        ("export", "web/cc"),
        ("export", "web/cc", "x", "--format", "card", "--output-format", "nanogpt"),
        ("export", "web/cc", "x", "--format", "card", "--shuffle-seed", "1"),
        ("export", "web/cc", "--format", "data-provenance"),
        ("export", "web/cc", "no/folder/x", "--format", "card"),
        ("export", "web/none", "--format", "card"),
        ("import", "not-there.json"),
        ("import",),
    ],
)
def test_wrong_usage_is_exit_2(held, words):
    held.run(*words, code=2)


def test_shards_are_exported_as_before(held):
    held.run("export", "web/cc", "out")

    assert ["0.jsonl", "1.jsonl"] == sorted(path.name for path in (held.folder / "out").iterdir())


def test_an_import_shows_who_states_what_and_what_holds(held):
    text = held.run("import", write(held.folder), "--to", "web/cc").stdout

    assert "CC-BY-4.0 by Ada" in text
    assert "26 documents" in text


def test_hostile_text_cannot_drive_the_terminal(held):
    path = write(held.folder, name=HOSTILE, license=HOSTILE, inLanguage=[HOSTILE])
    imported = held.run("import", path)
    events = write_events(held.folder / "e.jsonl", [event(1, outputs=[dataset(HOSTILE)])])
    (held.folder / "e.jsonl").write_text(events.read_text() + '{"run": "\\u001b[2J"}\n')

    told = [imported, held.run("import", events), held.run("list")]
    assert "\x1b" not in "".join(process.stdout + process.stderr for process in told)


def test_events_are_counted_and_bad_lines_are_told(held):
    path = write_events(held.folder / "e.jsonl", [event(1, outputs=[dataset("a")])])
    path.write_text(path.read_text() + "no json\n")
    process = held.run("import", path)

    assert "1 new, 0 known" in process.stdout
    assert f"skipped {path}:2: " in process.stderr


def test_a_circle_is_wrong_input(held):
    events = [
        event(1, inputs=[dataset("b", version="1")], outputs=[dataset("a", version="1")]),
        event(2, inputs=[dataset("a", version="1")], outputs=[dataset("b", version="1")]),
    ]
    path = write_events(held.folder / "e.jsonl", events)

    assert "the events make a circle" in held.run("import", path, code=2).stderr


def test_a_placeholder_is_refused_where_documents_are_needed(held):
    held.run("import", write(held.folder))
    process = held.run("normalize", "imported/letters", "--recipe", "text-default", code=2)

    assert "imported/letters@1" in process.stderr


def test_a_dash_is_standard_output(muster, corpus):
    muster.run("register", corpus, "--name", "a/b")
    shown = muster.run("export", "a/b", "-", "--format", "openlineage").stdout

    assert muster.run("export", "a/b", "--format", "openlineage").stdout == shown
    assert "no folder is named" in muster.run("export", "a/b", "-", code=2).stderr
    assert not (muster.folder / "-").exists()
