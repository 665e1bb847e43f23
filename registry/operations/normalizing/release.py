"""Put rows that a step rejected back, as a new version: a person judged them fine.

A step's verdict is a rule, and a rule can be wrong about a row; where it is wrong about many, the
recipe is to be mended and run again. What a reader or `decode` rejected never was a text, so it
cannot be put back: the file or the recipe has to be mended.
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import JsonValue

from registry.document_index.building import DocumentIndexBuilder
from registry.documents import num_text_bytes
from registry.domain.digest import Digest, fingerprint
from registry.domain.ledger import Ledger, LedgerEntry
from registry.domain.names import Reference
from registry.domain.quantities import format_number
from registry.domain.quarantine import Release
from registry.domain.reading import MEMBER_MARK
from registry.domain.run import DERIVED_FROM, Operation, RunDraft
from registry.domain.version import Metric, Shard, Version, VersionDraft
from registry.domain.words import require_words
from registry.errors import InputError
from registry.normalization.columns import count_changes
from registry.normalization.pipeline import Pipeline
from registry.operations.context import CODE, Context, environment
from registry.operations.normalizing.outputs import DUPLICATES, name_shards
from registry.operations.normalizing.releasable import (
    NO_TEXT,
    RELEASED_OF,
    Chosen,
    Releasable,
    choose,
)
from registry.operations.passes.indexes import join_indexes, write_index
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.shards import read_shard
from registry.operations.passes.suppression import load_suppression
from registry.operations.understanding.quarantines import read_rejected, source_of
from registry.storage.shards import ShardWriter


def release(
    context: Context,
    reference: Reference,
    *,
    why: str,
    reasons: Sequence[str] = (),
    rows: Sequence[str] = (),
    dry_run: bool = False,
) -> Release:
    """Seal a version that holds, behind the documents of another, rows rejected when it was made.

    The rows are read again where they lie and go through the recipe, whose steps change their text
    and reject none of them. Nothing else changes: the version before stays as it is, the other rows
    stay in quarantine. Who released them and why stand in the audit log.

    Args:
        context: The open registry.
        reference: A version that a recipe made.
        why: Why they are fine.
        reasons: All rows that were rejected for one of these are put back,
        rows: and those that stand here, `train.jsonl#17`.
        dry_run: Answer what would be done, and write nothing.

    Raises:
        InputError: The version was made otherwise, nothing is chosen, or a chosen row is no text.
        UnknownError: There is no such version, reason or row.
        ConflictError: The files changed, or somebody else sealed first.
        StorageError: The disk is full.
    """
    why = require_words(why, what="why")
    if not reasons and not rows:
        raise InputError(
            "no row is chosen",
            hint=f"--reason REASON or --row FILE#ROW; muster quarantine {reference}",
        )
    source = Releasable.find(context, reference)
    chosen = choose(context, source, reasons, rows)
    if dry_run:
        return _answer(source, chosen, why, status="planned")
    return _Releasing(context, source, chosen, why).run()


class _Releasing:
    """One call of `release`, once it is known what is put back."""

    def __init__(self, context: Context, source: Releasable, chosen: Chosen, why: str) -> None:
        self._context = context
        self._source = source
        self._chosen = chosen
        self._why = why
        self._pipeline = Pipeline(source.recipe)
        self._index = DocumentIndexBuilder()
        self._num_bytes_in = 0
        self._num_changed = 0

    def run(self) -> Release:
        context, source = self._context, self._source
        version = source.version
        causes: dict[str, JsonValue] = {
            "operation": Operation.DERIVE,
            "code": CODE,
            "inputs": [version.digest],
            "released": fingerprint([*sorted(self._chosen.reasons)]),
            "shard_bytes": context.settings.shard_bytes,
        }
        derivation = fingerprint(causes)
        known = context.catalog.versions.find_derived(version.dataset, derivation)
        if known is not None:
            return _answer(source, self._chosen, self._why, status="unchanged", made=known)
        draft = self._draft(derivation)
        run = RunDraft(
            operation=Operation.DERIVE,
            derivation=derivation,
            parameters={
                "released": dict(self._chosen.released),
                "why": self._why,
                RELEASED_OF: source.read_from,
                DERIVED_FROM: causes,
            },
            environment=environment(),
            actor=context.actor,
            started_at=context.clock(),
        )
        sealed = context.catalog.versions.seal(
            draft, run=run, actor=context.actor, at=context.clock()
        )
        return _answer(source, self._chosen, self._why, status=sealed.status, made=sealed.version)

    def _draft(self, derivation: Digest) -> VersionDraft:
        context, version = self._context, self._source.version
        before = context.catalog.versions.list_shards(Reference.parse(version.reference))
        added = self._write(len(before))
        indexes = [write_index(context.store, [self._index.to_batch()])]
        if version.document_index is not None:
            indexes.append(version.document_index)
        index, num_distinct = join_indexes(context.store, indexes)
        num_documents = version.num_documents + sum(shard.num_documents for shard in added)
        return VersionDraft(
            dataset=version.dataset,
            kind=version.kind,
            content=version.content,
            shards=(*before, *added),
            fields=version.fields,
            recipe=self._source.recipe,
            derivation=derivation,
            inputs=(version.reference,),
            languages=version.languages,
            ledger=Ledger(entries=(self._account(added),)).check().entries,
            metrics=(Metric(name=DUPLICATES, value=num_documents - num_distinct),),
            document_index=index,
            quarantine=self._keep_the_others(),
            why=self._why,
        )

    def _write(self, number: int) -> tuple[Shard, ...]:
        settings, store = self._context.settings, self._context.store
        taken_down = load_suppression(self._context)
        with ShardWriter(store, shard_bytes=settings.shard_bytes) as writer:
            for batch in self._read():
                if taken_down and taken_down.find(batch):
                    raise InputError(
                        "a chosen row was taken down and cannot come back",
                        hint="choose the others by --row",
                    )
                rewritten = self._pipeline.rewrite(batch)
                self._num_bytes_in += num_text_bytes(batch)
                self._num_changed += count_changes(batch.column("text"), rewritten.column("text"))
                self._index.add(rewritten.column("text"), None)
                writer.write(rewritten)
            return name_shards(writer.finish(), number=number, stem="released")

    def _read(self) -> Iterator[pa.RecordBatch]:
        """Yield the chosen rows as they were read, from the fewest files that may hold them."""
        catalog, place = self._context.catalog, self._context.place
        shards = catalog.versions.list_shards(Reference.parse(self._source.read_from))
        files = {source.rpartition("#")[0] or source for source in self._chosen.reasons}
        named = (
            files | {file.partition(MEMBER_MARK)[0] for file in files} | set(self._chosen.reasons)
        )
        wanted = pa.array(sorted(self._chosen.reasons), pa.string())
        missing = len(wanted)
        for shard in sorted(shards, key=lambda one: one.path not in named):
            if not missing:
                return
            for outcome in read_shard(place, shard):
                found = outcome.kept.filter(pc.is_in(outcome.kept.column("source"), wanted))
                missing -= len(found)
                if len(found):
                    yield found
        if missing:
            raise InputError(
                f"{format_number(missing, 'chosen row')} cannot be found in "
                f"{self._source.read_from} any more",
                hint=f"muster verify {self._source.read_from}",
            )

    def _account(self, added: Sequence[Shard]) -> LedgerEntry:
        version, chosen = self._source.version, self._chosen
        num_released = sum(shard.num_documents for shard in added)
        num_documents = version.num_documents + num_released
        kept_in = version.num_text_bytes + self._num_bytes_in
        return LedgerEntry(
            position=0,
            step="release",
            documents_in=num_documents + chosen.num_left,
            bytes_in=kept_in + sum(item.num_bytes for item in chosen.left),
            documents_kept=num_documents,
            bytes_kept_in=kept_in,
            bytes_kept=version.num_text_bytes + sum(shard.num_text_bytes for shard in added),
            rejected=chosen.left,
            documents_changed=self._num_changed,
        )

    def _keep_the_others(self) -> Digest | None:
        writer = QuarantineWriter(self._context.store)
        for batch in read_rejected(self._context, self._source.run):
            places = map(source_of, batch.drop_columns("raw").to_pylist())
            steps = batch.column("step").to_pylist()
            is_left = [
                step in NO_TEXT or place not in self._chosen.reasons
                for place, step in zip(places, steps, strict=True)
            ]
            writer.write([batch.filter(pa.array(is_left, pa.bool_()))])
        return writer.finish()


def _answer(
    source: Releasable, chosen: Chosen, why: str, *, status: str, made: Version | None = None
) -> Release:
    return Release(
        reference=str(source.version.dataset) if made is None else made.reference,
        status=status,
        input=source.version.reference,
        why=why,
        released=dict(sorted(chosen.released.items())),
        num_left=chosen.num_left,
        num_documents=(
            source.version.num_documents + len(chosen.reasons)
            if made is None
            else made.num_documents
        ),
        digest=None if made is None else made.digest,
        run=None if made is None else made.run,
    )
