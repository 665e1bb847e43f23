"""From scanned files to a sealed version: what every way of registering has in common."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import JsonValue

from registry.domain.answers import Changes, Registration, Skipped
from registry.domain.card import require_past
from registry.domain.collecting import Position
from registry.domain.digest import Digest, digest_of_bytes
from registry.domain.intake import Intake
from registry.domain.ledger import LedgerEntry
from registry.domain.licence import UNKNOWN
from registry.domain.names import Reference
from registry.domain.quantities import format_number
from registry.domain.run import Operation, RunDraft
from registry.domain.version import (
    Content,
    DatasetKind,
    Sealed,
    SealStatus,
    SourceFacts,
    Version,
    VersionDraft,
)
from registry.errors import InputError
from registry.operations.collecting.no_documents import explain_nothing, rejected_of
from registry.operations.collecting.prompts import read_prompt
from registry.operations.collecting.scan import FileFacts, join_fields, total_ledger
from registry.operations.context import Context, environment
from registry.operations.passes.changes import compare
from registry.operations.passes.damage import (
    damage_of_files,
    fail_by_damage,
    find_limit,
    list_places,
)
from registry.operations.passes.encodings import measure_encodings, sum_up_encodings
from registry.operations.passes.inputs import warn_of_withdrawn
from registry.operations.passes.quarantine import join_quarantines

_CODE_FORMATS = {
    ".py",
    ".c",
    ".h",
    ".cc",
    ".cpp",
    ".rs",
    ".go",
    ".java",
    ".js",
    ".ts",
    ".rb",
    ".sh",
}


class Registering:
    """A version on its way into the catalog.

    Args:
        context: The open registry.
        intake: What the caller states of it.

    Raises:
        UnknownError: A parent that the card names is not registered.
        InputError: What the card says of a model does not go together, a time lies ahead, or the
            limit is none.
        UnreadableError: The prompt cannot be read.
    """

    def __init__(self, context: Context, intake: Intake) -> None:
        self._context = context
        self._limit = find_limit(context, intake.max_rejected)
        self.name = intake.name
        card = intake.card
        card.generation()
        require_past(card.retrieved_at, now=context.clock())
        self._prompt = None if card.prompt_file is None else read_prompt(Path(card.prompt_file))
        if self._prompt is not None:
            digest = digest_of_bytes(self._prompt)
            card = card.model_copy(update={"prompt_digest": digest, "prompt_file": None})
        self._card = card
        parents = {
            text: context.catalog.versions.get(Reference.parse(text)) for text in card.parents
        }
        warn_of_withdrawn(context, {one.reference: one for one in parents.values()}.values())
        self._parents = {text: version.reference for text, version in parents.items()}

    def make_draft(
        self,
        scanned: Sequence[FileFacts],
        *,
        kind: str,
        uri: str,
        reached: Position | None = None,
        keeps_licence: bool = True,
    ) -> VersionDraft:
        """Return what is to be sealed, from files that hold text.

        Args:
            scanned: What is known of each file.
            kind: The kind of the source.
            uri: Where it lies, without credentials.
            reached: How far the source was read, where it can be read further.
            keeps_licence: Whether the licence of the version before holds, if none is stated.
        """
        card = self._card
        source = SourceFacts(
            kind=kind,
            uri=uri,
            url=card.url,
            publisher=card.publisher,
            retrieved_at=card.retrieved_at,
            reached=reached,
        )
        return VersionDraft(
            dataset=self.name,
            kind=card.kind or self._guess_kind(scanned, source.kind),
            content=Content.DOCUMENTS,
            shards=tuple(facts.shard for facts in scanned),
            fields=join_fields(scanned),
            inputs=tuple(dict.fromkeys(self._parents.values())),
            taken=self._find_parts(scanned),
            generation=card.generation(),
            licence=card.licence,
            licence_evidence=card.licence_url,
            keeps_licence=keeps_licence,
            languages=card.language,
            tags=card.tags,
            sources=(source,),
            description=card.description,
            owner=card.owner,
            ledger=(total_ledger(scanned),),
            metrics=measure_encodings([facts.shard for facts in scanned]),
        )

    def seal(
        self,
        draft: VersionDraft,
        scanned: Sequence[FileFacts],
        *,
        place: str,
        derivation: Digest,
        parameters: Mapping[str, JsonValue],
        skipped: Sequence[Skipped] = (),
    ) -> Registration:
        """Seal a draft with the run that made it.

        Args:
            draft: Of `make_draft`.
            scanned: What it was made from.
            place: Where that lies, as the user named it.
            derivation: What tells this registration from every other.
            parameters: What the run is recorded with, besides the card.
            skipped: Files that were left out.

        Raises:
            ConflictError: Somebody else sealed first, or these bytes were withdrawn.
            InputError: No row is a document; a failed run says why.
            TooManyRejectedError: Too many rows are damaged; a failed run says which.
        """
        context = self._context
        if self._prompt is not None:
            context.store.put_bytes(self._prompt)
        quarantine = join_quarantines(context.store, (facts.quarantine for facts in scanned))
        draft = draft.model_copy(update={"quarantine": quarantine})
        run = self.make_run(derivation, parameters)
        nothing = explain_nothing(scanned, place)
        if nothing is not None:
            self.fail(nothing, run, ledger=draft.ledger[0], quarantine=quarantine)
        self._refuse_damage(draft, run)
        self._warn_of_encodings(draft)
        sealed = context.catalog.versions.seal(
            draft, run=run, actor=context.actor, at=context.clock()
        )
        return self._answer(sealed, draft, scanned, skipped)

    def make_run(self, derivation: Digest, parameters: Mapping[str, JsonValue]) -> RunDraft:
        """Return the run that registers, with the card among its parameters."""
        card = self._card
        stated = card.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return RunDraft(
            operation=Operation.DERIVE if card.parents else Operation.REGISTER,
            derivation=derivation,
            parameters={**parameters, "card": stated},
            environment=environment(),
            actor=self._context.actor,
            started_at=self._context.clock(),
        )

    def fail(
        self, error: InputError, run: RunDraft, *, ledger: LedgerEntry, quarantine: Digest | None
    ) -> NoReturn:
        """Refuse rows none of which is a document; a failed run keeps them and their account.

        Raises:
            InputError: Always: the error, with the run and a row in its hint.
        """
        context = self._context
        inputs = tuple(dict.fromkeys(self._parents.values()))
        opened = context.catalog.runs.open(run, inputs=inputs)
        context.catalog.runs.fail(
            opened.id,
            error=error.message,
            at=context.clock(),
            ledger=[ledger],
            quarantine=quarantine,
        )
        reasons = {one.reason: one.num_documents for one in ledger.rejected}
        places = list_places(context, reasons, quarantine=quarantine, run=opened)
        raise InputError(error.message, hint="\n      ".join([*places, error.hint or ""]).strip())

    def _refuse_damage(self, draft: VersionDraft, run: RunDraft | None) -> None:
        damage = damage_of_files(draft.ledger[0])
        if self._limit.allows(damage):
            return
        opened = None
        if run is not None:
            opened = self._context.catalog.runs.open(run, inputs=draft.inputs)
        fail_by_damage(
            self._context,
            damage,
            self._limit,
            quarantine=draft.quarantine,
            run=opened,
            ledger=draft.ledger,
        )

    def _warn_of_encodings(self, draft: VersionDraft) -> None:
        for use in sum_up_encodings(draft.shards):
            if use.is_doubtful:
                lost = format_number(use.num_replaced, "character")
                self._context.progress.note(
                    f"warning: {use.paths[0]} is not in {use.name} throughout, which was declared: "
                    f"{lost} of {format_number(use.num_files, 'file')} became U+FFFD; "
                    "without --encoding it is detected"
                )
            if use.is_hardly_told and use.least_told is not None:
                path, num_bytes = use.least_told
                self._context.progress.note(
                    f"note: {path} is read as {use.name}, of which {num_bytes:,} bytes outside "
                    "ASCII tell alone: look at them, and say --encoding NAME if it is another"
                )

    def _find_parts(self, scanned: Sequence[FileFacts]) -> tuple[tuple[str, int], ...]:
        """Return the documents taken from each parent, which are all that was read."""
        parts = self._card.parts
        num_taken = sum(number for _, number in parts)
        num_documents = sum(facts.shard.num_documents for facts in scanned)
        if parts and num_taken != num_documents:
            raise InputError(
                f"--take says that {format_number(num_taken, 'document')} were taken and "
                f"{num_documents:,} were read",
                hint="a --take REF=DOCUMENTS for every version; rows that are rejected are none",
            )
        taken: dict[str, int] = {}
        for text, number in parts:
            taken[self._parents[text]] = taken.get(self._parents[text], 0) + number
        return tuple(taken.items())

    def _guess_kind(self, scanned: Sequence[FileFacts], source: str) -> DatasetKind:
        known = self._context.catalog.datasets.find(self.name)
        if known is not None:
            return known.kind
        generation = self._card.generation()
        if generation is not None and generation.role.writes:
            return DatasetKind.SYNTHETIC
        if self._card.take:
            return DatasetKind.MIXTURE
        if source == "git":
            return DatasetKind.CODE
        suffixes = {Path(facts.shard.path).suffix.lower() for facts in scanned}
        return DatasetKind.CODE if suffixes and suffixes <= _CODE_FORMATS else DatasetKind.TEXT

    def _answer(
        self,
        sealed: Sealed,
        draft: VersionDraft,
        scanned: Sequence[FileFacts],
        skipped: Sequence[Skipped],
    ) -> Registration:
        changes, version, previous = None, sealed.version, sealed.previous
        if previous is not None and sealed.status is SealStatus.CREATED:
            changes = self._compare(previous, draft)
        return Registration(
            reference=version.reference,
            status=sealed.status,
            kind=version.kind,
            digest=version.digest,
            num_documents=version.num_documents,
            num_bytes=version.num_bytes,
            num_text_bytes=version.num_text_bytes,
            num_shards=version.num_shards,
            rejected=rejected_of(scanned),
            skipped=tuple(skipped),
            fields=version.fields,
            licence=version.licence,
            quarantine=draft.quarantine,
            encodings=sum_up_encodings(draft.shards),
            licence_from=self._find_licence_origin(sealed, draft),
            changes=changes,
            recorded=sealed.recorded,
            writers=self._find_writers(sealed, draft),
            run=version.run,
        )

    def _compare(self, previous: Version, draft: VersionDraft) -> Changes:
        before = self._context.catalog.versions.list_shards(Reference.parse(previous.reference))
        return compare(
            previous,
            before,
            draft.shards,
            num_documents=sum(shard.num_documents for shard in draft.shards),
            num_bytes=sum(shard.num_bytes for shard in draft.shards),
        )

    def _find_writers(self, sealed: Sealed, draft: VersionDraft) -> tuple[str, ...]:
        if draft.generation is None:
            return ()
        reference = Reference.parse(sealed.version.reference)
        found = self._context.catalog.generations.list_for(reference)
        return tuple(one.label for one in found)

    def _find_licence_origin(self, sealed: Sealed, draft: VersionDraft) -> str | None:
        is_said = draft.licence is not None or bool(draft.inputs) or not draft.keeps_licence
        if is_said or sealed.previous is None or sealed.version.licence == UNKNOWN:
            return None
        return sealed.previous.reference

    def plan(
        self,
        draft: VersionDraft,
        scanned: Sequence[FileFacts],
        skipped: Sequence[Skipped],
        *,
        place: str,
    ) -> Registration:
        """Return what `seal` would answer if nothing like it were there; nothing is written.

        Raises:
            InputError: It would refuse.
            TooManyRejectedError: It would refuse.
        """
        nothing = explain_nothing(scanned, place)
        if nothing is not None:
            raise nothing
        self._refuse_damage(draft, None)
        self._warn_of_encodings(draft)
        known = self._context.catalog.datasets.find(self.name)
        versions = [] if known is None else self._context.catalog.versions.list_for(self.name)
        digest = draft.manifest_digest
        same = next((one.reference for one in versions if one.digest == digest), None)
        return Registration(
            reference=str(self.name),
            status="planned",
            kind=draft.kind,
            digest=digest,
            num_documents=sum(shard.num_documents for shard in draft.shards),
            num_bytes=sum(shard.num_bytes for shard in draft.shards),
            num_text_bytes=sum(shard.num_text_bytes for shard in draft.shards),
            num_shards=len(draft.shards),
            rejected=rejected_of(scanned),
            skipped=tuple(skipped),
            fields=draft.fields,
            licence=draft.licence or "unknown",
            quarantine=None,
            encodings=sum_up_encodings(draft.shards),
            changes=self._compare(versions[-1], draft) if versions and same is None else None,
            behind=versions[-1].reference if versions else None,
            same_as=same,
            run=None,
        )
