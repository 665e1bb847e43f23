"""Scan one file for registration: its digest, how it is read, its documents, bytes and rejects."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pyarrow as pa

from registry.documents import Outcome, num_text_bytes
from registry.domain.base import Value
from registry.domain.digest import Digest, digest_of_file
from registry.domain.ledger import LedgerEntry, Rejected
from registry.domain.progress import Done
from registry.domain.reading import Container, Field, Reading
from registry.domain.version import Shard
from registry.errors import ConflictError
from registry.operations.collecting.limits import drop_idle
from registry.operations.context import Context
from registry.operations.passes.ahead import meanwhile
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.shards import WORTH_A_THREAD_BYTES, open_shard
from registry.operations.passes.suppression import Suppression
from registry.sources.detecting import Detected, describe, detect
from registry.sources.digesting import Digesting
from registry.sources.encoding import (
    examine,
    find_encoding,
    is_suspect,
    is_untold,
    may_be_encoded,
)
from registry.sources.file import SourceFile
from registry.sources.member_encodings import examine_members, find_member_encodings
from registry.sources.partial import as_partial
from registry.sources.places import path_of, read_stamp
from registry.sources.reading import leave_out, read_documents
from registry.sources.reasons import CUT_OFF, INVALID_UTF8

_NOTHING = Suppression()


class FileFacts(Value):
    """Everything that registration learns about one file."""

    shard: Shard
    fields: tuple[Field, ...]
    rejected: tuple[Rejected, ...]
    quarantine: Digest | None = None

    @property
    def ledger(self) -> LedgerEntry:
        """The account of reading the file."""
        num_documents, num_bytes = self.shard.num_documents, self.shard.num_text_bytes
        return LedgerEntry(
            position=0,
            step="read",
            documents_in=num_documents + sum(item.num_documents for item in self.rejected),
            bytes_in=num_bytes + sum(item.num_bytes for item in self.rejected),
            documents_kept=num_documents,
            bytes_kept_in=num_bytes,
            bytes_kept=num_bytes,
            rejected=self.rejected,
        )


def scan(
    context: Context,
    file: SourceFile,
    *,
    wanted: Reading,
    keep: bool,
    taken_down: Suppression = _NOTHING,
) -> FileFacts:
    """Read one file in place from end to end, digesting it meanwhile.

    Args:
        context: The open registry.
        file: The file, with its logical path in the version.
        wanted: What the caller said about how it is read.
        keep: Whether rejected rows are stored for the quarantine; false for a dry run.
        taken_down: What is left out wherever it stands.

    Raises:
        UnreadableError: It is not what it is said to be.
        InputError: Its text columns cannot be told.
        ConflictError: It changed while it was read.
    """
    uri = file.uri or ""
    before = read_stamp(uri)
    detected = detect(file, wanted)
    tally = _Tally(context, keep=keep, taken_down=taken_down)
    with _digested(file) as (readable, digest):
        tally.read(readable, detected.reading)
        detected, tally = _read_again(file, wanted, detected, tally)
        facts = tally.tell(
            detected,
            Shard(
                path=file.name,
                digest=digest(),
                num_bytes=before.num_bytes,
                num_documents=tally.num_documents,
                num_text_bytes=tally.num_text_bytes,
                uri=uri,
                modified_ns=before.modified_ns,
                etag=before.etag,
            ),
        )
    if read_stamp(uri) != before:
        raise ConflictError(
            f"{path_of(uri) or uri} changed while it was read",
            hint="run the same command when it is complete",
        )
    return facts


@contextmanager
def _digested(file: SourceFile) -> Iterator[tuple[SourceFile, Callable[[], Digest]]]:
    """Give a file to read, and its digest when it was read.

    A local file is digested by a thread, which finds its pages in memory; one elsewhere by whoever
    reads it, so that it travels once.
    """
    path = file.local_path
    if path is None:
        digesting = Digesting(file)
        yield digesting.file, digesting.finish
        return
    pays = file.num_bytes >= WORTH_A_THREAD_BYTES
    with meanwhile(partial(digest_of_file, path), pays=pays) as digest:
        yield file, digest


def scan_object(
    context: Context,
    digest: Digest,
    *,
    num_bytes: int,
    name: str,
    origin: str,
    wanted: Reading,
    decided: Reading | None = None,
    taken_down: Suppression = _NOTHING,
) -> FileFacts:
    """Read one object of the store from end to end.

    Args:
        context: The open registry.
        digest: The object.
        num_bytes: Its size.
        name: Its logical path in the version.
        origin: Where it came from, which errors name: nobody knows the file.
        wanted: What the caller said about how it is read.
        decided: How JSON like it was read, so that it is read no otherwise; None: it is detected.
        taken_down: What is left out wherever it stands.

    Raises:
        UnreadableError: It is not what it is said to be.
        InputError: Its text columns cannot be told.
    """
    shard = Shard(
        path=name,
        digest=digest,
        num_bytes=num_bytes,
        num_documents=0,
        num_text_bytes=0,
    )
    file = open_shard(context.place, shard)
    called = replace(file, name=f"{origin}, {name}")
    if decided is None:
        detected = detect(called, wanted)
    else:
        detected = describe(called, decided.model_copy(update={"without": ()}))
    tally = _Tally(context, keep=True, taken_down=taken_down)
    tally.read(file, detected.reading)
    detected, tally = _read_again(file, wanted, detected, tally)
    counts = {"num_documents": tally.num_documents, "num_text_bytes": tally.num_text_bytes}
    return tally.tell(detected, shard.model_copy(update=counts))


def _read_again(
    file: SourceFile, wanted: Reading, detected: Detected, tally: "_Tally"
) -> tuple[Detected, "_Tally"]:
    """Read a file by its encoding where it turned out not to be UTF-8, and its encoding is found.

    Of one whose encoding was declared, or showed before, only what it lacks is counted.
    """
    reading = detected.reading
    plain, as_plain, _ = as_partial(file, reading)
    known = reading.encoding
    if reading.container is not Container.NONE:
        return _read_members_again(file, detected, tally)
    if known is not None:
        counted = examine(
            plain, as_plain, known.name, basis=known.basis, confidence=known.confidence
        )
        return Detected(reading.model_copy(update={"encoding": counted}), detected.fields), tally
    if not tally.is_suspect or not may_be_encoded(reading):
        return detected, tally
    found = find_encoding(plain, as_plain)
    if found is None:
        untold = (file.name,) if is_untold(plain, as_plain) else ()
        return Detected(reading.model_copy(update={"untold": untold}), detected.fields), tally
    detected = detect(file, wanted.model_copy(update={"format": reading.format, "encoding": found}))
    again = tally.begin_again()
    again.read(file, detected.reading)
    return detected, again


def _read_members_again(
    file: SourceFile, detected: Detected, tally: "_Tally"
) -> tuple[Detected, "_Tally"]:
    """Do the same with an archive, each member of which may be in another encoding."""
    reading = detected.reading
    if reading.encoding is not None:
        examined = examine_members(file, reading, reading.encoding)
        return Detected(examined, detected.fields), tally
    if not tally.is_suspect:
        return detected, tally
    reading = find_member_encodings(file, reading)
    if not reading.member_encodings:
        return Detected(reading, detected.fields), tally
    again = tally.begin_again()
    again.read(file, reading)
    return Detected(reading, detected.fields), again


class RejectedRows:
    """Rejected rows, counted by reason."""

    def __init__(self) -> None:
        self._documents: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def add(self, rejected: pa.RecordBatch) -> None:
        """Count `REJECTIONS`."""
        reasons = rejected.column("reason").to_pylist()
        self._documents.update(reasons)
        for reason, num_bytes in zip(
            reasons, rejected.column("num_bytes").to_pylist(), strict=True
        ):
            self._bytes[reason] += num_bytes

    @property
    def summary(self) -> tuple[Rejected, ...]:
        """One item a reason, sorted by reason."""
        return tuple(
            Rejected(
                reason=reason,
                num_documents=self._documents[reason],
                num_bytes=self._bytes[reason],
            )
            for reason in sorted(self._documents)
        )


class _Tally:
    def __init__(self, context: Context, *, keep: bool, taken_down: Suppression) -> None:
        self._taken_down = taken_down
        self.hits: set[Digest] = set()
        """The digests of the texts that were left out."""

        self.is_suspect = False
        """Whether some text was no UTF-8, of a format that may be in another encoding."""

        self._context = context
        self._writer = QuarantineWriter(context.store) if keep else None
        self._rejected = RejectedRows()
        self.num_documents = 0
        self.num_text_bytes = 0
        self.quarantine: Digest | None = None

    def begin_again(self) -> "_Tally":
        """Return an empty one for another reading of the same file."""
        keep = self._writer is not None
        return _Tally(self._context, keep=keep, taken_down=self._taken_down)

    def read(self, file: SourceFile, reading: Reading) -> None:
        is_archive = reading.container is not Container.NONE and reading.encoding is None
        is_open = is_archive or may_be_encoded(reading)
        settings = self._context.settings
        outcomes = read_documents(
            file,
            reading,
            batch_bytes=settings.batch_bytes,
            max_document_bytes=settings.max_document_bytes,
        )
        for outcome in self._check(outcomes) if self._taken_down else outcomes:
            num_bytes = num_text_bytes(outcome.kept)
            self.num_documents += len(outcome.kept)
            self.num_text_bytes += num_bytes
            self._add_rejected(outcome.rejected)
            if is_open and not self.is_suspect:
                self.is_suspect = is_suspect(outcome.kept.column("text")) or (
                    INVALID_UTF8 in outcome.rejected.column("reason").to_pylist()
                )
            self._context.progress.advance(
                Done(
                    num_bytes=num_bytes,
                    num_documents=len(outcome.kept) + len(outcome.rejected),
                    num_rejected=len(outcome.rejected),
                )
            )
        if self._writer is not None:
            self.quarantine = self._writer.finish()

    def tell(self, detected: Detected, shard: Shard) -> FileFacts:
        """Return what is known of a file that was read to its end."""
        is_cut = any(item.reason == CUT_OFF for item in self._rejected.summary)
        reading = drop_idle(detected.reading).model_copy(
            update={"without": tuple(sorted(self.hits)), "keeps_partial": is_cut}
        )
        return FileFacts(
            shard=shard.model_copy(update={"reading": reading}),
            fields=detected.fields,
            rejected=self._rejected.summary,
            quarantine=self.quarantine,
        )

    def _check(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Leave out what was taken down, so that it does not come back."""
        for outcome in outcomes:
            met = self._taken_down.find(outcome.kept)
            self.hits |= met
            yield from leave_out([outcome], met) if met else [outcome]

    def _add_rejected(self, rejected: pa.RecordBatch) -> None:
        if not len(rejected):
            return
        self._rejected.add(rejected)
        if self._writer is not None:
            self._writer.write([rejected])


def join_fields(files: Iterable[FileFacts]) -> tuple[Field, ...]:
    """Return the fields of all files, in order of appearance; `mixed` where their types differ."""
    types: dict[str, str] = {}
    for facts in files:
        for field in facts.fields:
            known = types.setdefault(field.name, field.type)
            if known != field.type:
                types[field.name] = "mixed"
    return tuple(Field(name=name, type=type_) for name, type_ in types.items())


def total_ledger(files: Sequence[FileFacts]) -> LedgerEntry:
    """Return the account of reading all files."""
    total = files[0].ledger
    for facts in files[1:]:
        total += facts.ledger
    return total
