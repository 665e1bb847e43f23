"""What a server sent, freed of its encodings and no longer than it may be."""

import re
import zlib
from typing import Final

import pyarrow as pa

from registry.domain.limits import MAX_RATIO
from registry.sources import reasons
from registry.sources.reasons import RowError

MIN_RATIO_BYTES: Final = 1 << 20
"""A body that stays below is not looked at: it does no harm."""

_CODECS: Final = {"gzip": "gzip", "x-gzip": "gzip", "br": "brotli", "zstd": "zstd"}
_MAGIC: Final = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[^\r\n]{0,1024})?\r\n")


def join_chunks(body: bytes, *, may_be_cut: bool = False) -> bytes:
    """Return a body that was sent in chunks as one piece; as it is where it begins with no chunk.

    Some crawlers join the chunks and keep the header.

    Args:
        body: What was sent.
        may_be_cut: Whether it is known that its end is missing.

    Raises:
        RowError: A chunk is broken or missing.
    """
    head = _CHUNK.match(body)
    if head is None:
        return body
    pieces: list[bytes] = []
    place = 0
    while head is not None and (num_bytes := int(head[1], 16)):
        pieces.append(body[head.end() : head.end() + num_bytes])
        place = head.end() + num_bytes
        head = _CHUNK.match(body, place + 2) if body[place : place + 2] == b"\r\n" else None
    if head is None and not (may_be_cut and place + 2 >= len(body)):
        raise RowError(reasons.INVALID_HTTP)
    return b"".join(pieces)


def decompress(
    body: bytes, encodings: str, *, max_bytes: int, max_ratio: float = MAX_RATIO
) -> bytes:
    """Undo the content encodings of a body, the last one first.

    A body that is not in the encoding that its header names is taken as it is: some crawlers
    decode it and keep the header.

    Args:
        body: What was sent.
        encodings: What `Content-Encoding` says, empty if nothing.
        max_bytes: How long it may become.
        max_ratio: And how many times its own length, once it is longer than `MIN_RATIO_BYTES`.

    Raises:
        RowError: It is corrupt, in an encoding that is not known, or too long.
    """
    for encoding in reversed([name.strip().lower() for name in encodings.split(",")]):
        if encoding not in {"", "identity", "none", "utf-8"}:
            body = _decompress(body, encoding, max_bytes, max_ratio)
    return body


def _decompress(body: bytes, encoding: str, max_bytes: int, max_ratio: float) -> bytes:
    codec = _CODECS.get(encoding)
    if codec is None and encoding != "deflate":
        raise RowError(reasons.INVALID_HTTP)
    if not body or (codec in _MAGIC and not body.startswith(_MAGIC[codec])):
        return body
    max_dense = max(MIN_RATIO_BYTES, int(max_ratio * len(body)))
    limit = min(max_bytes, max_dense)
    try:
        plain = _inflate(body, limit + 1) if codec is None else _unpack(body, codec, limit + 1)
    except (OSError, zlib.error) as error:
        if body.lstrip().startswith(b"<"):
            return body
        raise RowError(reasons.INVALID_HTTP) from error
    if len(plain) > limit:
        is_long = max_bytes < max_dense
        raise RowError(reasons.DOCUMENT_TOO_LONG if is_long else reasons.DECOMPRESSION_BOMB)
    return plain


def _unpack(body: bytes, codec: str, num_bytes: int) -> bytes:
    # Unlike fastwarc, Arrow inflates no more than it is asked for, and refuses what is cut off.
    with pa.CompressedInputStream(pa.BufferReader(body), codec) as stream:
        plain: bytes = stream.read(num_bytes)
    return plain


def _inflate(body: bytes, num_bytes: int) -> bytes:
    """Undo `deflate`, which is zlib's format or, from some servers, without its header."""
    for window_bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        inflater = zlib.decompressobj(window_bits)
        try:
            plain = inflater.decompress(body, num_bytes)
        except zlib.error:
            continue
        if inflater.eof or len(plain) == num_bytes:
            return plain
    raise zlib.error("neither deflate nor zlib")
