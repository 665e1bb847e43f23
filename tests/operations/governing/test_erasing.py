"""What a takedown withdrew is erased from the store; what is in use, and tombstones, stay."""

import pytest

from registry.errors import ConflictError, InputError, UnknownError
from tests.operations.factories import records, write_jsonl

GONE = "Document 2 of the raw corpus."
WHY = {"reason": "request of 2026-11-20"}


@pytest.fixture
def applied(muster, tmp_path):
    """A text that stood in a file in place, its normalized version and its tokens; it was taken."""
    items = records(6, text="Document {row} of the raw corpus.")
    muster.register([str(write_jsonl(tmp_path / "in.jsonl", items))], name="web/raw")
    muster.normalize("web/raw", recipe="text-default")
    muster.tokenizers.train(["web/raw"], name="tiny", vocab_size=280)
    muster.tokenize("web/raw.text-default", tokenizer="tiny")
    opened = muster.takedowns.open("id", items[2]["id"], **WHY)
    muster.takedowns.apply(opened.id)
    return muster


def bytes_in_store(muster):
    root = muster._context.home / "objects" / "sha256"
    return [path.read_bytes() for path in root.rglob("*") if path.is_file()]


def test_what_was_withdrawn_goes_and_what_is_in_use_stays(applied, tmp_path):
    before = len(bytes_in_store(applied))
    planned = applied.takedowns.erase(1, dry_run=True)
    unchanged = len(bytes_in_store(applied))
    done = applied.takedowns.erase(1)

    assert before == unchanged
    assert ("planned", "done") == (planned.status, done.status)
    assert planned.erased == done.erased
    assert before - len(done.erased) == len(bytes_in_store(applied))
    assert {"web/raw.text-default@1", "web/raw.text-default.tiny@1"} == {
        one.reference for one in done.erased
    }
    (left,) = [one for one in done.left if one.uri is not None]
    assert ("web/raw@1", ("web/raw@2",)) == (left.reference, left.used_by)
    assert (tmp_path / "in.jsonl").exists()
    for name in ("web/raw.text-default", "web/raw.text-default.tiny"):
        assert applied.verify(name).is_intact
        assert applied.export(name, tmp_path / name).files


def test_tombstones_tell_erased_from_lost(applied):
    erased = applied.takedowns.erase(1).erased
    gone, whole = applied.verify("web/raw.text-default@1"), applied.verify_all()

    assert (True, 0, 1) == (gone.is_intact, gone.num_shards, gone.num_erased)
    assert (True, len(erased)) == (whole.is_intact, whole.num_erased)
    assert 6 == applied.show("web/raw.text-default@1").version.num_documents
    with pytest.raises(InputError, match="was erased for takedown 1"):
        applied.sample("web/raw.text-default@1")
    entry = applied._context.catalog.audit.list(1)[0]
    assert ("takedown.erase", len(erased)) == (entry.action, entry.detail["num_objects"])


def test_erasing_again_finds_nothing_but_what_came_back(applied):
    erased = applied.takedowns.erase(1).erased
    again = applied.takedowns.erase(1)
    store = applied._context.store
    path = store.local_path_of(erased[0].digest)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"an interrupted call left it")
    applied.takedowns.erase(1)

    assert ((), len(erased)) == (again.erased, again.num_before)
    assert not store.exists(erased[0].digest)


def test_a_copy_in_the_store_goes_once_nothing_in_use_reads_it(muster, tmp_path):
    items = records(4, text="Document {row} of the raw corpus.")
    path = str(write_jsonl(tmp_path / "in.jsonl", items))
    muster.register([path], name="web/raw", ingest=True)
    muster.takedowns.open("id", items[2]["id"], **WHY)
    muster.takedowns.apply(1)
    held = muster.takedowns.erase(1)
    text = GONE.encode()
    assert any(text in data for data in bytes_in_store(muster))
    muster.normalize("web/raw", recipe="text-default")
    muster.datasets.withdraw("web/raw@2", reason="its file holds what went")
    done = muster.takedowns.erase(1)

    assert ((), ["web/raw@2"]) == (held.erased, [*held.left[0].used_by])
    assert ["web/raw@1"] == [one.reference for one in done.erased]
    assert not any(text in data for data in bytes_in_store(muster))
    assert muster.verify("web/raw.text-default").is_intact


def test_nothing_is_erased_before_every_version_is_dealt_with(applied):
    opened = applied.takedowns.open("id", "d4", **WHY)

    with pytest.raises(ConflictError, match="of takedown 2, web/raw@2, is open"):
        applied.takedowns.erase(opened.id)


def test_an_unknown_takedown_erases_nothing(muster):
    with pytest.raises(UnknownError):
        muster.takedowns.erase(7)


def test_a_later_takedown_passes_over_what_was_erased(applied):
    applied.takedowns.erase(1)
    opened = applied.takedowns.open("id", "d4", **WHY)

    assert () == opened.unread
    assert ["web/raw@2", "web/raw.text-default@2", "web/raw.text-default.tiny@2"] == [
        item.reference for item in opened.items if item.kind.is_version
    ]
    assert opened.id == applied.takedowns.apply(opened.id).id
    again = applied.takedowns.erase(opened.id)
    assert {"web/raw.text-default@2", "web/raw.text-default.tiny@2"} == {
        one.reference for one in again.erased
    }
