import errno
import os
from pathlib import Path

import pytest

from registry.domain.digest import digest_of_bytes
from registry.errors import CorruptObjectError, StorageError, UnknownError
from registry.storage.objects import ObjectStore, replaced_file, write_atomically


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    url = str(tmp_path / "objects") if request.param == "local" else f"memory://{tmp_path.name}"
    return ObjectStore(url)


def test_an_object_is_known_by_the_digest_of_its_bytes(store):
    stored = store.put_bytes(b"abc")

    assert digest_of_bytes(b"abc") == stored.digest
    assert store.read(stored.digest) == b"abc"


def test_storing_the_same_bytes_twice_leaves_one_object(store):
    first = store.put_bytes(b"abc")

    assert first == store.put_bytes(b"abc")
    assert store.exists(first.digest)


def test_an_object_that_is_not_there_is_unknown(store):
    with pytest.raises(UnknownError):
        store.open(digest_of_bytes(b"nothing"))


def test_leaving_a_stage_without_commit_leaves_nothing(store, tmp_path):
    with store.stage() as path:
        path.write_bytes(b"half")
        staged = path

    assert not staged.exists()


def test_an_error_while_writing_leaves_nothing(tmp_path):
    store = ObjectStore(str(tmp_path))
    with pytest.raises(RuntimeError), store.stage() as path:
        path.write_bytes(b"half")
        raise RuntimeError

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_changed_bytes_are_noticed_on_read(tmp_path):
    store = ObjectStore(str(tmp_path))
    stored = store.put_bytes(b"abc")
    Path(store.path_of(stored.digest)).write_bytes(b"abd")

    with pytest.raises(CorruptObjectError):
        store.read(stored.digest)


def test_a_full_disk_is_a_storage_error_that_says_so(tmp_path):
    store = ObjectStore(str(tmp_path))

    with pytest.raises(StorageError, match="no space left"), store.stage():
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StorageError):
        write_atomically(tmp_path / "file" / "below", b"x")


def test_an_atomic_write_replaces_the_whole_file(tmp_path):
    path = tmp_path / "a" / "b"
    write_atomically(path, b"first")
    write_atomically(path, b"second")

    assert path.read_bytes() == b"second"
    assert [item.name for item in path.parent.iterdir()] == ["b"]


def list_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_fails_beside_the_writing_keeps_its_own_words(store):
    with pytest.raises(PermissionError), store.stage():
        raise PermissionError(errno.EACCES, "a source that is not to be read")


def test_a_file_past_the_limit_is_a_storage_error(store):
    with pytest.raises(StorageError, match="File too large"), store.stage():
        raise OSError(errno.EFBIG, "File too large")


def test_the_folders_made_for_an_object_last_a_crash_of_the_machine(tmp_path, monkeypatch):
    synced = set()
    monkeypatch.setattr(os, "fsync", lambda handle: synced.add(os.fstat(handle).st_ino))
    store = ObjectStore(str(tmp_path / "new" / "objects"))
    path = Path(store.path_of(store.put_bytes(b"abc").digest))

    assert {place.stat().st_ino for place in (path, *path.parents[:5])} <= synced
    assert tmp_path == path.parents[4]


def test_an_error_while_replacing_a_file_leaves_it_as_it_was(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), replaced_file(path) as staged:
        staged.write_bytes(b"new")
        raise RuntimeError

    assert [(path, b"old")] == [(file, file.read_bytes()) for file in list_files(tmp_path)]


def test_replacing_a_file_leaves_those_beside_it_alone(tmp_path):
    neighbour = tmp_path / ".writing-notes"
    neighbour.write_bytes(b"mine")
    write_atomically(tmp_path / "a", b"x")

    assert neighbour.exists()
