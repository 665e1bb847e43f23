"""Web archives: WARC and ARC. A row is a record, a document is a page or plain text in one.

What describes the crawl (`warcinfo`, `request`, `metadata`, Wget's log) or points to an earlier
record (`revisit`) is no document and no rejected row, as a blank line is neither in JSON Lines; it
only counts in the numbers of the rows. Every other record is a document or is rejected.

Source: ISO 28500:2017, the WARC file format 1.1.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from fastwarc.warc import WarcRecord
from pydantic import JsonValue

from registry.documents import MAX_RAW_BYTES, Outcome
from registry.domain.digest import canonical_json
from registry.domain.reading import Field, Reading, Span
from registry.sources import html, reasons
from registry.sources.arc import ARC_MAGIC, ArcDialect
from registry.sources.file import SourceFile
from registry.sources.outcomes import Batcher, Document
from registry.sources.page_text import MAX_PAGE_BYTES, decode_page, extract_text
from registry.sources.reasons import RowError
from registry.sources.web_body import decompress, join_chunks
from registry.sources.web_digests import is_stated_of
from registry.sources.web_frames import (
    MAX_HEAD_BYTES,
    Dialect,
    Frame,
    WarcDialect,
    Window,
    iter_frames,
)
from registry.sources.web_stream import open_web_archive

FIELDS: Final = (
    Field(name="url", type="string"),
    Field(name="date", type="string"),
    Field(name="status", type="int64"),
    Field(name="content_type", type="string"),
    *html.FIELDS,
    Field(name="truncated", type="string"),
)
"""What is said of a document beside its text."""

_NO_DOCUMENTS = frozenset({b"warcinfo", b"request", b"metadata", b"revisit"})
_DOCUMENTS = frozenset({b"response", b"resource", b"conversion"})
_TYPE = re.compile(rb"\r\nwarc-type:[ \t]*([\w-]+)", re.IGNORECASE)
_SEGMENTED = re.compile(rb"\r\nwarc-segment-number:", re.IGNORECASE)

_OF_THE_CRAWL = ("metadata:", "<metadata:")
"""URLs under which Wget keeps its own log and options, as resources."""

_OK = 200
_PAGES = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_PLAIN = "text/plain"
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)


class _Content(NamedTuple):
    """What a record holds, freed of its envelopes."""

    body: bytes
    content_type: str
    status: int | None = None
    language: str | None = None


def read_warc(
    file: SourceFile,
    reading: Reading,
    *,
    batch_bytes: int,
    max_document_bytes: int,
    span: Span | None = None,
) -> Iterator[Outcome]:
    """Yield the documents of a web archive; a row is a record, counted from 1.

    Raises:
        UnreadableError: The archive is cut off or corrupt; what came before it was yielded.
    """
    batcher = Batcher(file.name, batch_bytes)
    first_row, offset = (1, 0) if span is None else (span.first_row, span.start)
    with open_web_archive(file, reading.compression, span) as stream:
        window = Window(stream, file.name, offset=offset)
        dialect = _find_dialect(window)
        for frame in iter_frames(window, dialect, first_row=first_row):
            try:
                document = _read_record(frame, dialect, reading, max_document_bytes)
            except RowError as error:
                batcher.reject(
                    frame.row,
                    frame.offset,
                    reason=error.reason,
                    raw=frame.raw[:MAX_RAW_BYTES],
                    num_bytes=frame.num_bytes,
                )
            else:
                if document is not None:
                    batcher.keep(frame.row, document, len(document[1]))
            if batcher.is_full:
                yield batcher.take()
    if not batcher.is_empty:
        yield batcher.take()


def _find_dialect(window: Window) -> Dialect:
    window.fill(len(ARC_MAGIC))
    return ArcDialect() if window.data.startswith(ARC_MAGIC) else WarcDialect()


def _read_record(
    frame: Frame, dialect: Dialect, reading: Reading, max_document_bytes: int
) -> Document | None:
    """Return the document of a record; None: it holds none.

    Raises:
        RowError: It should hold one, and does not.
    """
    if frame.is_broken:
        raise RowError(reasons.BROKEN_RECORD)
    raw = dialect.as_warc(frame.raw)
    block_start = raw.find(b"\r\n\r\n") + 4
    found = _TYPE.search(raw, 0, block_start)
    kind = found[1].lower() if found else b""
    if kind in _NO_DOCUMENTS:
        return None
    if kind == b"continuation" or _SEGMENTED.search(raw, 0, block_start):
        raise RowError(reasons.SEGMENTED_RECORD)
    if kind not in _DOCUMENTS:
        raise RowError(reasons.UNKNOWN_RECORD)
    if len(frame.raw) < frame.num_bytes:
        raise RowError(reasons.DOCUMENT_TOO_LONG)
    try:
        record = WarcRecord.from_bytes(raw)
    except OSError as error:
        raise RowError(reasons.BROKEN_RECORD) from error
    if (record.headers.get("WARC-Target-URI") or "").startswith(_OF_THE_CRAWL):
        return None
    if not is_stated_of(record.headers.get("WARC-Block-Digest"), raw[block_start:]):
        raise RowError(reasons.DIGEST_MISMATCH)
    content = _open_http(record, max_document_bytes) if record.is_http else _open_plain(record)
    return _make_document(record, content, reading, max_document_bytes)


def _open_http(record: WarcRecord, max_document_bytes: int) -> _Content:
    try:
        record.parse_http(max_header_len=MAX_HEAD_BYTES)
    except OSError as error:
        raise RowError(reasons.INVALID_HTTP) from error
    headers = record.http_headers
    if headers is None or headers.status_code is None:
        raise RowError(reasons.INVALID_HTTP)
    if headers.status_code != _OK:
        raise RowError(reasons.HTTP_STATUS)
    content_type = headers.get("Content-Type") or ""
    max_bytes = _limit(content_type, max_document_bytes)
    stored = record.reader.read()
    is_chunked = "chunked" in (headers.get("Transfer-Encoding") or "").lower()
    body = join_chunks(stored) if is_chunked else stored
    _check_payload(record, stored, body)
    return _Content(
        decompress(body, headers.get("Content-Encoding") or "", max_bytes=max_bytes),
        content_type,
        headers.status_code,
        headers.get("Content-Language"),
    )


def _open_plain(record: WarcRecord) -> _Content:
    content_type = record.headers.get("Content-Type") or ""
    _limit(content_type, 0)
    body = record.reader.read()
    _check_payload(record, body)
    return _Content(
        body, content_type, language=record.headers.get("WARC-Identified-Content-Language")
    )


def _check_payload(record: WarcRecord, *candidates: bytes) -> None:
    # Some crawlers digest the chunks, some what they make together; what was cut off in the crawl
    # may have the digest of the whole.
    headers = record.headers
    if "WARC-Truncated" not in headers and not is_stated_of(
        headers.get("WARC-Payload-Digest"), *candidates
    ):
        raise RowError(reasons.DIGEST_MISMATCH)


def _limit(content_type: str, max_document_bytes: int) -> int:
    """Return how long content of some type may be.

    Raises:
        RowError: It is neither a page nor plain text.
    """
    kind = _kind(content_type)
    if kind in _PAGES:
        return min(MAX_PAGE_BYTES, max_document_bytes)
    if kind != _PLAIN:
        raise RowError(reasons.NOT_TEXT)
    return max_document_bytes


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _make_document(
    record: WarcRecord, content: _Content, reading: Reading, max_document_bytes: int
) -> Document:
    kind = _kind(content.content_type)
    if len(content.body) > _limit(kind, max_document_bytes):
        raise RowError(reasons.DOCUMENT_TOO_LONG)
    stated = _CHARSET.search(content.content_type)
    is_page = kind in _PAGES
    characters = decode_page(content.body, stated and stated[1], is_html=is_page)
    text, language = characters.text, None
    if is_page:
        text, language = extract_text(text, reading.extract)
    if not text.strip():
        raise RowError(reasons.EMPTY_PAGE)
    headers = record.headers
    facts: dict[str, JsonValue] = {
        "url": (headers.get("WARC-Target-URI") or "").removeprefix("<").removesuffix(">") or None,
        "date": headers.get("WARC-Date"),
        "status": content.status,
        "content_type": kind,
        "truncated": headers.get("WARC-Truncated"),
        **html.describe(characters, language or content.language),
    }
    metadata = canonical_json({name: fact for name, fact in facts.items() if fact is not None})
    return record.record_id, text.encode(), metadata
