"""Register contributions: what people gave, with consent and licence for each document.

They land in the store as documents. What was given without consent goes nowhere: neither into the
version nor into the quarantine, which holds its place, its size and the reason. Contributors have
pseudonyms, so that the documents of one of them can be taken down.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import JsonValue

from registry.documents import DOCUMENTS, Outcome, erase, num_text_bytes, reject
from registry.domain.answers import Registration
from registry.domain.contribution import (
    ContributionColumns,
    meet,
)
from registry.domain.digest import Digest, fingerprint
from registry.domain.intake import Intake
from registry.domain.progress import Done
from registry.domain.reading import Field, Format, Reading
from registry.domain.run import Operation
from registry.domain.version import Shard
from registry.errors import InputError
from registry.operations.collecting.contribution_terms import ContributionTerms
from registry.operations.collecting.contributors import find_key, make_key
from registry.operations.collecting.limits import find_limits, meter
from registry.operations.collecting.no_documents import account_for_nothing
from registry.operations.collecting.register import STDIN, common_uri, save_standard_input
from registry.operations.collecting.registration import Registering
from registry.operations.collecting.scan import FileFacts, RejectedRows
from registry.operations.context import CODE, Context
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.suppression import load_suppression
from registry.sources import reasons
from registry.sources.detecting import detect
from registry.sources.file import SourceFile
from registry.sources.finding import find_files
from registry.sources.reading import leave_out, read_documents
from registry.storage.objects import ObjectStore
from registry.storage.shards import ShardWriter, WrittenShard

_NO_KEY: Final = b"for a dry run, which keeps no pseudonym"
_FIELDS: Final = tuple(Field(name=field.name, type=str(field.type)) for field in DOCUMENTS)


def contribute(
    context: Context,
    paths: Sequence[str],
    intake: Intake,
    *,
    contributor: str | None = None,
    columns: ContributionColumns | None = None,
    consent: str | None = None,
    dry_run: bool = False,
) -> Registration:
    """Seal a version of documents that people gave; the same again changes nothing.

    Args:
        context: The open registry.
        paths: Files, folders, globs, or `-` for standard input; nothing refers to them afterwards.
        intake: What the caller states of it; its licence is that of rows that state none.
        contributor: Who gave all of it; None: a column says so for each row.
        columns: Where a row states consent, licence and contributor.
        consent: On what consent rows are given that have no column for it, in words; None: such
            rows are rejected.
        dry_run: Answer what would be sealed and write nothing.

    Raises:
        TooManyRejectedError: More of them are.
        InputError: Nobody is named, a column stands in no row, or no row is kept; nothing was
            sealed.
        UnreadableError: A file cannot be read.
        ConflictError: Somebody else sealed first.
        StorageError: The disk is full.
    """
    columns, registering = columns or ContributionColumns(), Registering(context, intake)
    if (contributor is None) == (columns.contributor is None):
        raise InputError(
            "a contribution comes from somebody",
            hint="--contributor NAME for all of it, or --contributor-column COLUMN",
        )
    with _open_files(context, paths) as files, tempfile.TemporaryDirectory() as folder:
        store = ObjectStore(folder) if dry_run else context.store
        terms = ContributionTerms(
            columns,
            key=find_key(context) or _NO_KEY if dry_run else make_key(context),
            contributor=contributor,
            licence=intake.card.licence,
            consent=consent,
        )
        limits = find_limits(context, intake.limits)
        contributions = _Contributions(context, store, terms, limits.apply(intake.reading))
        facts = contributions.read(meter(files, limits))
        terms.check_columns()
        derivation = fingerprint(
            {
                "operation": Operation.REGISTER,
                "code": CODE,
                "name": str(intake.name),
                "shards": [one.shard.digest for one in facts],
                "terms": terms.facts(),
            }
        )
        parameters: dict[str, JsonValue] = {"contribution": terms.facts()}
        if not facts:
            error, rejected = _nothing(paths, contributions.rejected), contributions.rejected
            if dry_run or not rejected.summary:
                raise error
            registering.fail(
                error,
                registering.make_run(derivation, parameters),
                ledger=account_for_nothing(rejected.summary),
                quarantine=contributions.quarantine,
            )
        uris = [file.uri or "" for file in files]
        draft = registering.make_draft(
            facts,
            kind="contribution",
            uri="stdin:" if list(paths) == [STDIN] else common_uri(uris),
        ).model_copy(
            update={
                "licence": meet(terms.counts.licences),
                "metrics": tuple(terms.counts.measure()),
            }
        )
        place = " ".join(paths)
        if dry_run:
            return terms.tell(registering.plan(draft, facts, (), place=place))
        answer = registering.seal(
            draft,
            facts,
            place=place,
            derivation=derivation,
            parameters=parameters,
        )
        return terms.tell(answer)


class _Contributions:
    """The documents of files, with those that may be kept written to a store."""

    def __init__(
        self, context: Context, store: ObjectStore, terms: ContributionTerms, wanted: Reading
    ) -> None:
        self._context = context
        self._store = store
        self._terms = terms
        self._wanted = wanted
        self._taken_down = load_suppression(context)
        self.rejected = RejectedRows()
        self.quarantine: Digest | None = None

    def read(self, files: Sequence[SourceFile]) -> list[FileFacts]:
        """Write what may be kept; return a shard each, the first with the account of all."""
        quarantine = QuarantineWriter(self._store)
        progress, settings = self._context.progress, self._context.settings
        progress.start("register", total_bytes=sum(file.num_bytes for file in files))
        try:
            with ShardWriter(self._store, shard_bytes=settings.shard_bytes) as writer:
                for outcome in self._iter_outcomes(files):
                    writer.write(_as_documents(outcome.kept))
                    self.rejected.add(outcome.rejected)
                    quarantine.write([outcome.rejected])
                    num_rejected = len(outcome.rejected)
                    progress.advance(
                        Done(
                            num_bytes=num_text_bytes(outcome.kept),
                            num_documents=len(outcome.kept) + num_rejected,
                            num_rejected=num_rejected,
                        )
                    )
                written = writer.finish()
        finally:
            progress.finish()
        self.quarantine = quarantine.finish()
        account = {"rejected": self.rejected.summary, "quarantine": self.quarantine}
        facts = [_facts(shard, number) for number, shard in enumerate(written, start=1)]
        return [one.model_copy(update=account) for one in facts[:1]] + facts[1:]

    def _iter_outcomes(self, files: Sequence[SourceFile]) -> Iterator[Outcome]:
        settings = self._context.settings
        for file in files:
            reading = detect(file, self._wanted).reading
            for outcome in read_documents(
                file,
                reading,
                batch_bytes=settings.batch_bytes,
                max_document_bytes=settings.max_document_bytes,
            ):
                for left in self._take_down(self._sort(outcome)):
                    yield Outcome(kept=left.kept, rejected=erase(left.rejected))

    def _sort(self, outcome: Outcome) -> Outcome:
        """Keep what was given with consent and by somebody, under their pseudonym."""
        batch = outcome.kept
        rows = [orjson.loads(text) for text in batch.column("metadata").to_pylist()]
        texts = batch.column("text")
        decided = [
            self._terms.decide(row) or _why_not_text(text)
            for row, text in zip(rows, texts, strict=True)
        ]
        mask = pa.array([reason is not None for reason in decided], pa.bool_())
        rejected = reject(batch, mask, step="read", reasons=[one for one in decided if one])
        metadata = pa.array([orjson.dumps(row).decode() for row in rows], pa.string())
        place = batch.schema.get_field_index("metadata")
        named = batch.set_column(place, batch.schema.field(place), metadata)
        return Outcome(
            kept=named.filter(pc.invert(mask)),
            rejected=pa.concat_batches([outcome.rejected, rejected]),
        )

    def _take_down(self, outcome: Outcome) -> Iterator[Outcome]:
        met = self._taken_down.find(outcome.kept) if self._taken_down else set()
        for left in leave_out([outcome], met) if met else [outcome]:
            kept = left.kept.column("metadata").to_pylist()
            self._terms.counts.add([orjson.loads(text) for text in kept])
            yield left


@contextmanager
def _open_files(context: Context, paths: Sequence[str]) -> Iterator[list[SourceFile]]:
    if list(paths) != [STDIN]:
        if STDIN in paths:
            raise InputError("- cannot stand beside other paths", hint="register them one by one")
        yield find_files(paths)
        return
    with context.store.stage() as path:
        save_standard_input(path)
        yield [SourceFile.from_path(path, name="stdin")]


def _as_documents(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [column.cast(field.type) for column, field in zip(batch, DOCUMENTS, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=DOCUMENTS)


def _why_not_text(text: pa.Scalar) -> str | None:
    try:
        str(text.as_buffer(), "utf-8")
    except UnicodeDecodeError:
        return reasons.INVALID_UTF8
    return None


def _facts(written: WrittenShard, number: int) -> FileFacts:
    shard = Shard(
        path=f"contributions-{number:05}.parquet",
        digest=written.stored.digest,
        num_bytes=written.stored.num_bytes,
        num_documents=written.num_documents,
        num_text_bytes=written.num_text_bytes,
        reading=Reading(format=Format.DOCUMENTS),
    )
    return FileFacts(shard=shard, fields=_FIELDS, rejected=())


def _nothing(paths: Sequence[str], rejected: RejectedRows) -> InputError:
    if not any(one.num_bytes for one in rejected.summary):
        return InputError(f"nothing to register at {' '.join(paths)}: it holds no text")
    counts = ", ".join(f"{one.reason}: {one.num_documents:,}" for one in rejected.summary)
    return InputError(
        f"no document at {' '.join(paths)} was given with consent and by somebody ({counts})",
        hint="a row says yes in the column consent, or the one that --consent-column names; "
        "--consent STATEMENT holds for rows without such a column",
    )
