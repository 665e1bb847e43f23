"""Cut one large file into parts that can be read by themselves, by bytes or by row groups."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from registry.domain.reading import Compression, Container, Format, Reading, Span, Split
from registry.sources.arc import find_dialect
from registry.sources.compression import BLOCK_BYTES, open_decompressed
from registry.sources.file import SourceFile, foreign_errors
from registry.sources.parquet import open_parquet
from registry.sources.web_frames import Window, iter_frames


def split(file: SourceFile, reading: Reading, *, num_parts: int) -> tuple[Span, ...]:
    """Cut a file into at most so many parts of about the same size, in order.

    Lines are cut between two of them, Parquet between row groups, web archives between records.
    What cannot be entered in the middle (compressed files, archives, what is not UTF-8, CSV with
    its quoted line ends, arrays) is not cut.

    Returns:
        The parts; none where the file is to be read as a whole.

    Raises:
        UnreadableError: It cannot be opened, or is not what it was said to be.
    """
    is_plain = (
        reading.compression is Compression.NONE
        and reading.container is Container.NONE
        and reading.encoding is None
    )
    if num_parts < 2 or not is_plain:
        return ()
    if reading.format in (Format.PARQUET, Format.DOCUMENTS):
        spans = _split_row_groups(file, num_parts)
    elif reading.format is Format.JSONL or (
        reading.format is Format.TEXT and reading.split is Split.LINES
    ):
        spans = _split_lines(file, num_parts)
    elif reading.format is Format.WARC:
        spans = _split_records(file, num_parts)
    else:
        return ()
    return tuple(spans) if len(spans) > 1 else ()


def _split_lines(file: SourceFile, num_parts: int) -> list[Span]:
    """Return spans that end behind the first line end at or behind each equal share."""
    borders = [_Border(0, 1), *_find_borders(file, _shares(file, num_parts))]
    return _between(borders)


def _split_records(file: SourceFile, num_parts: int) -> list[Span]:
    """Return spans that begin with the first record at or behind each equal share."""
    wanted = deque(_shares(file, num_parts))
    borders = [_Border(0, 1)]
    row, was_broken = 0, False
    with open_decompressed(file, Compression.NONE) as stream:
        window = Window(stream, file.name)
        for frame in iter_frames(window, find_dialect(window)):
            row = frame.row
            # Where a broken record ends shows in the one behind it: the two stay together.
            if wanted and frame.offset >= wanted[0] and not was_broken:
                borders.append(_Border(frame.offset, row))
                while wanted and wanted[0] <= frame.offset:
                    wanted.popleft()
            was_broken = frame.block_start is None
    return _between([*borders, _Border(file.num_bytes, row + 1)])


def _shares(file: SourceFile, num_parts: int) -> list[int]:
    return [file.num_bytes * part // num_parts for part in range(1, num_parts)]


def _between(borders: Sequence["_Border"]) -> list[Span]:
    return [
        Span(
            start=border.offset,
            stop=following.offset,
            first_row=border.row,
            num_rows=following.row - border.row,
        )
        for border, following in pairwise(borders)
    ]


@dataclass(frozen=True, slots=True)
class _Border:
    """Where a line or record begins: its first byte and its number."""

    offset: int
    row: int


def _find_borders(file: SourceFile, targets: Sequence[int]) -> Iterator[_Border]:
    """Yield the first line that begins behind each target, and the end of the file."""
    wanted = deque(targets)
    offset, row = 0, 1
    last = b"\n"
    with foreign_errors(file.name), file.open() as stream:
        while block := stream.read(BLOCK_BYTES):
            counted = 0
            while wanted and wanted[0] < offset + len(block):
                end = block.find(b"\n", max(wanted[0] - offset, counted))
                if end < 0:
                    break
                row += block.count(b"\n", counted, end + 1)
                counted = end + 1
                if offset + counted < file.num_bytes:
                    yield _Border(offset + counted, row)
                while wanted and wanted[0] < offset + counted:
                    wanted.popleft()
            row += block.count(b"\n", counted)
            offset += len(block)
            last = block[-1:]
    yield _Border(offset, row if last == b"\n" else row + 1)


def _split_row_groups(file: SourceFile, num_parts: int) -> list[Span]:
    with open_parquet(file, Compression.NONE) as parquet, foreign_errors(file.name):
        groups = [parquet.metadata.row_group(group) for group in range(parquet.num_row_groups)]
    share = sum(group.total_byte_size for group in groups) / num_parts
    spans: list[Span] = []
    start, first_row, num_rows, num_bytes = 0, 1, 0, 0
    for number, group in enumerate(groups, start=1):
        num_rows, num_bytes = num_rows + group.num_rows, num_bytes + group.total_byte_size
        if num_bytes >= share * (len(spans) + 1) or number == len(groups):
            spans.append(Span(start=start, stop=number, first_row=first_row, num_rows=num_rows))
            start, first_row, num_rows = number, first_row + num_rows, 0
    return spans
