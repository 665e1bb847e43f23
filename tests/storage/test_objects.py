import errno
from pathlib import Path

import pytest

from registry.domain.digest import digest_of_bytes
from registry.errors import CorruptObjectError, StorageError, UnknownError
from registry.storage.objects import ObjectStore, write_atomically


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
