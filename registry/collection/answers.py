"""The body of an HTTP answer: whole, and of a bounded size, or not at all.

Libraries take a gzip stream that is cut off for its end, so it is inflated here.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import httpx2

from registry.errors import InputError

_GZIP: Final = 16 + zlib.MAX_WBITS
_BLOCK_BYTES: Final = 1 << 20
_SMALL_BYTES: Final = 1 << 20
"""Up to here, nobody minds how far something was compressed."""

_LINE_CHARACTERS: Final = 200


class Incomplete(Exception):  # noqa: N818 - no error yet: the page is asked for again
    """No whole answer came; another attempt may bring one.

    Args:
        reason: What happened, for people.
        wait_seconds: What the server asks to wait before it; None: it says nothing.
    """

    def __init__(self, reason: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    url: httpx2.URL
    """Where it came from in the end; may hold a secret."""

    headers: httpx2.Headers
    links: dict[str | None, dict[str, str]]
    body: bytes
    is_framed: bool
    """Whether its end was announced; if not, a lost connection looks the same."""


def read_answer(
    response: httpx2.Response,
    url: httpx2.URL,
    *,
    max_bytes: int,
    max_ratio: float,
    on_block: Callable[[], object],
) -> Answer:
    """Read an answer to its end.

    Args:
        response: What the server sends.
        url: Where it came from.
        max_bytes: A longer one is refused.
        max_ratio: So is one that is more than so many times its compressed bytes.
        on_block: Called whenever some of it came; may raise to end the reading.

    Raises:
        Incomplete: It ends too early.
        InputError: It is larger than it may be.
        httpx2.TransportError: The connection was lost.
    """
    blocks, num_bytes = [], 0
    for block in _iter_body(response, max_ratio):
        on_block()
        num_bytes += len(block)
        if num_bytes > max_bytes:
            raise InputError(
                f"a page of more than {max_bytes:,} bytes",
                hint="ask for fewer records a page, or raise --max-page-bytes",
            )
        blocks.append(block)
    headers = response.headers
    is_framed = (
        "content-length" in headers
        or "transfer-encoding" in headers
        or _encoding(response) == "gzip"
        or response.http_version == "HTTP/2"
    )
    return Answer(url, headers, response.links, b"".join(blocks), is_framed)


def read_first_line(response: httpx2.Response) -> str:
    """Return the first line of an answer that says what is wrong, if it has one for people."""
    if "html" in str(response.headers.get("content-type", "")).lower():
        return ""
    try:
        (block,) = islice(_iter_body(response, float("inf")), 1)
    except (ValueError, Incomplete, InputError, httpx2.TransportError):
        return ""
    lines = block[:_BLOCK_BYTES].decode("utf-8", "replace").strip().splitlines()
    return lines[0][:_LINE_CHARACTERS] if lines else ""


def _iter_body(response: httpx2.Response, max_ratio: float) -> Iterator[bytes]:
    encoding = _encoding(response)
    if encoding == "gzip":
        return _inflate(response.iter_raw(), max_ratio)
    if encoding in ("", "identity"):
        return response.iter_raw()
    raise InputError(f"an answer in the encoding {encoding!r}, which was not asked for")


def _encoding(response: httpx2.Response) -> str:
    return str(response.headers.get("content-encoding", "")).strip().lower()


def _inflate(stream: Iterator[bytes], max_ratio: float) -> Iterator[bytes]:
    inflating = zlib.decompressobj(_GZIP)
    num_in = num_out = 0
    for raw in stream:
        num_in += len(raw)
        left = raw
        while left:
            if inflating.eof:
                inflating = zlib.decompressobj(_GZIP)
            try:
                block = inflating.decompress(left, _BLOCK_BYTES)
            except zlib.error as error:
                raise Incomplete(f"broken gzip: {error}") from error
            left = inflating.unconsumed_tail or inflating.unused_data
            num_out += len(block)
            if num_out > max(_SMALL_BYTES, max_ratio * num_in):
                raise InputError(
                    f"a page of more than {max_ratio:g} times its compressed bytes",
                    hint="--max-ratio, if it is no attack",
                )
            yield block
    # What zlib still holds comes without more input.
    while block := inflating.decompress(inflating.unconsumed_tail, _BLOCK_BYTES):
        yield block
    if not inflating.eof:
        raise Incomplete("gzip that is cut off")
