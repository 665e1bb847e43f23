"""A list goes on after it was frozen: what was not read, what is stated later, what was done."""

import os
import re

import pytest

from registry.domain.card import Card
from registry.errors import ConflictError, InputError
from tests.catalog.factories import make_takedown
from tests.operations.factories import records, write_jsonl

GONE = "d3"
WHY = {"reason": "request of 2026-11-20"}


@pytest.fixture
def two(muster, tmp_path):
    """Two versions that hold a document, one of them cleaned and learned from; more on the side."""
    for name in ("one", "two"):
        path = write_jsonl(tmp_path / f"{name}.jsonl", records(6, text=name + " {row}"))
        muster.register([str(path)], name=f"web/{name}")
    muster.normalize("web/one", recipe="text-default")
    return muster


@pytest.fixture
def said(context):
    lines = []
    context.progress.note = lines.append
    return lines


def listed(found):
    return [(one.kind, one.reference) for one in found.items]


def done(found):
    return {one.reference: (one.done.action, one.done.result) for one in found.items if one.done}


def texts_of(muster, name):
    return [text for batch in muster.stream(name) for text in batch["text"].to_pylist()]


def hide(path):
    """Change a file, and return what brings it back as it was."""
    data, stat = path.read_bytes(), path.stat()

    def restore():
        path.write_bytes(data)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    path.write_bytes(b"")
    return restore


def test_what_could_not_be_read_keeps_a_takedown_open_until_it_was_read(two, tmp_path):
    two.tokenizers.train(["web/two"], name="tiny", vocab_size=300)
    two.tokenize("web/two", tokenizer="tiny")
    restore = hide(tmp_path / "two.jsonl")
    opened = two.takedowns.open("id", GONE, **WHY)
    two.takedowns.apply(opened.id)

    assert [
        ("documents", "web/one@1"),
        ("unread", "web/two@1"),
        ("documents", "web/one.text-default@1"),
    ] == listed(opened)
    assert "look again" in two.takedowns.plan(opened.id).steps[0].what
    with pytest.raises(ConflictError, match=r"1 open entry, the first of them web/two@1"):
        two.takedowns.close(opened.id, evidence="mail")
    restore()
    # What was found in it was not known, nor what was made of it.
    copy = write_jsonl(tmp_path / "copy.jsonl", [{"text": "two 3"}, {"text": "else"}])
    two.register([str(copy)], name="web/copy")
    after = two.takedowns.apply(opened.id)
    assert {
        "web/two@1": ("rebuilt", "web/two@2"),
        "web/two.tiny@1": ("rebuilt", "web/two.tiny@2"),
        "web/copy@1": ("rebuilt", "web/copy@2"),
    }.items() <= done(after).items()
    assert ("tokenizer", "tiny") in listed(after)
    assert 2 == after.num_texts
    assert "two 3" not in texts_of(two, "web/two")
    for name in ("web/two@1", "web/two"):
        with pytest.raises(InputError, match=r"was withdrawn|leaves out"):
            two.export(name, tmp_path / "out")


def test_what_was_made_again_under_a_version_that_was_read_later_is_dealt_with(two, tmp_path):
    restore = hide(tmp_path / "one.jsonl")
    opened = two.takedowns.open("id", GONE, **WHY)
    two.takedowns.apply(opened.id)
    restore()
    after = two.takedowns.apply(opened.id)

    assert {
        "web/one@1": ("rebuilt", "web/one@2"),
        "web/one.text-default@1": ("rebuilt", "web/one.text-default@2"),
        "web/one.text-default@2": ("exempted", None),
    }.items() <= done(after).items()
    assert 5 == len(texts_of(two, "web/one.text-default"))
    assert two.takedowns.close(opened.id, evidence="mail").closed


def test_what_was_read_again_and_holds_nothing_is_dealt_with(two, tmp_path):
    path = write_jsonl(tmp_path / "clean.jsonl", records(2, text="clean {row}"))
    two.register([str(path)], name="web/clean")
    restore = hide(path)
    opened = two.takedowns.open("id", GONE, **WHY)
    restore()
    (entry,) = [
        one for one in two.takedowns.apply(opened.id).items if one.reference == "web/clean@1"
    ]

    assert ("unread", "exempted") == (entry.kind, entry.done.action)
    assert "read again" in entry.done.note
    assert "sealed" == two.show("web/clean@1").version.state
    assert two.takedowns.close(opened.id, evidence="mail").closed


def test_what_stays_unreadable_is_withdrawn_with_what_was_made_of_it(two, tmp_path):
    two.tokenizers.train(["web/one"], name="tiny", vocab_size=300)
    two.tokenize("web/two", tokenizer="tiny")
    hide(tmp_path / "two.jsonl")
    opened = two.takedowns.open("id", GONE, **WHY)
    (unread,) = [one.number for one in opened.items if one.kind == "unread"]
    after = two.takedowns.withdraw(opened.id, unread, reason="lost")

    assert ("suspect", "web/two.tiny@1") == listed(after)[-1]
    with pytest.raises(InputError, match=r"web/two@1 was withdrawn: takedown 1: lost"):
        two.export("web/two@1", tmp_path / "out")


def test_what_nobody_can_read_alone_is_no_takedown(two, tmp_path):
    hide(tmp_path / "two.jsonl")

    with pytest.raises(InputError, match="1 version cannot be read"):
        two.takedowns.open("id", "nobody", **WHY)
    assert [] == two.takedowns.list()


def test_what_was_dealt_with_is_not_dealt_with_again(two):
    opened = two.takedowns.open("id", GONE, **WHY)
    two.takedowns.exempt(opened.id, 2, reason="is a test")
    before = two.takedowns.apply(opened.id)

    for act in (two.takedowns.exempt, two.takedowns.withdraw):
        with pytest.raises(ConflictError, match=re.escape("as web/one@2")) as caught:
            act(opened.id, 1, reason="relabel")
        assert "entry 1, web/one@1, was dealt with at 2026-01-01 00:0" in str(caught.value)
    with pytest.raises(ConflictError, match=r"exempted \(is a test\)"):
        two.takedowns.withdraw(opened.id, 2, 3, reason="relabel")
    assert before == two.takedowns.show(opened.id)
    assert "sealed" == two.show("web/two@1").version.state


def test_a_withdrawal_that_was_interrupted_is_finished_by_the_same_call(two, monkeypatch):
    opened = two.takedowns.open("id", GONE, **WHY)
    store = type(two._context.catalog.takedowns)
    with monkeypatch.context() as patch:
        patch.setattr(store, "act", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            two.takedowns.withdraw(opened.id, 1, 2, reason="as asked")
    assert "withdrawn" == two.show("web/one@1").version.state
    after = two.takedowns.withdraw(opened.id, 1, 2, reason="as asked")

    assert [("withdrawn", None)] * 2 == [done(after)[f"web/{name}@1"] for name in ("one", "two")]


def test_what_is_stated_of_a_withdrawn_version_is_said_and_joins_the_list(two, said, tmp_path):
    opened = two.takedowns.open("id", GONE, **WHY)
    two.takedowns.apply(opened.id)
    path = write_jsonl(tmp_path / "z.jsonl", records(2, text="z {row}"))
    said.clear()
    two.register([str(path)], name="other/z", card=Card(derived_from=("web/one@1",)))
    two.models.add("a/b@1", trained_on=["web/one@1"])
    made = write_jsonl(tmp_path / "y.jsonl", records(2, text="y {row}"))
    two.register([str(made)], name="made/y", card=Card(generated_by="a/b@1"))
    warning = "warning: web/one@1 was withdrawn: takedown 1: request of 2026-11-20"

    assert [warning] * 2 == said
    with pytest.raises(ConflictError, match="3 open entries"):
        two.takedowns.close(opened.id, evidence="mail")
    added = listed(two.takedowns.show(opened.id))[3:]
    assert [("model", "a/b@1"), ("suspect", "other/z@1"), ("tainted", "made/y@1")] == added
    numbers = [one.number for one in two.takedowns.show(opened.id).open_items]
    two.takedowns.exempt(opened.id, *numbers, reason="none of it")
    assert two.takedowns.close(opened.id, evidence="mail").closed


def test_what_muster_made_since_is_made_again(two):
    opened = two.takedowns.open("id", GONE, **WHY)
    two.normalize("web/two", recipe="text-default")
    after = two.takedowns.apply(opened.id)

    assert ("derived", "web/two.text-default@1") == listed(after)[-1]
    assert ("rebuilt", "web/two.text-default@2") == done(after)["web/two.text-default@1"]
    assert "two 3" not in texts_of(two, "web/two.text-default")
    assert two.takedowns.close(opened.id, evidence="mail").closed


def test_a_second_takedown_takes_over_what_the_first_did(two, said):
    two.models.add("a/b@1", trained_on=["web/one"])
    first = two.takedowns.open("id", GONE, **WHY)
    second = two.takedowns.open("id", GONE, reason="once more")
    assert ["takedown 1, which is open, asks for the same: muster takedown show 1"] == said
    two.takedowns.withdraw(first.id, 3, reason="as asked")
    two.takedowns.apply(first.id)
    steps = {one.reference: (one.step, one.what) for one in two.takedowns.plan(second.id).steps}
    runs = two.runs.list()
    after = two.takedowns.apply(second.id)

    assert ("withdraw", "was withdrawn: takedown 1: as asked") == steps["web/two@1"]
    assert done(two.takedowns.show(first.id)) == done(after)
    assert "before: takedown 1: as asked" == after.items[2].done.note
    assert ["a/b@1"] == [one.reference for one in after.open_items]
    assert runs == two.runs.list()


def test_what_an_older_list_only_names_as_unread_joins_it(two, context):
    found = two.takedowns.open("id", GONE, **WHY)
    draft = make_takedown(
        "web/one@1", selector={"kind": "id", "value": GONE}, documents=(), unread=("web/two@1",)
    )
    older = context.catalog.takedowns.open(draft, actor="ada", at=found.opened_at)

    with pytest.raises(ConflictError, match="2 open entries"):
        two.takedowns.close(older.id, evidence="mail")
    assert ("unread", "web/two@1") in listed(two.takedowns.show(older.id))
    assert ("rebuilt", "web/two@2") == done(two.takedowns.apply(older.id))["web/two@1"]
