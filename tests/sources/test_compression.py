import gzip
import os

import pytest
import zstandard

from registry.domain.reading import Compression, Reading
from registry.errors import UnreadableError
from registry.sources.compression import open_decompressed, open_seekable, spool
from registry.sources.file import SourceFile
from registry.sources.reading import read_documents

from .factories import make_file, read, to_jsonl

DATA = to_jsonl([{"text": f"document number {number}"} for number in range(40)])
PACKED = {
    Compression.GZIP: gzip.compress(DATA, mtime=0),
    Compression.ZSTD: zstandard.ZstdCompressor(write_checksum=True).compress(DATA),
}
SUFFIX = {Compression.GZIP: "gz", Compression.ZSTD: "zst"}


def unpack(data: bytes, compression: Compression) -> bytes:
    with open_decompressed(make_file(data), compression) as stream:
        return b"".join(iter(stream.read, b""))


@pytest.mark.parametrize("compression", PACKED)
def test_several_members_or_frames_are_read_to_the_last(compression):
    packed = PACKED[compression]

    assert DATA * 3 == unpack(packed * 3, compression)


@pytest.mark.parametrize("compression", PACKED)
def test_a_stream_cut_off_at_any_byte_is_unreadable(compression):
    packed = PACKED[compression]

    for length in range(len(packed)):
        with pytest.raises(UnreadableError) as caught:
            unpack(packed[:length], compression)
        assert length == caught.value.offset


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_damaged_stream_is_unreadable(compression, place):
    packed = bytearray(PACKED[compression])
    packed[int(len(packed) * place)] ^= 0xFF

    with pytest.raises(UnreadableError):
        read(bytes(packed), f"a.jsonl.{SUFFIX[compression]}")


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("garbage", [b"x", b"more", bytes(600)])
def test_bytes_behind_the_end_are_refused(compression, garbage):
    with pytest.raises(UnreadableError) as caught:
        unpack(PACKED[compression] + garbage, compression)

    assert "a.jsonl" == caught.value.path


@pytest.mark.parametrize("compression", PACKED)
def test_what_came_before_the_cut_is_yielded_and_then_the_error_comes(compression):
    noise = [{"text": os.urandom(3000).hex()} for _ in range(2000)]
    packed = (
        gzip.compress(to_jsonl(noise), 1, mtime=0)
        if compression is Compression.GZIP
        else zstandard.compress(to_jsonl(noise))
    )
    reading = Reading(format="jsonl", compression=compression, text_columns=("text",))
    outcomes = read_documents(make_file(packed[:-100]), reading, batch_bytes=100_000)
    sizes = []

    with pytest.raises(UnreadableError, match="cut off"):
        sizes.extend(outcome.kept.num_rows for outcome in outcomes)

    assert 0 < sum(sizes) < 2000


def test_a_zstd_bomb_is_read_in_bounded_pieces():
    packed = zstandard.compress(bytes(300_000_000))

    with open_decompressed(make_file(packed), Compression.ZSTD) as stream:
        sizes = [len(block) for block in iter(stream.read, b"")]

    assert sum(sizes) == 300_000_000
    assert max(sizes) <= 4 << 20


def test_a_file_that_vanished_is_unreadable():
    def vanish():
        raise FileNotFoundError(2, "No such file or directory")

    file = SourceFile("a.jsonl", vanish, 1)

    with pytest.raises(UnreadableError, match="No such file"):
        open_decompressed(file, Compression.NONE)


@pytest.mark.parametrize("size", [10, 33 << 20])
def test_a_spooled_stream_can_be_opened_again_and_again(size):
    data = os.urandom(size)
    with (
        open_decompressed(make_file(data, "m"), Compression.NONE) as stream,
        spool(stream, "m") as file,
    ):
        copies = [file.open() for _ in range(2)]
        contents = [copy.read() for copy in copies]
        for copy in copies:
            copy.close()

    assert [data, data] == contents
    assert size == file.num_bytes
    assert file.local_path is None or not file.local_path.exists()


def test_a_compressed_file_is_seekable_after_spooling():
    with open_seekable(make_file(PACKED[Compression.ZSTD]), Compression.ZSTD) as raw:
        raw.seek(-5, 2)

        assert DATA[-5:] == raw.read()
