"""Files in object stores: a real server of S3 on loopback, and fsspec's memory."""

import io

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from registry.domain.digest import digest_of_bytes
from registry.domain.reading import Reading
from registry.errors import InputError, MissingExtraError, UnreadableError
from registry.sources.detecting import detect
from registry.sources.digesting import Digesting
from registry.sources.finding import find_files
from registry.sources.places import open_file, path_of, read_stamp
from registry.sources.reading import read_documents

LINES = b'{"text": "one"}\n{"text": "two"}\n'


@pytest.fixture(params=["s3", "memory"])
def bucket(request):
    """The URL of an empty place, on each kind of store."""
    if request.param == "s3":
        return request.getfixturevalue("s3_bucket")
    fsspec.filesystem("memory").store.clear()
    return "memory://bucket"


def put(url, data):
    with fsspec.open(url, "wb") as stream:
        stream.write(data)


def test_a_folder_a_glob_and_a_file_are_found_by_the_names_of_local_ones(bucket):
    for name in ("cc/a.jsonl", "cc/deep/b.jsonl", "cc/deep/notes.txt", "cc/.hidden/c.jsonl"):
        put(f"{bucket}/{name}", LINES)

    def names(pattern):
        return [file.name for file in find_files([pattern])]

    assert ["a.jsonl", "deep/b.jsonl", "deep/notes.txt"] == names(f"{bucket}/cc")
    assert ["a.jsonl", "deep/b.jsonl", "deep/notes.txt"] == names(f"{bucket}/cc/")
    assert ["a.jsonl"] == names(f"{bucket}/cc/*.jsonl")
    assert ["cc/a.jsonl", "cc/deep/b.jsonl"] == names(f"{bucket}/**/*.jsonl")
    assert ["b.jsonl"] == names(f"{bucket}/cc/deep/b.jsonl")


def test_files_elsewhere_stand_beside_local_ones(bucket, tmp_path):
    put(f"{bucket}/cc/a.jsonl", LINES)
    (tmp_path / "b.jsonl").write_bytes(LINES)
    files = find_files([f"{bucket}/cc/a.jsonl", str(tmp_path / "b.jsonl")])
    assert ["a.jsonl", "b.jsonl"] == [file.name for file in files]


def test_where_nothing_lies_is_an_error(bucket):
    with pytest.raises(InputError, match="no file"):
        find_files([f"{bucket}/nothing"])
    with pytest.raises(UnreadableError, match="is not there"):
        open_file(f"{bucket}/nothing", name="nothing")


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_a_file_elsewhere_gives_the_documents_of_a_local_one(bucket, tmp_path, suffix):
    local = tmp_path / f"a.{suffix}"
    write(local)
    put(f"{bucket}/a.{suffix}", local.read_bytes())
    here = open_file(local.as_uri(), name="a")
    there = open_file(f"{bucket}/a.{suffix}", name="a")

    def documents(file):
        reading = detect(file, Reading()).reading
        return [row for one in read_documents(file, reading) for row in one.kept.to_pylist()]

    assert 2 == len(documents(here))
    assert documents(here) == documents(there)
    assert here.num_bytes == there.num_bytes


def write(path):
    if path.suffix == ".jsonl":
        path.write_bytes(LINES)
    else:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        pq.write_table(pa.table({"text": ["one", "two"]}), path)


def test_a_stamp_changes_with_the_bytes(bucket):
    put(f"{bucket}/a", b"one")
    before = read_stamp(f"{bucket}/a")
    assert before == read_stamp(f"{bucket}/a")
    put(f"{bucket}/a", b"two")
    after = read_stamp(f"{bucket}/a")

    assert (3, 3) == (before.num_bytes, after.num_bytes)
    assert before.etag != after.etag


def test_an_object_that_is_replaced_while_it_is_read_is_an_error(s3_bucket):
    url = f"{s3_bucket}/a.jsonl"
    put(url, LINES * 1_000_000)
    with open_file(url, name="a.jsonl").open() as stream:
        stream.read(10)
        put(url, LINES * 900_000)
        with pytest.raises(UnreadableError, match="no longer exists"):
            while stream.read(1 << 20):
                pass


def test_credentials_do_not_stand_in_a_url():
    with pytest.raises(InputError, match="credentials in a URL") as error:
        find_files(["s3://AKIA:s3cr3t@bucket/a"])
    assert "s3cr3t" not in f"{error.value}{error.value.hint}"


def test_a_store_that_refuses_says_what_it_needs(monkeypatch):
    class Refusing(MemoryFileSystem):
        def info(self, *_, **__):
            raise PermissionError("Access Denied")

    monkeypatch.setattr("registry.sources.places.open_system", lambda url: (Refusing(), "bucket/a"))
    with pytest.raises(UnreadableError, match="may not be read: Access Denied") as error:
        read_stamp("s3://bucket/a")
    assert "AWS_PROFILE" in error.value.hint


def test_a_missing_library_names_its_extra(monkeypatch):
    def refuse(*_, **__):
        raise ImportError("Install gcsfs")

    monkeypatch.setattr("fsspec.core.url_to_fs", refuse)
    with pytest.raises(MissingExtraError) as error:
        read_stamp("gs://bucket/a")
    assert 'pip install "muster-catalog[gs]"' == error.value.hint


@pytest.mark.parametrize("reads", [(-1,), (5, 3, -1), (0, -1)])
def test_what_is_read_in_order_travels_once(tmp_path, reads):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(256)) * 100)
    num_opened = 0

    def open_counted():
        nonlocal num_opened
        num_opened += 1
        return io.BytesIO(path.read_bytes())

    file = open_file(path.as_uri(), name="a")
    digesting = Digesting(type(file)("a", open_counted, file.num_bytes))
    with digesting.file.open() as stream:
        for number in reads:
            stream.read(number)
    assert digest_of_bytes(path.read_bytes()) == digesting.finish()
    assert 1 == num_opened


def test_what_is_read_out_of_order_is_digested_all_the_same(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(256)) * 1_000)
    digesting = Digesting(open_file(path.as_uri(), name="a"))
    with digesting.file.open() as stream:
        stream.seek(-10, io.SEEK_END)
        stream.read()
        stream.seek(0)
        stream.read(100)
    assert digest_of_bytes(path.read_bytes()) == digesting.finish()


def test_the_uri_of_a_local_file_leads_back_to_it(tmp_path):
    path = tmp_path / "a b#c%41é.txt"
    path.write_bytes(LINES)
    (file,) = find_files([str(path)])

    assert path == path_of(file.uri)
    assert path_of("s3://bucket/a") is None
