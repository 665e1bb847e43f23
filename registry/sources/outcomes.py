"""Documents and rejected rows of one file, gathered into batches of a bounded size."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import (
    MAX_RAW_BYTES,
    NO_REJECTIONS,
    RAW_DOCUMENTS,
    REJECTIONS,
    Outcome,
    locators,
)
from registry.sources import reasons
from registry.sources.lines import Lines, LongLine
from registry.sources.reasons import RowError

Document: TypeAlias = tuple[str | None, str | bytes, bytes]
"""Id (None: the locator), text and metadata of one document."""


@dataclass(frozen=True, slots=True)
class Documents:
    """Ids, texts and metadata of many documents, in columns; see `Document`."""

    ids: Sequence[str | None]
    texts: Sequence[str | bytes]
    metadata: Sequence[bytes]


READ_STEP = "read"
"""The step that a reader's rejections name."""

_ROW_OVERHEAD_BYTES = 256
"""What a row costs in memory beside its bytes; it keeps batches of tiny rows small."""


class Batcher:
    """Gathers the rows of one file in order; `take` makes a batch of what has come together."""

    def __init__(self, path: str, batch_bytes: int) -> None:
        self._path = path
        self._batch_bytes = batch_bytes
        self._clear()

    def keep(self, row: int | None, document: Document, num_bytes: int) -> None:
        """Add a document.

        Args:
            row: Its row, or None where the document is the whole file.
            document: Id, text and metadata.
            num_bytes: At least the bytes of its text.
        """
        identity, text, metadata = document
        self._rows.append(row)
        self._ids.append(identity)
        self._texts.append(text)
        self._metadata.append(metadata)
        self._num_bytes += num_bytes + _ROW_OVERHEAD_BYTES

    def keep_all(
        self, first_row: int, documents: Documents, sizes: Sequence[int]
    ) -> Iterator[Outcome]:
        """Add the documents of consecutive rows; yield each batch that comes together.

        Args:
            first_row: The row of the first of them.
            documents: What is added.
            sizes: At least the bytes of each one's text.
        """
        ends = [*accumulate(size + _ROW_OVERHEAD_BYTES for size in sizes)]
        start, taken = 0, 0
        while start < len(ends):
            room = taken + self._batch_bytes - self._num_bytes
            stop = min(bisect_left(ends, room, lo=start) + 1, len(ends))
            self._rows.extend(range(first_row + start, first_row + stop))
            self._ids.extend(documents.ids[start:stop])
            self._texts.extend(documents.texts[start:stop])
            self._metadata.extend(documents.metadata[start:stop])
            self._num_bytes += ends[stop - 1] - taken
            start, taken = stop, ends[stop - 1]
            if self.is_full:
                yield self.take()

    def reject(
        self, row: int | None, offset: int | None, *, reason: str, raw: bytes, num_bytes: int
    ) -> None:
        """Add a rejected row; see `REJECTIONS` for what each value means."""
        raw = raw[:MAX_RAW_BYTES]
        self._rejected.append((self._path, row, offset, READ_STEP, reason, raw, num_bytes))
        self._num_bytes += len(raw) + _ROW_OVERHEAD_BYTES

    @property
    def is_full(self) -> bool:
        """True when a batch has come together."""
        return self._num_bytes >= self._batch_bytes

    @property
    def is_empty(self) -> bool:
        """True when nothing was added since the last batch."""
        return self._num_bytes == 0

    def take(self) -> Outcome:
        """Return what was added since the last call."""
        outcome = Outcome(kept=self._make_kept(), rejected=rejections(self._rejected))
        self._clear()
        return outcome

    def _clear(self) -> None:
        self._rows: list[int | None] = []
        self._ids: list[str | None] = []
        self._texts: list[str | bytes] = []
        self._metadata: list[bytes] = []
        self._rejected: list[tuple[Any, ...]] = []
        self._num_bytes = 0

    def _make_kept(self) -> pa.RecordBatch:
        sources = pc.coalesce(locators(self._path, self._rows), self._path)
        ids = pc.coalesce(pa.array(self._ids, pa.string()), sources)
        texts = pa.array(self._texts, pa.large_binary())
        metadata = pa.array(self._metadata, pa.string())
        return pa.RecordBatch.from_arrays([ids, texts, sources, metadata], schema=RAW_DOCUMENTS)


def gather(
    blocks: Iterable[Lines | LongLine],
    parse: Callable[[bytes], Document | None],
    batcher: Batcher,
    *,
    parse_all: Callable[[Sequence[bytes]], Documents | None] | None = None,
) -> Iterator[Outcome]:
    """Make batches of lines, each of which is a document, a rejected row or (None) no row.

    Args:
        blocks: The lines.
        parse: Makes a document of a line, or raises `RowError`.
        batcher: Where rows come together.
        parse_all: Makes documents of many lines, or of none of them (None).
    """
    # Nothing of a block but its batches is held while they are at work: a long line takes up to ten
    # times its bytes until it is in one.
    for outcomes in map(partial(_add_block, parse, parse_all, batcher), blocks):
        yield from outcomes
    if not batcher.is_empty:
        yield batcher.take()


def _add_block(
    parse: Callable[[bytes], Document | None],
    parse_all: Callable[[Sequence[bytes]], Documents | None] | None,
    batcher: Batcher,
    block: Lines | LongLine,
) -> list[Outcome]:
    """Add a block; return the batches that came together."""
    if isinstance(block, LongLine):
        batcher.reject(
            block.row,
            block.offset,
            reason=reasons.DOCUMENT_TOO_LONG,
            raw=block.raw,
            num_bytes=block.num_bytes,
        )
        return []
    parsed = None if parse_all is None else parse_all(block.lines)
    if parsed is not None:
        return [*batcher.keep_all(block.first_row, parsed, [*map(len, block.lines)])]
    outcomes: list[Outcome] = []
    row, offset = block.first_row, block.offset
    for line in block.lines:
        try:
            document = parse(line)
        except RowError as error:
            batcher.reject(row, offset, reason=error.reason, raw=line, num_bytes=len(line))
        else:
            if document is not None:
                batcher.keep(row, document, len(line))
        row, offset = row + 1, offset + len(line) + 1
        if batcher.is_full:
            outcomes.append(batcher.take())
    return outcomes


def rejections(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    """Return rejected rows, given in the order of the columns of `REJECTIONS`, as a batch."""
    if not rows:
        return NO_REJECTIONS
    columns = zip(*rows, strict=True)
    arrays = [
        pa.array(column, type_) for column, type_ in zip(columns, REJECTIONS.types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=REJECTIONS)
