"""Files that become more than they may: bombs, at any level, and archives of too many members."""

import gzip
import io
import tarfile
import zipfile
from dataclasses import replace

import pytest

from registry.domain.reading import Reading
from registry.errors import UnreadableError
from registry.sources import unpacking
from registry.sources.detecting import detect
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents
from registry.sources.unpacking import Meter

ROW = b'{"text": "' + b"a" * 990 + b'"}\n'


@pytest.fixture(autouse=True)
def little_is_free(monkeypatch):
    monkeypatch.setattr(unpacking, "FREE_BYTES", 10_000)


def read(path, **limits):
    file = SourceFile.from_path(path)
    file = replace(file, meter=Meter.of(file.num_bytes, **limits))
    outcomes = read_documents(file, detect(file, Reading()).reading)
    return [text for one in outcomes for text in one.kept["text"].to_pylist()]


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


DENSE = gzip.compress(ROW * 100)
BOMBS = {
    "gzip.jsonl.gz": DENSE,
    "zip.zip": zipped([("a.jsonl", ROW * 100)]),
    # Each member is harmless by itself.
    "parts.zip": zipped([(f"{number}.jsonl", ROW * 9) for number in range(12)]),
    "nested.zip": zipped([(f"{n}.zip", zipped([("a.jsonl", ROW * 9)])) for n in range(12)]),
    "gzips.tar": tarred([("a.jsonl.gz", gzip.compress(ROW * 9))] * 12),
    "tar.tar.gz": gzip.compress(tarred([("a.jsonl", ROW * 100)])),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_becomes_many_times_its_bytes_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BOMBS[name])
    with pytest.raises(UnreadableError, match="and 2 times its") as raised:
        read(path, max_ratio=2)

    assert "--max-ratio" in raised.value.hint
    assert len(read(path, max_ratio=100_000)) >= 100


def test_what_is_read_twice_is_counted_once(tmp_path):
    """A look at the first records, and the reading itself, are of the same bytes."""
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(DENSE)
    ratio = 100 * len(ROW) / len(DENSE)

    assert 100 == len(read(path, max_ratio=ratio + 1))
    with pytest.raises(UnreadableError, match="unpacks to more"):
        read(path, max_ratio=ratio - 1)


def test_a_small_file_may_be_as_dense_as_it_likes(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(ROW * 9))

    assert 9 == len(read(path, max_ratio=1))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_has_no_more_members_than_it_may(tmp_path, pack):
    path = tmp_path / "archive"
    inner = pack([("a.txt", b"a"), ("b.txt", b"b")])
    path.write_bytes(
        pack([("inner.zip" if pack is zipped else "inner.tar", inner), ("c.txt", b"c")])
    )

    assert ["a", "b", "c"] == [text.decode() for text in read(path, max_members=4)]
    with pytest.raises(UnreadableError, match="more than 3 members") as raised:
        read(path, max_members=3)
    assert "--max-members" in raised.value.hint


def test_what_was_registered_once_is_read_whatever_it_becomes(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(DENSE)
    file = SourceFile.from_path(path)
    outcomes = read_documents(file, detect(file, Reading()).reading)

    assert 100 == sum(len(one.kept) for one in outcomes)
