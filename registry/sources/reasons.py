"""Why a reader rejects a row: the words of the quarantine and of the ledger."""

from typing import Final

from registry.domain.collecting import EntryKind

BROKEN_RECORD: Final = "broken-record"
"""A record of a web archive whose headers or length are wrong; it goes on to the next one."""

CUT_OFF: Final = "cut-off"
"""Not a row but the rest of a compressed file, which ends too early; the offset is where."""

DECOMPRESSION_BOMB: Final = "decompression-bomb"
"""A response that becomes more than `registry.domain.limits.MAX_RATIO` times as long."""

DIGEST_MISMATCH: Final = "digest-mismatch"
"""A record of a web archive whose bytes do not have the digest that it states."""

DOCUMENT_TOO_LONG: Final = "document-too-long"
"""The document is longer than the limit of `read_documents`."""

EMPTY_PAGE: Final = "empty-page"
"""A web page of which no text is left."""

HTTP_STATUS: Final = "http-status"
"""A response whose status is not 200."""

INVALID_HTTP: Final = "invalid-http"
"""A response whose headers, chunks or content encoding are broken or not known."""

INVALID_JSON: Final = "invalid-json"
"""No JSON value, or one with NaN or an infinite number."""

INVALID_UTF8: Final = "invalid-utf8"
"""Bytes that are not UTF-8 where the format demands it."""

MISSING_TEXT: Final = "missing-text"
"""The record lacks a text column."""

NESTED_TOO_DEEP: Final = "nested-too-deep"
"""JSON nested deeper than `registry.domain.limits.MAX_JSON_DEPTH`, or than it may be."""

NO_CONSENT: Final = "no-consent"
"""A contribution that does not say yes in so many words. Nothing of it is kept."""

NO_CONTRIBUTOR: Final = "no-contributor"
"""A contribution of which nobody says whose it is. Nothing of it is kept."""

NOT_AN_OBJECT: Final = "not-an-object"
"""A JSON value that is no object, so it has no columns."""

NOT_TEXT: Final = "not-text"
"""A member of an archive whose content is no format that is read, such as an image; in a web
archive, a response or resource that is neither HTML nor plain text."""

NULL_TEXT: Final = "null-text"
"""A text column is null, or a list of strings with a null in it."""

PAGE_TOO_COMPLEX: Final = "page-too-complex"
"""A web page whose nesting, open tags or attributes would cost its parser time or memory out of all
proportion; see `registry.sources.page_text`."""

RAGGED_ROW: Final = "ragged-row"
"""A row whose number of values is not that of the header, or whose quoting is broken."""

SEGMENTED_RECORD: Final = "segmented-record"
"""A part of a record that a web archive spreads over several."""

TAKEDOWN: Final = "taken-down"
"""A document that was taken down. Its text is not kept."""

TEXT_NOT_A_STRING: Final = "text-not-a-string"
"""A text column holds a number or another value that is no text, or a list with one in it."""

UNKNOWN_RECORD: Final = "unknown-record"
"""A record of a web archive whose type no standard knows."""


LEFT_ASIDE: Final = frozenset(
    {
        EMPTY_PAGE,
        HTTP_STATUS,
        NOT_TEXT,
        NO_CONSENT,
        NO_CONTRIBUTOR,
        TAKEDOWN,
        *(set(EntryKind) - {EntryKind.TEXT}),
    }
)
"""Why a row that is whole is no document: nothing of it is damaged, it is left out on purpose."""


class RowError(Exception):
    """One row cannot become a document; the reader that catches it writes the rejection."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
