"""Plain text, Markdown and source code: bytes as they lie, to be decoded by a recipe."""

import codecs
from collections.abc import Iterable, Iterator

from registry.documents import MAX_RAW_BYTES, Outcome
from registry.domain.reading import Reading, Span, Split
from registry.sources import reasons
from registry.sources.compression import ByteStream, open_part
from registry.sources.file import SourceFile
from registry.sources.lines import Lines, LongLine, PartialLine, iter_lines
from registry.sources.outcomes import Batcher, Document, gather

WIDE_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""How UTF-16 and UTF-32 files begin."""


def read_text(
    file: SourceFile,
    reading: Reading,
    *,
    batch_bytes: int,
    max_document_bytes: int,
    span: Span | None = None,
) -> Iterator[Outcome]:
    r"""Yield the file, its lines or its paragraphs as documents, the bytes untouched.

    A line loses its line end, `\n` or `\r\n`; a paragraph only the last one. The row of a
    paragraph is its first line.

    Raises:
        UnreadableError: The file is cut off or corrupt.
    """
    batcher = Batcher(file.name, batch_bytes)
    with open_part(file, reading.compression, span) as stream:
        if reading.split is Split.FILE:
            yield _read_whole(stream, batcher, max_document_bytes)
            return
        lines: Iterable[Lines | LongLine] = iter_lines(
            stream, max_line_bytes=max_document_bytes, skips_bom=False, span=span
        )
        if reading.split is Split.PARAGRAPHS:
            lines = _join_paragraphs(lines, max_document_bytes)
        yield from gather(lines, _as_document, batcher)


def _read_whole(stream: ByteStream, batcher: Batcher, max_document_bytes: int) -> Outcome:
    whole = PartialLine(max_document_bytes)
    while block := stream.read():
        whole.add(block)
    text = whole.finish(row=1, offset=0)
    if isinstance(text, LongLine):
        batcher.reject(
            None, 0, reason=reasons.DOCUMENT_TOO_LONG, raw=text.raw, num_bytes=text.num_bytes
        )
    else:
        batcher.keep(None, (None, text.lines[0], b"{}"), len(text.lines[0]))
    return batcher.take()


def _as_document(line: bytes) -> Document | None:
    line = line.removesuffix(b"\r")
    return (None, line, b"{}") if line.strip() else None


def _join_paragraphs(
    blocks: Iterable[Lines | LongLine], max_document_bytes: int
) -> Iterator[Lines | LongLine]:
    paragraph = PartialLine(max_document_bytes)
    first_row = first_offset = 0
    for row, offset, line, num_bytes in _each_line(blocks):
        if not line.strip() and num_bytes == len(line):
            if paragraph.num_bytes:
                yield paragraph.finish(first_row, first_offset)
            continue
        if paragraph.num_bytes:
            paragraph.add(b"\n")
        else:
            first_row, first_offset = row, offset
        paragraph.add(line)
        # What a long line left out still counts, so that the paragraph is too long as well.
        paragraph.num_bytes += num_bytes - len(line)
    if paragraph.num_bytes:
        yield paragraph.finish(first_row, first_offset)


def _each_line(
    blocks: Iterable[Lines | LongLine],
) -> Iterator[tuple[int, int, bytes, int]]:
    """Yield row, offset, (the beginning of) the line and its true length."""
    for block in blocks:
        if isinstance(block, LongLine):
            yield block.row, block.offset, block.raw[:MAX_RAW_BYTES], block.num_bytes
            continue
        offset = block.offset
        for row, line in enumerate(block.lines, block.first_row):
            yield row, offset, line, len(line)
            offset += len(line) + 1
