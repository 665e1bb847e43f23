import base64
import gzip
import hashlib
import random
import struct
from collections import Counter

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.reading import Compression, Extraction, Format
from registry.errors import UnreadableError
from registry.sources.file import SourceFile
from registry.sources.web_frames import MAX_RECORD_BYTES

from .factories import make_file, measure_reading, read
from .web import PAGE, TEXT, arc, http, members, record


def test_a_page_is_a_document_under_its_record_id_with_what_is_known_of_it():
    result = read(record(), "a.warc")

    assert [TEXT] == result.texts
    assert ["<urn:uuid:1>"] == result.ids
    assert ["a.warc#1"] == result.sources
    assert [
        {
            "url": "https://example.org/a",
            "date": "2026-11-01T00:00:00Z",
            "status": 200,
            "content_type": "text/html",
            "charset": "utf-8",
            "charset_from": "content",
            "language": "en",
        }
    ] == result.metadata


def test_all_that_a_reader_sees_is_taken_when_asked_for():
    result = read(record(), "a.warc", extract=Extraction.PAGE)

    assert [b"Home\n\n" + TEXT] == result.texts


def test_every_record_is_a_document_a_rejected_row_or_none():
    archive = b"".join(
        [
            record(b"software: x\r\n", "warcinfo"),
            record(b"GET / HTTP/1.1\r\n\r\n", "request"),
            record(),
            record(b"via: x\r\n", "metadata"),
            record(http(b""), "revisit"),
            record(
                b"log", "resource", warc_target_uri="<metadata://gnu.org/software/wget/wget.log>"
            ),
            record(http(status="404 Not Found")),
            record(http(kind="image/png")),
            record(b"a text", "conversion"),
            record(b"not http"),
            record(http(b"<html><script>x</script></html>")),
            record(b"x", "continuation"),
            record(warc_segment_number=1),
            record(b"x", "hologram"),
            record(PAGE, "resource", content_type="text/html; charset=utf-8"),
        ]
    )
    result = read(archive, "a.warc")

    assert ["a.warc#3", "a.warc#9", "a.warc#15"] == result.sources
    assert [TEXT, b"a text", TEXT] == result.texts
    assert [
        (7, "http-status"),
        (8, "not-text"),
        (10, "invalid-http"),
        (11, "empty-page"),
        (12, "segmented-record"),
        (13, "segmented-record"),
        (14, "unknown-record"),
    ] == [(row["row"], row["reason"]) for row in result.rejected]
    for row in result.rejected:
        assert archive[row["offset"] :].startswith(row["raw"])
        assert len(row["raw"]) == row["num_bytes"]


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        lambda data: members(record(), data.removeprefix(record())),
        zstandard.compress,
    ],
)
def test_compression_makes_no_difference(pack):
    archive = record() + record(b"a text", "conversion") + record(http(status="500 No"))

    plain, packed = read(archive, "a.warc"), read(pack(archive), "a.warc")

    assert plain.documents == packed.documents
    assert plain.rejected == packed.rejected


@pytest.mark.parametrize("is_compressed", [True, False])
def test_a_zstd_archive_may_bring_its_dictionary_along(is_compressed):
    samples = [record(http(PAGE + b"%d" % n)) for n in range(500)]
    dictionary = zstandard.train_dictionary(2048, samples)
    compressor = zstandard.ZstdCompressor(dict_data=dictionary)
    brought = dictionary.as_bytes()
    if is_compressed:
        brought = zstandard.compress(brought)
    frames = b"".join(compressor.compress(sample) for sample in samples)
    data = b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(brought)) + brought + frames

    assert 500 == len(read(data, "a.warc.zst").documents)
    with pytest.raises(UnreadableError, match=r"the zstd stream is cut off at byte \d"):
        read(data[:-20], "a.warc.zst")


def test_an_arc_file_is_read_as_a_warc_file_is():
    result = read(arc(http(), http(status="404 No"), http()), "a.arc")

    assert [TEXT, TEXT] == result.texts
    assert ["a.arc#2", "a.arc#4"] == result.ids
    assert "http://example.org/a b" == result.metadata[0]["url"]
    assert "2008-11-01T02:03:04Z" == result.metadata[0]["date"]
    assert ["http-status"] == result.reasons


def test_an_archive_that_is_cut_off_is_refused_wherever_that_is():
    """Only between two records nobody can tell."""
    first, second = record(), record(b"a text", "conversion")
    plain, packed = first + second, members(first, second)
    ends = {len(first) - end for end in range(5)} | {len(plain) - end for end in range(1, 5)}
    for end in set(range(1, len(plain))) - ends:
        with pytest.raises(UnreadableError):
            read(plain[:end], "a.warc")
    border = len(gzip.compress(first))
    for end in set(range(3, len(packed))) - {border}:
        with pytest.raises(UnreadableError, match=r"at byte \d"):
            read(packed[:end], "a.warc.gz")


def test_a_truncated_gzip_names_its_end():
    packed = members(*[record() for _ in range(50)])

    with pytest.raises(UnreadableError) as caught:
        read(packed[:-9], "a.warc.gz")

    end = len(packed) - 9
    assert f"a.warc.gz: the gzip stream is cut off at byte {end:,}" == str(caught.value)


def test_a_gzip_with_a_wrong_checksum_is_refused():
    packed = bytearray(members(record()))
    packed[-6] ^= 1

    with pytest.raises(UnreadableError, match="the gzip stream is corrupt"):
        read(bytes(packed), "a.warc.gz")


@pytest.mark.parametrize("wrong", [-7, -1, 9, 300, 10**6, 10**12])
def test_a_wrong_length_costs_the_record_and_no_other(wrong):
    length = len(http()) + wrong
    archive = record() + record(content_length=length) + record() + record()
    if length > MAX_RECORD_BYTES:
        with pytest.raises(UnreadableError, match="cut off"):
            read(archive, "a.warc")
        return
    result = read(archive, "a.warc")

    assert ["a.warc#1", "a.warc#3", "a.warc#4"] == result.sources
    assert ["broken-record"] == result.reasons
    assert [(2, len(record()))] == [(row["row"], row["offset"]) for row in result.rejected]


@pytest.mark.parametrize(
    "broken",
    [
        record().replace(b"content-length", b"content-lenght"),
        record(content_length="many"),
        record(content_length=-5),
        record(x="y" * 100_000),
        b"garbage" * 50_000 + b"\r\n\r\n",
    ],
)
def test_headers_that_are_none_cost_the_record_and_no_other(broken):
    result = read(record() + broken + record(), "a.warc")

    # What stands before garbage cannot be told from a record whose length is wrong.
    num_documents = 1 if broken.startswith(b"garbage") else 2
    assert [TEXT] * num_documents == result.texts
    assert ["broken-record"] == result.reasons


def test_nothing_but_a_broken_record_is_an_error():
    with pytest.raises(UnreadableError, match="no record begins here at byte 0"):
        read(b"WARC/1.0\r\nnothing else\r\n", "a.warc")


def test_a_record_that_is_too_long_is_left_out_without_being_held():
    long = record(http(b"x" * 2_000_000, kind="text/plain"))
    result = read(record() + long + record(), "a.warc", max_document_bytes=1_000_000)

    assert [TEXT, TEXT] == result.texts
    assert [("document-too-long", 1 << 20)] == [
        (row["reason"], len(row["raw"])) for row in result.rejected
    ]
    assert [len(long) - 4] == [row["num_bytes"] for row in result.rejected]


def test_a_record_beyond_all_bounds_is_skipped_in_pieces(tmp_path):
    path = tmp_path / "a.warc"
    num_bytes = MAX_RECORD_BYTES * 5
    head, end = record(b"", content_length=num_bytes)[:-4], b"\r\n\r\n"
    with path.open("wb") as file:
        file.write(record() + head)
        file.seek(num_bytes, 1)
        file.write(end + record())

    facts = measure_reading(path)

    assert 2 == facts["num_documents"]
    assert facts["added_bytes"] < MAX_RECORD_BYTES


def digest(data, algorithm="sha1"):
    return hashlib.new(algorithm, data).digest()


@pytest.mark.parametrize(
    ("headers", "is_kept"),
    [
        ({"warc_block_digest": "sha1:" + base64.b32encode(digest(http())).decode()}, True),
        ({"warc_block_digest": "sha1:" + digest(http()).hex()}, True),
        ({"warc_block_digest": "sha256:" + digest(http(), "sha256").hex()}, True),
        ({"warc_block_digest": "sha1:" + digest(PAGE).hex()}, False),
        ({"warc_payload_digest": "sha1:" + digest(PAGE).hex()}, True),
        ({"warc_payload_digest": "SHA-1:" + digest(http()).hex()}, False),
        ({"warc_payload_digest": "sha1:" + digest(b"").hex(), "warc_truncated": "length"}, True),
        ({"warc_block_digest": "crc:1234"}, True),
        ({"warc_block_digest": "sha1:nonsense"}, True),
    ],
)
def test_a_record_is_held_to_the_digests_that_it_states(headers, is_kept):
    result = read(record(**headers), "a.warc")

    assert ([] if is_kept else ["digest-mismatch"]) == result.reasons


def test_the_digest_of_a_payload_in_chunks_may_be_with_or_without_them():
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)
    block = http(chunks, "Transfer-Encoding: chunked")
    for data in (chunks, PAGE):
        assert [TEXT] == read(record(block, warc_payload_digest=f"sha1:{digest(data).hex()}")).texts


def test_what_the_crawl_cut_off_says_so():
    result = read(record(warc_truncated="length"), "a.warc")

    assert "length" == result.metadata[0]["truncated"]


def test_an_extractor_of_another_version_is_not_read_with():
    with pytest.raises(
        UnreadableError, match=r"resiliparse 0\.1, and resiliparse .* other text"
    ) as e:
        read(record(), "a.warc", extractor="resiliparse 0.1")

    assert "pip install resiliparse==0.1, or register it again" == e.value.hint


@given(st.integers(0, 2**32))
@settings(max_examples=100)
def test_no_damage_raises_anything_foreign_and_batches_make_no_difference(seed):
    chance = random.Random(seed)
    data = bytearray(record() + record(b"a text", "conversion") + arc(http()) + record())
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(data))
        data[place : place + chance.randint(0, 3)] = chance.choice(
            [b"", b"\r\n", b"\xff", b"9", b":"]
        )
    packed = chance.random() < 0.3
    file = make_file(gzip.compress(data, 1) if packed else bytes(data), "a")
    options = {"format": Format.WARC}
    try:
        result = read(file, **options)
    except UnreadableError:
        return
    small = read(file, **options, batch_bytes=1)

    assert result.documents == small.documents
    assert result.rejected == small.rejected
    assert result.reading.compression is (Compression.GZIP if packed else Compression.NONE)


EXPECTED = {
    "bad.arc": 262,
    "dolma-sample-0000.warc.gz": (22, {}),
    "example-bad-non-chunked.warc.gz": (1, {}),
    "example-bad.warc.gz.bad": (1, {"http-status": 1}),
    "example-digest.warc": (0, {}),
    "example-iana.org-chunked.warc": (1, {}),
    "example-resource.warc.gz": (1, {}),
    "example-space-in-target-uri.warc.gz": (0, {"not-text": 1}),
    "example-space-in-url.arc": 151,
    "example-trunc.warc": (0, {"broken-record": 1}),
    "example-wget-bad-target-uri.warc.gz": (1, {}),
    "example-wrong-chunks.warc.gz": (0, {"digest-mismatch": 1}),
    "example.arc": (1, {}),
    "example.arc.gz": (1, {}),
    "example.warc": (1, {}),
    "example.warc.gz": (1, {}),
    "post-test.warc.gz": (0, {"not-text": 3}),
}
"""Documents and rejected rows of archives of the field; or at which byte one is refused."""


def test_archives_of_the_field_are_read_or_refused(shared_data):
    found = {}
    for path in sorted((shared_data / "warc").iterdir()):
        try:
            result = read(SourceFile.from_path(path))
        except UnreadableError as error:
            found[path.name] = error.offset
        else:
            found[path.name] = (len(result.documents), dict(Counter(result.reasons)))

    assert EXPECTED == found
