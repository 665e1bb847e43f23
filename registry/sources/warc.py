"""Web archives: WARC and ARC. A row is a record, a document is a page or plain text in one.

What describes the crawl (`warcinfo`, `request`, `metadata`, Wget's log) or points to an earlier
record (`revisit`) is no document and no rejected row, as a blank line is neither in JSON Lines; it
only counts in the numbers of the rows. Every other record is a document or is rejected.

Source: ISO 28500:2017, the WARC file format 1.1.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from registry.documents import MAX_RAW_BYTES, Outcome
from registry.domain.limits import MAX_RATIO
from registry.domain.reading import Field, Reading, Span
from registry.sources import html, reasons
from registry.sources.arc import find_dialect
from registry.sources.file import SourceFile
from registry.sources.outcomes import Batcher, Document
from registry.sources.page_text import MAX_PAGE_BYTES, dump_facts, take_text
from registry.sources.reasons import RowError
from registry.sources.web_body import decompress, join_chunks
from registry.sources.web_digests import is_stated_of
from registry.sources.web_frames import Dialect, Frame, Window, iter_frames
from registry.sources.web_headers import parse_response
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

_NO_DOCUMENTS = frozenset({"warcinfo", "request", "metadata", "revisit"})
_DOCUMENTS = frozenset({"response", "resource", "conversion"})

_OF_THE_CRAWL = "metadata:"
"""The scheme under which Wget keeps its own log and options, as resources."""

_OK = 200
_PAGES = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_PLAIN = "text/plain"
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)


class _Content(NamedTuple):
    """What a record holds, freed of its envelopes."""

    body: bytes
    kind: str
    """Its content type without parameters."""

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
        dialect = find_dialect(window)
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


def _read_record(
    frame: Frame, dialect: Dialect, reading: Reading, max_document_bytes: int
) -> Document | None:
    """Return the document of a record; None: it holds none.

    Raises:
        RowError: It should hold one, and does not.
    """
    if frame.block_start is None:
        raise RowError(reasons.BROKEN_RECORD)
    headers = dialect.read_head(frame.raw[: frame.block_start])
    kind = headers.get("warc-type", "").lower()
    url = headers.get("warc-target-uri", "").removeprefix("<").removesuffix(">")
    if kind in _NO_DOCUMENTS or url.startswith(_OF_THE_CRAWL):
        return None
    if kind == "continuation" or "warc-segment-number" in headers:
        raise RowError(reasons.SEGMENTED_RECORD)
    if kind not in _DOCUMENTS:
        raise RowError(reasons.UNKNOWN_RECORD)
    if len(frame.raw) < frame.num_bytes:
        raise RowError(reasons.DOCUMENT_TOO_LONG)
    block = memoryview(frame.raw)[frame.block_start :]
    if not is_stated_of(headers.get("warc-block-digest"), block):
        raise RowError(reasons.DIGEST_MISMATCH)
    content = _open(headers, frame.raw, frame.block_start, reading, max_document_bytes)
    stated = _CHARSET.search(content.content_type)
    extraction = None if content.kind == _PLAIN else reading.extract
    text, facts = take_text(content.body, stated and stated[1], extraction)
    metadata = dump_facts(
        {
            "url": url,
            "date": headers.get("warc-date"),
            "status": content.status,
            "content_type": content.kind,
            **facts,
            "language": facts["language"] or content.language,
            "truncated": headers.get("warc-truncated"),
        }
    )
    return headers.get("warc-record-id"), text, metadata


def _open(
    headers: dict[str, str],
    record: bytes,
    block_start: int,
    reading: Reading,
    max_document_bytes: int,
) -> _Content:
    """Return what a record holds.

    Raises:
        RowError: It is no page and no plain text that was sent, or is longer than it may be.
    """
    content_type = headers.get("content-type", "")
    if not content_type.startswith("application/http"):
        kind, max_bytes = _judge(content_type, max_document_bytes)
        body = record[block_start:]
        _check_payload(headers, body)
        language = headers.get("warc-identified-content-language")
        content = _Content(body, kind, content_type, language=language)
    else:
        response = parse_response(record, block_start)
        if response.status != _OK:
            raise RowError(reasons.HTTP_STATUS)
        http = response.headers
        kind, max_bytes = _judge(http.get("content-type", ""), max_document_bytes)
        is_chunked = "chunked" in http.get("transfer-encoding", "").lower()
        body = response.body
        if is_chunked:
            body = join_chunks(body, may_be_cut="warc-truncated" in headers)
        _check_payload(headers, response.body, body)
        body = decompress(
            body,
            http.get("content-encoding", ""),
            max_bytes=max_bytes,
            max_ratio=reading.max_ratio or MAX_RATIO,
        )
        content = _Content(body, kind, http["content-type"], _OK, http.get("content-language"))
    if len(content.body) > max_bytes:
        raise RowError(reasons.DOCUMENT_TOO_LONG)
    return content


def _judge(content_type: str, max_document_bytes: int) -> tuple[str, int]:
    """Return the kind of some content, and how long it may be.

    Raises:
        RowError: It is neither a page nor plain text.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _PAGES:
        return kind, min(MAX_PAGE_BYTES, max_document_bytes)
    if kind != _PLAIN:
        raise RowError(reasons.NOT_TEXT)
    return kind, max_document_bytes


def _check_payload(headers: dict[str, str], *candidates: bytes) -> None:
    # Some crawlers digest the chunks, some what they make together; what was cut off in the crawl
    # may have the digest of the whole.
    stated = headers.get("warc-payload-digest")
    if "warc-truncated" not in headers and not is_stated_of(stated, *candidates):
        raise RowError(reasons.DIGEST_MISMATCH)
