"""HTML files: one page is one document."""

from collections.abc import Iterator
from typing import Final

from registry.documents import Outcome
from registry.domain.reading import Field, Reading
from registry.sources import reasons
from registry.sources.compression import ByteStream, open_decompressed
from registry.sources.file import SourceFile
from registry.sources.lines import LongLine, PartialLine
from registry.sources.outcomes import Batcher
from registry.sources.page_text import MAX_PAGE_BYTES, dump_facts, take_text
from registry.sources.reasons import RowError

FIELDS: Final = (
    Field(name="charset", type="string"),
    Field(name="charset_from", type="string"),
    Field(name="language", type="string"),
    Field(name="num_replaced", type="int64"),
)
"""What is said of a page beside its text."""


def read_html(
    file: SourceFile, reading: Reading, *, batch_bytes: int, max_document_bytes: int
) -> Iterator[Outcome]:
    """Yield the text of a page as a document, or the page as a rejected row.

    Raises:
        UnreadableError: The file is cut off or corrupt.
    """
    batcher = Batcher(file.name, batch_bytes)
    max_bytes = min(max_document_bytes, MAX_PAGE_BYTES)
    with open_decompressed(file, reading.compression) as stream:
        raw, num_bytes = _read_all(stream, max_bytes)
    try:
        text, metadata = _make_document(raw, reading, is_whole=num_bytes <= max_bytes)
    except RowError as error:
        batcher.reject(None, 0, reason=error.reason, raw=raw, num_bytes=num_bytes)
    else:
        batcher.keep(None, (None, text, metadata), len(text))
    yield batcher.take()


def _make_document(page: bytes, reading: Reading, *, is_whole: bool) -> tuple[bytes, bytes]:
    if not is_whole:
        raise RowError(reasons.DOCUMENT_TOO_LONG)
    text, facts = take_text(page, None, reading.extract)
    return text, dump_facts(facts)


def _read_all(stream: ByteStream, max_bytes: int) -> tuple[bytes, int]:
    """Return a stream, or the beginning of one that is too long, and its length."""
    whole = PartialLine(max_bytes)
    while block := stream.read():
        whole.add(block)
    num_bytes = whole.num_bytes
    page = whole.finish(row=1, offset=0)
    return (page.raw if isinstance(page, LongLine) else page.lines[0]), num_bytes
