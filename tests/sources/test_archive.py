import gzip
import io
import tarfile
import zipfile

import pytest
import zstandard

from registry.documents import MAX_RAW_BYTES
from registry.errors import InputError, UnreadableError
from registry.sources.file import SourceFile

from .factories import read
from .test_parquet import to_parquet

MEMBERS = {
    "docs/a.txt": b"first\n",
    "docs/b.jsonl": b'{"text": "second", "id": "s"}\nbad\n',
    "docs/c.jsonl.gz": gzip.compress(b'{"text": "third"}\n', mtime=0),
    ".hidden": b"no",
    "x/__pycache__/a.cpython-311.pyc": b"no",
    "img.png": b"\x89PNG\r\n\x1a\n\x00\x00",
}
TEXTS = [b"first\n", b"second", b"third"]


def to_zip(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("docs")
        for name, data in members.items():
            archive.writestr(name, data)
    return sink.getvalue()


def to_tar(members: dict[str, bytes], *, link: str | None = None) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        folder = tarfile.TarInfo("docs")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        if link is not None:
            entry = tarfile.TarInfo(link)
            entry.type, entry.linkname = tarfile.SYMTYPE, "a.txt"
            archive.addfile(entry)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return sink.getvalue()


ARCHIVES = {
    "a.zip": to_zip,
    "a.tar": to_tar,
    "a.tar.gz": lambda members: gzip.compress(to_tar(members), mtime=0),
    "a.tgz": lambda members: gzip.compress(to_tar(members), mtime=0),
    "a.tar.zst": lambda members: zstandard.compress(to_tar(members)),
    "a.zip.gz": lambda members: gzip.compress(to_zip(members), mtime=0),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_each_member_is_read_as_a_file_of_its_own(name):
    result = read(ARCHIVES[name](MEMBERS), name)

    assert TEXTS == result.texts
    assert [f"{name}!/docs/a.txt", f"{name}!/docs/b.jsonl#1", f"{name}!/docs/c.jsonl.gz#1"] == (
        result.sources
    )
    assert [f"{name}!/docs/a.txt", "s", f"{name}!/docs/c.jsonl.gz#1"] == result.ids


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_a_member_that_is_no_text_is_rejected_and_named(name):
    result = read(ARCHIVES[name](MEMBERS), name)

    assert [
        (f"{name}!/docs/b.jsonl", 2, "invalid-json", b"bad"),
        (f"{name}!/img.png", None, "not-text", MEMBERS["img.png"]),
    ] == [(row["file"], row["row"], row["reason"], row["raw"]) for row in result.rejected]


def test_a_link_in_a_tar_is_a_rejected_row_and_no_document():
    result = read(to_tar({"a.txt": b"text"}, link="docs/link"), "a.tar")

    assert ["a.tar!/a.txt"] == result.sources
    assert [("a.tar!/docs/link", "symbolic-link", b"a.txt")] == [
        (row["file"], row["reason"], row["raw"]) for row in result.rejected
    ]


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_a_member_that_is_no_text_counts_with_all_its_bytes(name):
    image = b"\x89PNG" + b"\0" * 3_000_000

    (row,) = read(ARCHIVES[name]({"img.png": image}), name).rejected

    assert (MAX_RAW_BYTES, len(image)) == (len(row["raw"]), row["num_bytes"])


@pytest.mark.parametrize("write", [to_zip, to_tar])
@pytest.mark.parametrize(
    "member", ["../a.txt", "/etc/a.txt", "a/../../b.txt", "..\\a.txt", "C:\\a.txt", "a\nb.txt"]
)
def test_a_name_that_leads_outside_is_unreadable(write, member):
    with pytest.raises(UnreadableError) as caught:
        read(write({member: b"a"}), "a")

    assert caught.value.path.startswith(("a!/", "'a!/"))


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tar.zst", "a.zip"])
def test_an_archive_cut_off_anywhere_is_unreadable(name):
    data = ARCHIVES[name]({"a.txt": b"a" * 2000, "b.txt": b"b" * 700})

    for length in range(1, len(data), max(1, len(data) // 40)):
        if name == "a.tar" and length > 5120:
            # Behind its two closing blocks a tar is only padded.
            break
        with pytest.raises(UnreadableError):
            read(data[:length], name)


def test_a_tar_cut_off_between_members_is_unreadable():
    data = to_tar({"a.txt": b"a" * 512, "b.txt": b"b"})
    start_of_b = data.index(b"b.txt")

    with pytest.raises(UnreadableError, match="the tar is cut off"):
        read(data[:start_of_b], "a.tar")


def test_a_damaged_header_in_the_middle_of_a_tar_is_unreadable():
    data = bytearray(to_tar({"a.txt": b"a" * 512, "b.txt": b"b", "c.txt": b"c"}))
    data[data.index(b"b.txt")] ^= 0x20

    with pytest.raises(UnreadableError, match="damaged header"):
        read(bytes(data), "a.tar")


def test_a_damaged_zip_member_is_unreadable_and_named():
    data = bytearray(to_zip({"a.txt": bytes(range(33, 127)) * 20}))
    data[data.index(b"a.txt") + 60] ^= 0xFF

    with pytest.raises(UnreadableError) as caught:
        read(bytes(data), "a.zip")

    assert "a.zip!/a.txt" == caught.value.path


def test_an_encrypted_zip_is_unreadable():
    data = bytearray(to_zip({"a.txt": b"a"}))
    data[data.index(b"PK\x01\x02", data.index(b"a.txt")) + 8] |= 1
    last = data.rindex(b"PK\x01\x02")
    data[last + 8] |= 1

    with pytest.raises(UnreadableError, match="encrypted"):
        read(bytes(data), "a.zip")


@pytest.mark.parametrize("write", [to_zip, to_tar])
def test_an_empty_archive_has_no_documents(write):
    assert [] == read(write({}), "a").documents


def test_columns_asked_for_hold_for_every_member():
    data = to_zip({"a.csv": b"q,a\n1,2\n", "b.jsonl": b'{"q": "3", "a": "4"}\n', "c.md": b"5"})

    result = read(data, "a.zip", text_columns=("a",))

    assert [b"2", b"4", b"5"] == result.texts


def test_a_member_without_a_clear_text_column_is_an_error_that_names_it():
    with pytest.raises(InputError, match=r"a.zip!/a.csv: several columns .*: q, a"):
        read(to_zip({"a.csv": b"q,a\n1,2\n"}), "a.zip")


def test_archives_in_archives_are_read_a_few_levels_deep():
    data = to_zip({"in.zip": to_zip({"a.txt": b"deep"})})

    assert ["a.zip!/in.zip!/a.txt"] == read(data, "a.zip").sources

    for _ in range(3):
        data = to_zip({"in.zip": data})
    with pytest.raises(UnreadableError, match="too many archives"):
        read(data, "a.zip")


def test_parquet_inside_archives_is_read():
    parquet = to_parquet({"text": ["a", "b"]})

    assert [b"a", b"b"] == read(to_zip({"x.parquet": parquet}), "a.zip").texts
    assert [b"a", b"b"] == read(to_tar({"x.parquet": parquet}), "a.tar").texts


def test_the_archives_of_real_texts_are_read_whole(shared_data):
    counts = {
        name: len(read(SourceFile.from_path(shared_data / "archives" / name)).documents)
        for name in ("inaugural.zip", "udhr2.zip")
    }

    assert {"inaugural.zip": 60, "udhr2.zip": 388} == counts
