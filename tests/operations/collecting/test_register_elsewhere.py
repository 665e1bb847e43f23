"""Files in an object store, registered in place: a real server of S3 on loopback."""

import dataclasses
import json

import fsspec
import pytest

from registry.api import Registry
from registry.domain.execution import Execution, ExecutorKind
from registry.domain.reading import Reading
from registry.errors import ConflictError, UnreadableError
from registry.operations.collecting import register
from registry.storage.objects import ObjectStore
from tests.operations.factories import records

# What lies where does not depend on the engine of the catalog.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def put(url, rows):
    data = "".join(json.dumps(row) + "\n" for row in rows)
    with fsspec.open(url, "w") as stream:
        stream.write(data)


@pytest.fixture
def scanned(monkeypatch):
    """The names of the files that are read from end to end."""
    names = []

    def scan(context, file, **options):
        names.append(file.name)
        return original(context, file, **options)

    original = register.scan
    monkeypatch.setattr(register, "scan", scan)
    return names


def test_nothing_is_copied_and_only_what_is_new_is_read(muster, context, s3_bucket, scanned):
    put(f"{s3_bucket}/cc/a.jsonl", [*records(5), {"no": "text"}])
    put(f"{s3_bucket}/cc/b.jsonl", records(3, first=5))
    first = muster.register([f"{s3_bucket}/cc"], name="web/cc")
    again = muster.register([f"{s3_bucket}/cc"], name="web/cc")
    put(f"{s3_bucket}/cc/c.jsonl", records(2, first=8))
    put(f"{s3_bucket}/cc/b.jsonl", records(4, first=5))
    more = muster.register([f"{s3_bucket}/cc"], name="web/cc")
    (source,) = muster.show("web/cc").version.sources

    assert (8, "unchanged", 11) == (first.num_documents, again.status, more.num_documents)
    assert ["a.jsonl", "b.jsonl", "b.jsonl", "c.jsonl"] == scanned
    assert first.rejected == more.rejected == {"missing-text": 1}
    assert 1 == len(muster.quarantine.show("web/cc").rows)
    assert f"{s3_bucket}/cc" == source.uri
    stored = [path for path in (context.home / "objects").rglob("*") if path.is_file()]
    assert 2 >= len(stored), "the quarantines"


def test_a_dry_run_says_what_would_be_read(muster, s3_bucket, scanned):
    put(f"{s3_bucket}/cc/a.jsonl", records(5))
    put(f"{s3_bucket}/cc/b.jsonl", records(3, first=5))

    def plan():
        answer = muster.register([f"{s3_bucket}/cc"], name="web/cc", dry_run=True)
        assert "planned" == answer.status
        return answer.behind, answer.same_as, answer.num_known, answer.changes

    assert (None, None, 0, None) == plan()
    muster.register([f"{s3_bucket}/cc"], name="web/cc")
    scanned.clear()

    assert ("web/cc@1", "web/cc@1", 2, None) == plan()
    assert [] == scanned
    put(f"{s3_bucket}/cc/b.jsonl", records(4, first=5))
    behind, same, num_known, changes = plan()

    assert ("web/cc@1", None, 1) == (behind, same, num_known)
    assert (("b.jsonl",), 1) == (changes.changed, changes.documents)


def test_another_reading_reads_everything_again(muster, s3_bucket, scanned):
    put(f"{s3_bucket}/a.jsonl", records(5))
    muster.register([s3_bucket], name="web/cc")
    muster.register([s3_bucket], name="web/cc", reading=Reading(text_columns=("lang",)))
    assert ["a.jsonl", "a.jsonl"] == scanned


def test_the_documents_are_those_of_a_local_copy(muster, s3_bucket, tmp_path):
    rows = records(50)
    put(f"{s3_bucket}/a.jsonl", rows)
    put(str(tmp_path / "a.jsonl"), rows)
    there = muster.register([f"{s3_bucket}/a.jsonl"], name="web/there")
    here = muster.register([str(tmp_path / "a.jsonl")], name="web/here")
    normal = [muster.normalize(name, recipe="text-default") for name in ("web/there", "web/here")]

    assert here.digest == there.digest
    assert normal[0].digest == normal[1].digest


def test_worker_processes_read_it_and_objects_may_lie_there_too(make_context, s3_bucket):
    put(f"{s3_bucket}/in/a.jsonl", records(400))
    put(f"{s3_bucket}/in/b.jsonl", records(400, first=400))
    context = dataclasses.replace(
        make_context(shard_bytes=4_096),
        store=ObjectStore(f"{s3_bucket}/objects"),
        execution=Execution(kind=ExecutorKind.PROCESSES, num_workers=2),
    )
    muster = Registry(context)
    muster.register([f"{s3_bucket}/in"], name="web/cc")
    answer = muster.normalize("web/cc", recipe="text-default")
    texts = [text for batch in muster.stream(answer.reference) for text in batch["text"]]

    assert (800, 800) == (answer.ledger.documents_kept, len(texts))
    assert () == muster.verify(answer.reference).problems


def test_an_object_that_was_replaced_is_refused_and_one_that_is_gone(muster, s3_bucket):
    put(f"{s3_bucket}/a.jsonl", records(5))
    muster.register([s3_bucket], name="web/cc")
    put(f"{s3_bucket}/a.jsonl", records(5, text="Other {row}"))
    with pytest.raises(ConflictError, match="changed since it was registered"):
        muster.normalize("web/cc", recipe="text-default")
    assert muster.verify("web/cc").problems
    fsspec.filesystem("s3").rm(f"{s3_bucket}/a.jsonl")
    with pytest.raises(UnreadableError, match="is registered here and cannot be read"):
        muster.normalize("web/cc", recipe="text-default")


def test_ingested_objects_are_kept_here(muster, s3_bucket):
    put(f"{s3_bucket}/a.jsonl", records(5))
    muster.register([s3_bucket], name="web/cc", ingest=True)
    fsspec.filesystem("s3").rm(f"{s3_bucket}/a.jsonl")
    assert 5 == muster.normalize("web/cc", recipe="text-default").ledger.documents_kept


def test_no_credentials_are_written(muster, context, s3_bucket, caplog):
    put(f"{s3_bucket}/a.jsonl", records(5))
    muster.register([s3_bucket], name="web/cc")
    written = [path.read_bytes() for path in context.home.parent.rglob("*") if path.is_file()]
    assert not any(b"s3cr3tkey" in data for data in written)
    assert "s3cr3tkey" not in muster.show("web/cc").model_dump_json()
