"""A compressed file that is cut off is an error, or counts as far as it goes."""

import gzip
import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.reading import Compression, Format
from registry.errors import UnreadableError
from registry.sources.partial import Partial
from tests.sources.factories import make_file, read, to_jsonl

CHANCE = random.Random(0)
RECORDS = [{"id": str(row), "text": f"document {row} {CHANCE.random()}"} for row in range(900)]


COMPRESSED = {
    Compression.GZIP: gzip.compress(to_jsonl(RECORDS), mtime=0),
    Compression.ZSTD: pa.compress(to_jsonl(RECORDS), codec="zstd", asbytes=True),
}


@pytest.mark.parametrize("compression", COMPRESSED)
@given(share=st.floats(0.05, 0.999))
def test_a_cut_file_names_the_place_or_gives_what_came_before(compression, share):
    whole = COMPRESSED[compression]
    data = whole[: int(len(whole) * share)]
    file = make_file(data, f"a.jsonl.{'gz' if compression == 'gzip' else 'zst'}")
    with pytest.raises(UnreadableError, match=rf"the {compression} stream is cut off at byte "):
        read(file, text_columns=("text",), format=Format.JSONL)
    result = read(file, text_columns=("text",), format=Format.JSONL, keeps_partial=True)
    num_read = len(result.documents)

    assert [one["text"].encode() for one in RECORDS[:num_read]] == result.texts
    assert ("cut-off", len(data)) == (result.rejected[-1]["reason"], result.rejected[-1]["offset"])
    assert len(result.rejected) <= 2, "half a line, and the rest"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"text\n" + b'"one\ntwo"\n' * 500),
        ("a.json", b'[{"text": "one\\ntwo"}' + b',{"text": "one\\ntwo"}' * 499 + b"]"),
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.9])
@pytest.mark.parametrize("batch_bytes", [1 << 10, 1 << 20])
def test_what_ends_within_a_value_is_kept_up_to_it(name, data, share, batch_bytes):
    packed = gzip.compress(data, compresslevel=0, mtime=0)
    file = make_file(packed[: int(len(packed) * share)], f"{name}.gz")
    result = read(file, text_columns=("text",), keeps_partial=True, batch_bytes=batch_bytes)
    num_whole = data[: int(len(packed) * share) - 15].count(b"two")

    assert "cut-off" == result.reasons[-1]
    assert num_whole - 1 <= len(result.texts) <= num_whole + 1
    assert {b"one\ntwo"} == set(result.texts)


def test_gzip_is_followed_to_its_last_byte():
    data = b"".join(b"%d\n" % row for row in range(200_000))
    packed = gzip.compress(data)
    partial = Partial(make_file(packed[: len(packed) // 2], "a.gz"), Compression.GZIP)
    with partial.file.open() as stream:
        found = stream.read()

    assert data.startswith(found)
    assert len(data) * 0.4 < len(found) < len(data) * 0.6
    assert len(packed) // 2 == partial.offset


@pytest.mark.parametrize("compression", COMPRESSED)
def test_a_whole_file_is_read_as_ever(compression):
    file = make_file(COMPRESSED[compression], "a")
    result = read(file, text_columns=("text",), format=Format.JSONL, keeps_partial=True)

    assert (len(RECORDS), []) == (len(result.documents), result.rejected)


def test_a_corrupt_file_is_an_error_all_the_same():
    damaged = bytearray(COMPRESSED[Compression.GZIP])
    damaged[-6] ^= 1
    with pytest.raises(UnreadableError, match="corrupt"):
        read(make_file(bytes(damaged), "a.jsonl.gz"), text_columns=("text",), keeps_partial=True)
