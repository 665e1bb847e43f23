import os

import pytest

from registry.errors import InputError, UnreadableError
from registry.sources.finding import find_files


def plant(folder, *names, data=b"x"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def names_of(*patterns):
    return [file.name for file in find_files([str(pattern) for pattern in patterns])]


def test_a_folder_is_walked_to_any_depth_in_the_order_of_names(tmp_path):
    plant(tmp_path, "b.txt", "a/z.txt", "a/b/c.txt", "a.txt", "é.txt")

    assert ["a.txt", "a/b/c.txt", "a/z.txt", "b.txt", "é.txt"] == names_of(tmp_path)


def test_hidden_files_and_compiled_python_are_left_out(tmp_path):
    plant(tmp_path, "a.py", ".git/config", ".env", "__pycache__/a.pyc", "b.pyc", "c/.x/y.txt")

    assert ["a.py"] == names_of(tmp_path)


def test_a_hidden_file_that_is_named_itself_is_meant(tmp_path):
    plant(tmp_path, ".env", ".d/a.txt")

    assert [".env", "a.txt"] == names_of(tmp_path / ".env", tmp_path / ".d")


def test_a_file_knows_its_size_and_place_and_opens_afresh(tmp_path):
    plant(tmp_path, "a.txt", data=b"hello")

    (file,) = find_files([str(tmp_path / "a.txt")])
    contents = []
    for _ in range(2):
        with file.open() as stream:
            contents.append(stream.read())

    assert ("a.txt", 5, tmp_path / "a.txt") == (file.name, file.num_bytes, file.local_path)
    assert [b"hello", b"hello"] == contents


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["a.txt"]),
        ("**/*.txt", ["a.txt", "d/b.txt", "d/e/c.txt"]),
        ("d/**", ["b.txt", "e/c.txt"]),
        ("*/*.txt", ["d/b.txt"]),
        ("d/[bc].txt", ["b.txt"]),
        ("d/**/c.txt", ["e/c.txt"]),
        (".*", [".h.txt"]),
    ],
)
def test_a_glob_names_files_below_its_fixed_part(tmp_path, pattern, expected):
    plant(tmp_path, "a.txt", "d/b.txt", "d/e/c.txt", "a.md", ".h.txt")

    assert expected == names_of(tmp_path / pattern)


def test_a_name_with_the_signs_of_a_glob_is_a_name_if_it_exists(tmp_path):
    plant(tmp_path, "a[1].txt", "a1.txt")

    assert ["a[1].txt"] == names_of(tmp_path / "a[1].txt")


def test_a_file_that_is_meant_twice_is_found_once(tmp_path):
    plant(tmp_path, "a.txt", "b.txt")

    assert ["b.txt", "a.txt"] == names_of(tmp_path / "b.txt", tmp_path)


def test_where_names_meet_the_folders_name_goes_before(tmp_path):
    plant(tmp_path, "train/x.txt", "test/x.txt", "test/y.txt")

    assert ["train/x.txt", "test/x.txt", "test/y.txt"] == names_of(
        tmp_path / "train", tmp_path / "test"
    )
    assert ["train/x.txt", "test/x.txt"] == names_of(
        tmp_path / "train" / "x.txt", tmp_path / "test" / "x.txt"
    )


def test_names_that_still_meet_are_an_error(tmp_path):
    plant(tmp_path, "a/data/x.txt", "b/data/x.txt")

    with pytest.raises(InputError, match=r"would have the same name 'data/x.txt'"):
        names_of(tmp_path / "a" / "data", tmp_path / "b" / "data")


def test_links_to_files_and_folders_are_followed(tmp_path):
    outside = plant(tmp_path / "out", "a.txt", "d/b.txt")
    inside = plant(tmp_path / "in", "c.txt")
    (inside / "file").symlink_to(outside / "a.txt")
    (inside / "folder").symlink_to(outside / "d")

    assert ["c.txt", "file", "folder/b.txt"] == names_of(inside)


def test_a_link_in_a_circle_is_unreadable_and_named(tmp_path):
    plant(tmp_path, "a/b/c.txt")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")

    with pytest.raises(UnreadableError, match="circle") as caught:
        names_of(tmp_path)

    assert str(tmp_path / "a" / "b" / "up") == caught.value.path


@pytest.mark.parametrize("target", ["self", "nothing"])
@pytest.mark.parametrize("pattern", ["", "self", "**"])
def test_a_link_that_leads_nowhere_is_unreadable_and_named(tmp_path, target, pattern):
    (tmp_path / "self").symlink_to(tmp_path / target)

    with pytest.raises(UnreadableError) as caught:
        names_of(tmp_path / pattern)

    assert str(tmp_path / "self") == caught.value.path


def test_what_is_no_regular_file_is_unreadable_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UnreadableError, match="not a regular file"):
        names_of(tmp_path)


def test_a_folder_that_cannot_be_listed_is_unreadable(tmp_path, monkeypatch):
    plant(tmp_path, "a/b.txt")
    listed = type(tmp_path).iterdir

    def refuse(path):
        if path.name == "a":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(type(tmp_path), "iterdir", refuse)

    with pytest.raises(UnreadableError, match="Permission denied") as caught:
        names_of(tmp_path)

    assert str(tmp_path / "a") == caught.value.path


def test_a_file_that_cannot_be_opened_is_unreadable(tmp_path, monkeypatch):
    plant(tmp_path, "a.txt")

    def refuse(path, mode="r"):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "open", refuse)

    with pytest.raises(UnreadableError, match=r"a\.txt: Permission denied"):
        names_of(tmp_path)


@pytest.mark.parametrize("name", [b"a\nb.txt", b"a\x1b[31m.txt", b"\xff.txt"])
def test_a_name_that_no_manifest_can_hold_is_unreadable(tmp_path, name):
    (tmp_path / os.fsdecode(name)).touch()

    with pytest.raises(UnreadableError, match="its name"):
        names_of(tmp_path)


def test_nothing_found_names_the_value_and_the_nearest_siblings(tmp_path):
    plant(tmp_path, "train.jsonl", "test.jsonl")

    with pytest.raises(InputError, match=r"trian\.jsonl") as caught:
        names_of(tmp_path / "trian.jsonl")

    assert str(tmp_path / "train.jsonl") in caught.value.hint


def test_an_empty_folder_is_an_error_that_says_so(tmp_path):
    with pytest.raises(InputError) as caught:
        names_of(tmp_path)

    assert "no file in the folder" in str(caught.value)


@pytest.mark.parametrize("pattern", ["no/such/folder/a.txt", "*.parquet", "no/*.txt"])
def test_a_pattern_that_matches_nothing_is_an_error(tmp_path, pattern):
    plant(tmp_path, "a.txt")

    with pytest.raises(InputError, match="no file"):
        names_of(tmp_path / pattern)


STATE = b'{"_data_files": [{"filename": "data-0.arrow"}, {"filename": "data-1.arrow"}]}'


def test_of_a_saved_data_set_only_the_listed_data_files_count(tmp_path):
    plant(tmp_path, "s/data-0.arrow", "s/data-1.arrow", "s/cache-1.arrow", "s/dataset_info.json")
    plant(tmp_path, "s/state.json", data=STATE)
    plant(tmp_path, "dataset_dict.json")

    assert ["data-0.arrow", "data-1.arrow"] == names_of(tmp_path / "s")
    assert ["s/data-0.arrow", "s/data-1.arrow"] == names_of(tmp_path)


def test_a_saved_data_set_without_a_list_gives_its_arrow_files(tmp_path):
    plant(tmp_path, "a.arrow", "dataset_info.json")
    plant(tmp_path, "state.json", data=b"{}")

    assert ["a.arrow"] == names_of(tmp_path)


@pytest.mark.parametrize("state", [STATE, b"[", b"[]", b'{"_data_files": [1]}'])
def test_a_saved_data_set_that_lacks_a_file_or_is_broken_is_unreadable(tmp_path, state):
    plant(tmp_path, "data-0.arrow", "dataset_info.json")
    plant(tmp_path, "state.json", data=state)

    with pytest.raises(UnreadableError):
        names_of(tmp_path)


def test_json_files_of_other_folders_are_data(tmp_path):
    plant(tmp_path, "state.json", "dataset_info.json")

    assert ["dataset_info.json", "state.json"] == names_of(tmp_path)
