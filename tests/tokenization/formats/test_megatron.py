import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InputError, StorageError, UnreadableError
from registry.tokenization.formats import megatron
from registry.tokenization.formats.megatron import MegatronWriter, dtype_for, write_index
from registry.tokenization.formats.megatron_reader import MegatronReader
from tests.tokenization.factories import make_encoded


@pytest.fixture
def paths(tmp_path):
    return tmp_path / "x.bin", tmp_path / "x.idx"


def _write(paths, *batches, dtype="<u2"):
    with MegatronWriter(*paths, np.dtype(dtype)) as writer:
        for documents in batches:
            writer.write(make_encoded(documents))
    return writer


@pytest.mark.parametrize(
    ("vocab_size", "expected"),
    [
        (1, "<u2"),
        (256, "<u2"),
        (257, "<u2"),
        (65_499, "<u2"),
        (65_500, "<i4"),
        (65_535, "<i4"),
        (65_536, "<i4"),
        (65_537, "<i4"),
        (2**31, "<i4"),
    ],
)
def test_the_dtype_is_megatrons_for_the_vocabulary(vocab_size, expected):
    assert np.dtype(expected) == dtype_for(vocab_size - 1)


def test_an_id_above_31_bits_is_refused():
    with pytest.raises(InputError, match="2,147,483,648"):
        dtype_for(2**31)


@pytest.mark.parametrize(("dtype", "code", "letter"), [("<u2", 8, "H"), ("<i4", 4, "i")])
def test_the_files_are_the_format_byte_for_byte(paths, dtype, code, letter):
    _write(paths, [[1, 2, 3], [], [4]], [[5, 6]], dtype=dtype)

    size = struct.calcsize("<" + letter)
    assert struct.pack(f"<6{letter}", 1, 2, 3, 4, 5, 6) == paths[0].read_bytes()
    assert (
        b"MMIDIDX\0\0"
        + struct.pack("<Q", 1)
        + struct.pack("<B", code)
        + struct.pack("<QQ", 3, 4)
        + struct.pack("<3i", 3, 1, 2)
        + struct.pack("<3q", 0, 3 * size, 4 * size)
        + struct.pack("<4q", 0, 1, 2, 3)
        == paths[1].read_bytes()
    )
    assert 42 + 20 * 3 == paths[1].stat().st_size


def test_a_shard_of_nothing_is_a_shard(paths):
    writer = _write(paths, [[], []])

    assert 0 == len(MegatronReader.open(*paths))
    assert (0, 2, 0) == (writer.num_documents, writer.num_empty, writer.num_tokens)
    assert struct.pack("<QQq", 0, 1, 0) == paths[1].read_bytes()[18:]


@given(st.lists(st.lists(st.lists(st.integers(0, 2**16 - 1), max_size=4), max_size=5), max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory, batches):
    folder = tmp_path_factory.mktemp("shard")
    paths = folder / "x.bin", folder / "x.idx"

    writer = _write(paths, *batches)
    reader = MegatronReader.open(*paths)

    expected = [ids for documents in batches for ids in documents if ids]
    assert expected == [reader[number].tolist() for number in range(len(reader))]
    assert list(map(len, expected)) == reader.lengths.tolist()
    assert writer.num_tokens == sum(map(len, expected))


@pytest.mark.parametrize(("dtype", "largest"), [("<u2", 2**16 - 1), ("<i4", 2**31 - 1)])
def test_an_id_that_does_not_fit_is_refused_not_wrapped(paths, dtype, largest):
    with MegatronWriter(*paths, np.dtype(dtype)) as writer:
        writer.write(make_encoded([[largest]]))
        with pytest.raises(InputError, match="does not fit"):
            writer.write(make_encoded([[1], [largest + 1]]))

    reader = MegatronReader.open(*paths)
    assert [[largest]] == [reader[number].tolist() for number in range(len(reader))]


def test_a_dtype_that_the_format_does_not_know_is_refused(paths):
    with pytest.raises(InputError, match="uint32"):
        MegatronWriter(*paths, np.dtype(np.uint32))


def test_an_interrupted_writer_leaves_no_index(paths):
    def write():
        with MegatronWriter(*paths, np.dtype("<u2")) as writer:
            writer.write(make_encoded([[1]]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()

    assert not paths[1].exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_a_storage_error(paths):
    with pytest.raises(StorageError, match="No space left"):
        _write((Path("/dev/full"), paths[1]), [[1] * 100_000])

    assert not paths[1].exists()


def test_offsets_run_beyond_4_gib(paths):
    lengths = np.array([2**30, 2**30 - 1, 3, 2**29], np.int32)
    with paths[1].open("wb") as file:
        write_index(file, lengths, np.dtype("<i4"))
    starts = [0, 2**32, 2**33 - 4, 2**33 + 8]
    with paths[0].open("wb") as file:
        file.seek(starts[2])
        file.write(struct.pack("<3i", 7, 8, 9))
        file.truncate(starts[3] + 4 * 2**29)

    reader = MegatronReader.open(*paths)

    assert starts == reader.offsets.tolist()
    assert [7, 8, 9] == reader[2].tolist()


def test_offsets_beyond_2_gib_of_16_bit_ids_are_exact(paths):
    lengths = np.array([2**30 - 1, 2, 1], np.int32)
    with paths[1].open("wb") as file:
        write_index(file, lengths, np.dtype("<u2"))

    assert [0, 2**31 - 2, 2**31 + 2] == np.frombuffer(
        paths[1].read_bytes(), "<i8", 3, 34 + 4 * 3
    ).tolist()


def test_an_index_in_chunks_is_the_same_index(tmp_path, monkeypatch):
    lengths = np.arange(1, 12, dtype=np.int32)
    whole, chunked = tmp_path / "a", tmp_path / "b"
    with whole.open("wb") as file:
        write_index(file, lengths, np.dtype("<u2"))
    monkeypatch.setattr(megatron, "_CHUNK", 4)
    with chunked.open("wb") as file:
        write_index(file, lengths, np.dtype("<u2"))

    assert whole.read_bytes() == chunked.read_bytes()


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda data: data[:20], "within the header"),
        (lambda data: data[:-1], "cut short"),
        (lambda data: b"X" + data[1:], "not a Megatron index"),
        (lambda data: data[:9] + b"\x02" + data[10:], "not a Megatron index"),
        (lambda data: data[:17] + b"\x63" + data[18:], "dtype code 99"),
        (lambda data: b"", "within the header"),
        (lambda data: data[:34] + b"\x09" + data[35:], "the index says"),
    ],
    ids=["header", "end", "magic", "version", "code", "empty", "lengths"],
)
def test_a_broken_index_is_unreadable(paths, break_it, reason):
    _write(paths, [[1]])
    paths[1].write_bytes(break_it(paths[1].read_bytes()))

    with pytest.raises(UnreadableError, match=reason):
        MegatronReader.open(*paths)


def test_a_cut_bin_is_unreadable(paths):
    _write(paths, [[1, 2, 3]])
    paths[0].write_bytes(paths[0].read_bytes()[:-2])

    with pytest.raises(UnreadableError, match="4 bytes, the index says 6"):
        MegatronReader.open(*paths)
