import errno
import os
from pathlib import Path

import pytest

from registry.domain.names import Reference
from registry.errors import (
    ConflictError,
    CorruptObjectError,
    InputError,
    StorageError,
    UnreadableError,
)
from tests.operations.factories import records, write_jsonl


@pytest.fixture
def source(muster, tmp_path):
    """A file that is registered in place as a/b."""
    path = write_jsonl(tmp_path / "data" / "a.jsonl", records(20))
    muster.register([str(path)], name="a/b")
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def list_files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def change_unseen(path: Path) -> None:
    """Change a byte, and neither the size nor the time of change."""
    facts = path.stat()
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def test_exporting_twice_leaves_the_same_bytes(muster, source, out):
    first = muster.export("a/b", out)

    assert first == muster.export("a/b", out)
    assert [out / "a.jsonl"] == list_files(out)
    assert source.read_bytes() == (out / "a.jsonl").read_bytes()


def test_other_bytes_of_the_same_size_are_refused_and_left_alone(muster, source, out):
    out.mkdir()
    other = bytes(source.stat().st_size)
    (out / "a.jsonl").write_bytes(other)

    with pytest.raises(InputError, match="in the way"):
        muster.export("a/b", out)
    assert other == (out / "a.jsonl").read_bytes()


def test_a_folder_in_the_way_is_refused(muster, source, out):
    (out / "a.jsonl").mkdir(parents=True)

    with pytest.raises(InputError, match="in the way"):
        muster.export("a/b", out)


def test_a_source_that_changed_unseen_is_a_conflict_and_leaves_nothing(muster, source, out):
    change_unseen(source)

    with pytest.raises(ConflictError, match="changed"):
        muster.export("a/b", out)
    assert [] == list_files(out)


def test_a_source_that_is_gone_is_named(muster, source, out):
    source.unlink()

    with pytest.raises(UnreadableError, match=r"data/a\.jsonl"):
        muster.export("a/b", out)
    assert [] == list_files(out)


def test_an_object_that_was_damaged_is_not_exported(muster, context, source, out):
    muster.register([str(source)], name="a/copy", ingest=True)
    (shard,) = context.catalog.versions.list_shards(Reference.parse("a/copy"))
    change_unseen(context.store.local_path_of(shard.digest))

    with pytest.raises(CorruptObjectError):
        muster.export("a/copy", out)
    assert [] == list_files(out)


def test_a_full_disk_leaves_no_temporary_file(muster, source, out, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="no space left"):
        muster.export("a/b", out)

    assert [] == list_files(out)


def test_tokens_are_exported_in_the_format_of_a_trainer(muster, source, out):
    muster.tokenizers.train(["a/b"], name="tiny", vocab_size=280)
    made = muster.tokenize("a/b", tokenizer="tiny")
    answer = muster.export_tokens("a/b.tiny", out, output_format="nanogpt")

    assert ("a/b.tiny@1", 20) == (answer.manifest.reference, answer.manifest.num_documents)
    assert 2 * made.num_tokens_with_special == (out / "train.bin").stat().st_size
