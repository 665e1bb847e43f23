"""JSON Lines: one JSON object a line. A bad line costs that line and no other."""

from collections.abc import Iterator

from registry.documents import Outcome
from registry.domain.reading import Reading, Span
from registry.sources.compression import open_part
from registry.sources.file import SourceFile
from registry.sources.lines import iter_lines
from registry.sources.outcomes import Batcher, gather
from registry.sources.plain_records import make_plain_parser
from registry.sources.records import make_parser


def read_jsonl(
    file: SourceFile,
    reading: Reading,
    *,
    batch_bytes: int,
    max_document_bytes: int,
    span: Span | None = None,
) -> Iterator[Outcome]:
    """Yield the documents of a JSON Lines file; a row is a line, blank ones are none.

    Args:
        file: What is read.
        reading: Every field decided.
        batch_bytes: Bytes after which a batch is closed.
        max_document_bytes: A longer line is rejected without being held in memory.
        span: The part of the file to read, from line to line; None: all of it.

    Raises:
        UnreadableError: The file is cut off or corrupt; what came before it was yielded.
    """
    parse = make_parser(reading, skips_blank=True)
    with open_part(file, reading.compression, span) as stream:
        lines = iter_lines(stream, max_line_bytes=max_document_bytes, skips_bom=True, span=span)
        batcher = Batcher(file.name, batch_bytes)
        yield from gather(lines, parse, batcher, parse_all=make_plain_parser(reading))
