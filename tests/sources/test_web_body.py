import gzip
import zlib

import brotli
import pytest
import zstandard

from registry.domain.limits import MAX_RATIO
from registry.sources.reasons import RowError
from registry.sources.web_body import MIN_RATIO_BYTES, decompress, join_chunks

from .factories import read
from .web import PAGE, TEXT, http, record

LIMIT = 10 << 20


def deflate(data):
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("deflate", zlib.compress),
        ("deflate", deflate),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
        ("identity", bytes),
        ("", bytes),
        ("gzip", bytes),
        ("br", bytes),
        ("zstd", bytes),
        ("deflate", bytes),
    ],
)
def test_a_body_is_freed_of_its_encodings_if_it_has_them(encoding, compress):
    assert PAGE == decompress(compress(PAGE), encoding, max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAGE)[:-9]),
        ("br", brotli.compress(PAGE)[:-3]),
        ("zstd", zstandard.compress(PAGE)[:-3]),
        ("deflate", zlib.compress(PAGE)[:-9]),
        ("compress", PAGE),
        ("br", b"\xff\xff\xff"),
    ],
    ids=["gzip", "br", "zstd", "deflate", "compress", "no-br"],
)
def test_a_body_that_is_cut_off_or_in_an_unknown_encoding_is_no_http(encoding, body):
    with pytest.raises(RowError, match="invalid-http"):
        decompress(body, encoding, max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_a_body_that_becomes_much_longer_is_inflated_no_further(encoding, compress):
    num_bytes = 4 * MIN_RATIO_BYTES
    bomb = compress(bytes(num_bytes))

    assert len(bomb) * MAX_RATIO < num_bytes
    with pytest.raises(RowError, match="decompression-bomb"):
        decompress(bomb, encoding, max_bytes=LIMIT)
    with pytest.raises(RowError, match="document-too-long"):
        decompress(bomb, encoding, max_bytes=1000)
    small = compress(bytes(MIN_RATIO_BYTES))
    assert MIN_RATIO_BYTES == len(decompress(small, encoding, max_bytes=LIMIT))


@pytest.mark.parametrize("head", ["Content-Encoding: gzip", "content-encoding:gzip"])
def test_a_bomb_in_an_archive_costs_its_record(head):
    bomb = record(http(gzip.compress(bytes(3 * MIN_RATIO_BYTES)), head))
    result = read(record() + bomb + record(), "a.warc")

    assert ["decompression-bomb"] == result.reasons
    assert [TEXT, TEXT] == result.texts


def test_chunks_are_joined_and_a_body_without_any_stays():
    chunks = b"5;name=value\r\nRain \r\n4\r\nfell\r\n0\r\n\r\n"

    assert b"Rain fell" == join_chunks(chunks)
    assert PAGE == join_chunks(PAGE)
    assert b"Rain fe" == join_chunks(b"5\r\nRain \r\n4\r\nfe", may_be_cut=True)


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nRain \r\n4\r\nfe",
        b"5\r\nRain \r\nzz\r\nfell\r\n",
        b"ffffffffffffffff\r\nRain",
        b"5\r\nRain \r\n",
    ],
)
def test_broken_chunks_are_no_http(body):
    with pytest.raises(RowError, match="invalid-http"):
        join_chunks(body)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b"", "invalid-http"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "invalid-http"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html", "invalid-http"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n" + PAGE, "invalid-http"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + PAGE, "not-text"),
        (b"HTTP/1.1 304\r\n\r\n", "http-status"),
    ],
)
def test_http_that_holds_no_page_is_rejected(block, reason):
    assert [reason] == read(record(block), "a.warc").reasons


def test_lines_of_http_may_end_in_line_feeds_alone_and_be_folded():
    block = b"HTTP/1.1 200\nContent-Type: text/html;\n charset=utf-8\nContent-Type: x\n\n" + PAGE
    result = read(record(block), "a.warc")

    assert [TEXT] == result.texts
    assert "http" == result.metadata[0]["charset_from"]
