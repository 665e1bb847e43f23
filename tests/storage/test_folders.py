import errno
import os

import pytest

from registry.errors import InputError, StorageError
from registry.storage import staging
from registry.storage.folders import new_folder


def fill(target):
    with new_folder(target) as folder:
        (folder / "below").mkdir()
        (folder / "below" / "a").write_bytes(b"a")
        assert not target.exists() or not any(target.iterdir())


def list_names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_folder_appears_with_all_that_was_written(tmp_path):
    fill(tmp_path / "parent" / "out")

    assert ["out", "out/below", "out/below/a"] == list_names(tmp_path / "parent")
    assert 0o755 == (tmp_path / "parent" / "out").stat().st_mode & 0o777


def test_an_empty_folder_may_be_there_already(tmp_path):
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out")

    assert (tmp_path / "out" / "below" / "a").exists()


def test_an_error_leaves_nothing(tmp_path):
    def fail():
        with new_folder(tmp_path / "out") as folder:
            (folder / "a").write_bytes(b"a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    assert [] == list_names(tmp_path)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_there_is_refused_and_left_alone(tmp_path, kind):
    target = tmp_path / "out"
    if kind == "file":
        target.write_bytes(b"mine")
    else:
        target.mkdir()
        (target / "mine").write_bytes(b"mine")
    before = list_names(tmp_path)

    with pytest.raises(InputError, match="in the way"):
        fill(target)

    assert before == list_names(tmp_path)


def test_what_came_meanwhile_is_refused_and_left_alone(tmp_path):
    def fill_late():
        with new_folder(tmp_path / "out"):
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "theirs").write_bytes(b"")

    with pytest.raises(InputError, match="in the way"):
        fill_late()

    assert ["out", "out/theirs"] == list_names(tmp_path)


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(StorageError, match="no space left"):
            fill(tmp_path / "out")

    assert [] == list_names(tmp_path)


def test_what_a_dead_writer_left_is_swept_away_and_a_living_ones_is_not(tmp_path):
    dead = tmp_path / ".out.writing-dead"
    dead.mkdir()
    (dead / "a").write_bytes(b"a")
    with staging.staged_folder(tmp_path, name="out") as living:
        fill(tmp_path / "out")

        assert living.exists()
    assert ["out", "out/below", "out/below/a"] == list_names(tmp_path)
