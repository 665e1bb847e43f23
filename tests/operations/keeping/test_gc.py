"""What nothing refers to goes; what somebody refers to, or is about to, stays."""

import dataclasses
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from registry.domain.digest import digest_of_bytes
from registry.domain.run import Operation, RunDraft
from registry.errors import InputError, StorageError
from registry.operations.keeping import gc
from registry.operations.keeping.gc import collect
from registry.storage.objects import ObjectStore
from registry.storage.waste import LEASES, Waste
from tests.operations.factories import records, write_jsonl

OLD = datetime(2025, 1, 1, tzinfo=UTC)


def make_old(context):
    """Date every file of the store back."""
    for path in Path(context.store.url).rglob("*"):
        if path.is_file():
            os.utime(path, (OLD.timestamp(), OLD.timestamp()))


def left(context):
    return {one.digest for one in Waste(context.store.url).iter_objects()}


@pytest.fixture
def waste(context):
    """Two objects that nothing refers to, and nobody may want any more."""
    digests = {context.store.put_bytes(data).digest for data in (b"one", b"two")}
    make_old(context)
    return digests


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_all_that_verbs_stored_and_still_read_survives(muster, context, tmp_path):
    rows = [*records(30), {"id": "bad", "text": 5}]
    file = write_jsonl(tmp_path / "in" / "a.jsonl", rows)
    evidence = tmp_path / "LICENSE"
    evidence.write_text("use it")
    muster.register([str(file)], name="web/cc", ingest=True)
    muster.licences.add("web/cc", "MIT", evidence_file=evidence)
    muster.normalize("web/cc", recipe="text-default")
    muster.tokenizers.train(["web/cc"], name="own", vocab_size=270)
    muster.tokenize("web/cc.text-default", tokenizer="own")
    muster.embed("web/cc.text-default")
    make_old(context)
    before = left(context)

    answer = muster.gc()

    kept = left(context)
    assert before - kept == {one.digest for one in answer.removed}
    assert answer.removed  # the tallies and indexes of units
    for one in ("web/cc", "web/cc.text-default"):
        assert muster.verify(one).is_intact
        assert muster.sample(one).documents
    assert 1 == muster.quarantine.show("web/cc").num_rows
    assert muster.similar("web/cc.text-default.static", text="fox").neighbours
    assert "unchanged" == muster.tokenize("web/cc.text-default", tokenizer="own").status
    digests = [one.evidence_digest for one in muster.licences.list("web/cc").assertions]
    assert all(digest in kept for digest in digests if digest)
    assert any(digests)


def test_what_nothing_refers_to_goes_and_the_audit_log_says_so(muster, context, waste):
    planned = muster.gc(dry_run=True)
    assert waste == left(context) == {one.digest for one in planned.removed}

    answer = muster.gc()

    assert set() == left(context)
    assert ("done", planned.removed) == (answer.status, answer.removed)
    entry = context.catalog.audit.list(1)[0]
    assert ("objects.remove", "tester", 2) == (
        entry.action,
        entry.actor,
        entry.detail["num_objects"],
    )
    assert () == muster.gc().removed


def test_what_a_row_names_in_any_column_stays(muster, context, waste):
    named, _ = sorted(waste)
    draft = RunDraft(
        operation=Operation.REGISTER,
        derivation=digest_of_bytes(b"run"),
        parameters={"deep": [{"in": f"a text with {named} in it"}]},
        actor="ada",
        started_at=OLD,
    )
    run = context.catalog.runs.open(draft)
    context.catalog.runs.fail(run.id, error="gone", at=OLD)

    muster.gc()

    assert {named} == left(context)


def test_what_is_written_again_while_it_is_looked_for_stays(muster, context, tmp_path, monkeypatch):
    file = write_jsonl(tmp_path / "in" / "a.jsonl", records(3))
    context.store.put_bytes(file.read_bytes())
    make_old(context)
    iter_mentions = gc._iter_mentions

    def register_meanwhile(context):
        yield from iter_mentions(context)
        muster.register([str(file)], name="web/cc", ingest=True)

    monkeypatch.setattr(gc, "_iter_mentions", register_meanwhile)

    assert () == muster.gc().removed
    assert muster.verify("web/cc").is_intact


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
class TestSparing:
    def test_what_is_new_stays(self, muster, context, waste):
        new = context.store.put_bytes(b"new").digest
        again = context.store.put_bytes(b"one").digest

        answer = muster.gc()

        assert {new, again} == left(context)
        assert (2, 6) == (answer.num_spared, answer.spared_bytes)

    def test_what_a_checkpoint_names_stays(self, muster, context, waste):
        named, _ = sorted(waste)
        context.work(digest_of_bytes(b"run")).save("unit-0", {"shards": [{"digest": named}]})

        muster.gc()

        assert {named} == left(context)

    def test_what_was_written_since_the_oldest_open_run_began_stays(self, muster, context, waste):
        started = OLD - timedelta(days=1)
        draft = RunDraft(
            operation=Operation.NORMALIZE,
            derivation=digest_of_bytes(b"run"),
            actor="ada",
            started_at=started,
        )
        run = context.catalog.runs.open(draft)

        answer = muster.gc()
        assert (run.id, started, ()) == (answer.oldest_run.id, answer.before, answer.removed)
        muster.runs.cancel(run.id)

        assert waste == {one.digest for one in muster.gc().removed}

    def test_what_somebody_is_about_to_refer_to_is_new(self, context, waste):
        assert all(context.store.claim(digest) for digest in waste)
        assert not context.store.claim(digest_of_bytes(b"none"))

        assert () == collect(context).removed

    def test_a_store_that_is_no_folder_is_collected_and_renewed_by_writing(self, context, tmp_path):
        store = ObjectStore(f"memory://{tmp_path.name}")
        context = dataclasses.replace(context, store=store)
        wanted, unwanted = (store.put_bytes(data).digest for data in (b"one", b"two"))
        for digest in (wanted, unwanted):
            store._fs.store[store.path_of(digest)].created = OLD

        assert [False, False] == [store.claim(digest) for digest in (wanted, unwanted)]
        store.put_bytes(b"one")
        assert store.claim(wanted)
        assert [unwanted] == [one.digest for one in collect(context).removed]
        assert {wanted} == left(context)

    def test_what_is_written_elsewhere_between_look_and_removal_is_written_again(
        self, context, tmp_path, monkeypatch
    ):
        monkeypatch.setattr("registry.storage.waste._PAUSE_SECONDS", 0.01)
        store = ObjectStore(f"memory://{tmp_path.name}")
        context = dataclasses.replace(context, store=store)
        wanted = store.path_of(store.put_bytes(b"one").digest)
        store._fs.store[wanted].created = OLD
        writer = threading.Thread(target=store.put_bytes, args=(b"one",))
        remove = MemoryFileSystem.rm_file

        def write_just_before(self, path):
            if path == wanted:
                writer.start()
                while store._fs.store[wanted].created == OLD:
                    time.sleep(0.01)
            remove(self, path)

        monkeypatch.setattr(MemoryFileSystem, "rm_file", write_just_before)
        assert 1 == len(collect(context).removed)
        writer.join(timeout=10)

        assert not writer.is_alive()
        assert store._fs.exists(wanted)

    def test_a_remover_elsewhere_stops_in_time_and_a_dead_one_holds_nobody(
        self, context, tmp_path, monkeypatch
    ):
        store = ObjectStore(f"memory://{tmp_path.name}")
        old = store.path_of(store.put_bytes(b"one").digest)
        store._fs.store[old].created = OLD
        waste = Waste(store.url)
        (found,) = waste.iter_objects()
        with waste.removing():
            (lease,) = store._fs.ls(f"/{tmp_path.name}/{LEASES}", detail=False)
            monkeypatch.setattr(waste, "_stop_at", 0.0)
            assert not waste.remove(found)
            store._fs.store[lease].created = OLD

            assert store.put_bytes(b"one").digest == found.digest
        store._fs.pipe_file(lease, b"left behind")
        store._fs.store[lease].created = OLD
        with waste.removing():
            assert not store._fs.exists(lease)

    def test_a_grace_of_minutes_is_refused(self, muster):
        with pytest.raises(InputError, match="too short"):
            muster.gc(grace=timedelta(minutes=5))

    def test_files_of_dead_writers_go(self, muster, context):
        with context.store.stage() as living:
            dead = living.with_name(".writing-dead")
            dead.write_bytes(b"half")
            make_old(context)

            answer = muster.gc()

            assert (1, 4) == (answer.num_staged, answer.staged_bytes)
            assert living.exists()
            assert not dead.exists()

    def test_a_removal_that_fails_leaves_the_rest_for_the_next(
        self, muster, context, waste, monkeypatch
    ):
        remove, calls = Waste.remove, []

        def fail(self, found):
            calls.append(found)
            if len(calls) == 2:
                raise StorageError("not allowed")
            return remove(self, found)

        monkeypatch.setattr(Waste, "remove", fail)
        with pytest.raises(StorageError):
            muster.gc()
        assert 1 == len(left(context))
        assert 1 == context.catalog.audit.list(1)[0].detail["num_objects"]
        monkeypatch.undo()

        assert 1 == len(muster.gc().removed)


GC_IN_A_LOOP = """
import sys
import threading
import time
from datetime import timedelta
from registry.api import open_registry
with open_registry() as registry:
    while registry._context.catalog.runs.list(limit=1000)[39:] == []:
        registry.gc(grace=timedelta(hours=1))
"""

REGISTER_EACH = """
import os, sys
from pathlib import Path
from registry.api import open_registry
with open_registry() as registry:
    store = registry._context.store
    for path in sys.argv[1:]:
        # The very bytes lie there already, old and referred to by nothing.
        stored = store.put_bytes(Path(path).read_bytes())
        os.utime(store.local_path_of(stored.digest), (0, 0))
        name = "web/d" + path.rpartition("/")[2].partition(".")[0]
        registry.register([path], name=name, ingest=True)
"""


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_collecting_beside_processes_that_register_loses_nothing(
    catalog_url, context, muster, tmp_path
):
    paths = [
        write_jsonl(tmp_path / "in" / f"{number}.jsonl", records(2, first=number))
        for number in range(40)
    ]
    root = Path(__file__).parents[3]
    environment = {
        **{name: value for name, value in os.environ.items() if "MUSTER" not in name},
        "MUSTER_HOME": str(context.home),
        "MUSTER_DATABASE_URL": catalog_url,
        "PYTHONPATH": str(root),
    }

    def start(code, *words):
        return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], env=environment)

    collectors = [start(GC_IN_A_LOOP)]
    writers = [start(REGISTER_EACH, *paths[:20]), start(REGISTER_EACH, *paths[20:])]
    codes = [one.wait(timeout=120) for one in (*writers, *collectors)]

    assert [0, 0, 0] == codes
    references = [one.reference for one in muster.datasets.list()]
    assert 40 == len(references)
    assert [] == [one for one in references if not muster.verify(one).is_intact]
