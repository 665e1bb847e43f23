"""Read any file as batches of documents."""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from registry.documents import MAX_RAW_BYTES, Outcome, erase, reject
from registry.domain.collecting import EntryKind
from registry.domain.digest import Digest, document_keys, key_of
from registry.domain.reading import Compression, Container, Format, Reading, Span
from registry.errors import UnreadableError
from registry.sources import reasons
from registry.sources.archive import Link, iter_entries, name_inside
from registry.sources.arrow_ipc import read_arrow
from registry.sources.compression import open_decompressed
from registry.sources.delimited import read_delimited
from registry.sources.detecting import UNKNOWN_FORMAT, detect
from registry.sources.encoding import as_utf8
from registry.sources.file import SourceFile
from registry.sources.json_array import read_json_array
from registry.sources.jsonl import read_jsonl
from registry.sources.normalized import read_normalized
from registry.sources.outcomes import Batcher
from registry.sources.parquet import read_parquet
from registry.sources.partial import Partial, as_partial
from registry.sources.text import read_text
from registry.sources.web_extra import check_extractor, needed_for_web

_Reader: TypeAlias = Callable[..., Iterator[Outcome]]


def _read_web(
    file: SourceFile, reading: Reading, *, span: Span | None = None, **limits: int
) -> Iterator[Outcome]:
    with needed_for_web():
        from registry.sources import html, warc  # noqa: PLC0415 - behind an extra
    check_extractor(file.name, reading)
    if reading.format is Format.HTML:
        yield from html.read_html(file, reading, **limits)
    else:
        yield from warc.read_warc(file, reading, span=span, **limits)


_READERS: Final[dict[Format, _Reader]] = {
    Format.JSONL: read_jsonl,
    Format.JSON: read_json_array,
    Format.PARQUET: read_parquet,
    Format.CSV: read_delimited,
    Format.TSV: read_delimited,
    Format.ARROW: read_arrow,
    Format.TEXT: read_text,
    Format.WARC: _read_web,
    Format.HTML: _read_web,
    Format.DOCUMENTS: read_normalized,
}


def read_documents(
    file: SourceFile,
    reading: Reading,
    *,
    span: Span | None = None,
    batch_bytes: int = 8 << 20,
    max_document_bytes: int = 512 << 20,
) -> Iterator[Outcome]:
    """Yield the documents and the rejected rows of a file, in file order.

    Every row of the file is in exactly one of them. The documents are the same whatever
    `batch_bytes` is.

    Args:
        file: What is read.
        reading: How; as `registry.sources.detecting.detect` decided it.
        span: The part to read, as `registry.sources.splitting.split` cut it; None: all of it.
        batch_bytes: Bytes of text after which a batch is closed; none is larger than that and
            one document.
        max_document_bytes: A longer document is rejected, unless the reading says otherwise.

    Raises:
        UnreadableError: The file is cut off or corrupt. What came before was yielded and is to be
            thrown away.
        InputError: A member of an archive has no clear text column.
    """
    max_bytes = reading.max_document_bytes or max_document_bytes
    limits = {"batch_bytes": batch_bytes, "max_document_bytes": max_bytes}
    outcomes = _read(file, reading, span, limits)
    yield from leave_out(outcomes, reading.without) if reading.without else outcomes


def leave_out(outcomes: Iterable[Outcome], digests: Collection[Digest]) -> Iterator[Outcome]:
    """Reject the documents whose text has one of some digests, and keep nothing of the text."""
    keys = {key_of(digest) for digest in digests}
    for outcome in outcomes:
        found = [key in keys for key in document_keys(outcome.kept.column("text").to_pylist())]
        yield _take_down(outcome, pa.array(found, pa.bool_())) if any(found) else outcome


def _take_down(outcome: Outcome, mask: pa.Array) -> Outcome:
    rejected = reject(
        outcome.kept, mask, step="read", reasons=[reasons.TAKEDOWN] * pc.sum(mask).as_py()
    )
    # The quarantine must not become the place where the text lives on.
    return Outcome(
        kept=outcome.kept.filter(pc.invert(mask)),
        rejected=pa.concat_batches([outcome.rejected, erase(rejected)]),
    )


def _read(
    file: SourceFile, reading: Reading, span: Span | None, limits: dict[str, int]
) -> Iterator[Outcome]:
    if reading.container is not Container.NONE:
        yield from _read_archive(file, reading, limits)
        return
    if reading.format is Format.AUTO:
        reading = detect(file, reading).reading
    plain, reading, cut = as_partial(file, reading)
    plain, reading = as_utf8(plain, reading)
    part = {} if span is None else {"span": span}
    read = partial(_READERS[reading.format], plain, reading, **part)
    if cut is None:
        yield from read(**limits)
    else:
        yield from _read_to_the_cut(read, cut, file, limits)


def _read_archive(file: SourceFile, reading: Reading, limits: dict[str, int]) -> Iterator[Outcome]:
    known = {one.name: one.encoding for one in reading.member_encodings}
    for member in iter_entries(file, reading):
        if isinstance(member, Link):
            yield _reject_link(member)
            continue
        encoding = known.get(name_inside(member.name), reading.encoding)
        try:
            detected = detect(member, reading.model_copy(update={"encoding": encoding}))
        except UnreadableError as error:
            if error.reason != UNKNOWN_FORMAT:
                raise
            yield _reject_member(member)
        else:
            yield from read_documents(
                member,
                detected.reading,
                batch_bytes=limits["batch_bytes"],
                max_document_bytes=limits["max_document_bytes"],
            )


def _read_to_the_cut(
    read: _Reader, cut: Partial, file: SourceFile, limits: dict[str, int]
) -> Iterator[Outcome]:
    """Yield what comes before a cut, and a row for the rest; a whole file is read as ever."""
    try:
        # A reader that fails at the cut loses the batch at hand: it has one row.
        yield from read(**limits | {"batch_bytes": 1})
    except UnreadableError:
        if cut.offset is None:
            raise
    if cut.offset is not None:
        yield _reject_rest(file, cut.offset)


def _reject_rest(file: SourceFile, offset: int) -> Outcome:
    batcher = Batcher(file.name, batch_bytes=1)
    batcher.reject(None, offset, reason=reasons.CUT_OFF, raw=b"", num_bytes=0)
    return batcher.take()


def _reject_link(link: Link) -> Outcome:
    batcher = Batcher(link.name, batch_bytes=1)
    raw = link.target.encode("utf-8", "surrogateescape")
    batcher.reject(None, 0, reason=EntryKind.LINK, raw=raw, num_bytes=len(raw))
    return batcher.take()


def _reject_member(member: SourceFile) -> Outcome:
    batcher = Batcher(member.name, batch_bytes=1)
    with open_decompressed(member, Compression.NONE) as stream:
        raw = stream.read(MAX_RAW_BYTES)
    batcher.reject(None, 0, reason=reasons.NOT_TEXT, raw=raw, num_bytes=member.num_bytes)
    return batcher.take()
