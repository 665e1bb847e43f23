"""The files of a commit, each accounted for."""

import pyarrow.parquet as pq
import pytest

from registry.collection.opening import open_source
from registry.domain.collecting import RepositorySource
from registry.errors import InputError, StorageError


def collect(repository, folder, **options):
    folder.mkdir(exist_ok=True)
    source = RepositorySource(**({"path": repository.path} | options))
    with open_source(source) as collector:
        (landed,) = collector.collect(folder, None)
    return pq.read_table(landed.path).to_pylist(), landed.position


def test_a_commit_is_read_and_not_the_work_tree(repository, tmp_path):
    commit = repository.commit(a_dot_py=b"print(1)\n", docs__b_dot_md="Größe\n".encode())
    (repository.path / "a.py").write_text("changed\n")
    (repository.path / "new.py").write_text("new\n")
    rows, position = collect(repository, tmp_path / "landed")

    assert {"commit": commit} == position
    assert [("a.py", b"print(1)\n"), ("docs/b.md", "Größe\n".encode())] == [
        (row["id"], row["text"]) for row in rows
    ]


def test_what_holds_no_text_is_a_row_that_says_why(repository, tmp_path):
    (repository.path / "link").symlink_to("a.py")
    repository.commit(
        a_dot_py=b"print(1)\n",
        picture_dot_png=b"\x89PNG\x00\x01",
        weights_dot_bin=b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        empty=b"",
    )
    rows, _ = collect(repository, tmp_path / "landed")

    assert {
        "a.py": "text",
        "empty": "text",
        "link": "symbolic-link",
        "picture.png": "binary-file",
        "weights.bin": "lfs-pointer",
    } == {row["id"]: row["kind"] for row in rows}
    assert ["a.py", "empty"] == [row["id"] for row in rows if row["text"] is not None]


def test_attributes_that_change_archives_change_nothing(repository, tmp_path):
    repository.commit(
        _dot_gitattributes=b"secret.txt export-ignore\nv.txt export-subst\n",
        secret_dot_txt=b"kept\n",
        v_dot_txt=b"$Format:%H$\n",
    )
    rows, _ = collect(repository, tmp_path / "landed")
    assert {b"kept\n", b"$Format:%H$\n"} <= {row["text"] for row in rows}


def test_a_folder_of_a_repository_and_an_older_commit(repository, tmp_path):
    repository.commit(a_dot_txt=b"a\n", sub__b_dot_txt=b"b\n")
    repository.git("tag", "v1")
    repository.commit(sub__c_dot_txt=b"c\n")
    rows, _ = collect(repository, tmp_path / "new", path=repository.path / "sub")
    old, _ = collect(repository, tmp_path / "old", revision="v1")

    assert ["b.txt", "c.txt"] == [row["id"] for row in rows]
    assert ["a.txt", "sub/b.txt"] == [row["id"] for row in old]


def test_names_of_any_bytes_are_written(repository, tmp_path):
    (repository.path / "tab\tname").write_text("x\n")
    repository.commit(plain=b"y\n")
    rows, _ = collect(repository, tmp_path / "landed")
    assert ["plain", "tab\tname"] == [row["id"] for row in rows]


def test_the_licence_files_are_named_beforehand(repository):
    repository.commit(LICENSE=b"MIT\n", sub__COPYING_dot_md=b"GPL\n", licence_dot_py=b"x\n")
    with open_source(RepositorySource(path=repository.path)) as collector:
        details = dict(collector.look(None).details)
    assert "LICENSE, sub/COPYING.md" == details["licence files"]


def test_the_same_commit_holds_nothing_new(repository):
    commit = repository.commit(a=b"a\n")
    with open_source(RepositorySource(path=repository.path)) as collector:
        assert 0 == collector.look({"commit": commit}).num_rows


@pytest.mark.parametrize(("path", "revision"), [(".", "v9"), ("..", "HEAD"), (".", "--all")])
def test_no_repository_or_no_commit_is_the_callers_error(repository, tmp_path, path, revision):
    repository.commit(a=b"a\n")
    source = RepositorySource(path=repository.path / path, revision=revision)
    with pytest.raises(InputError, match="no commit"), open_source(source):
        pass


def test_a_lost_object_is_named(repository, tmp_path):
    repository.commit(a=b"a\n")
    blob = repository.git("rev-parse", "HEAD:a")
    (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(StorageError, match="lost the content of a"):
        collect(repository, tmp_path / "landed")
