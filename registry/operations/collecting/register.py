"""Register data where it lies: digest, schema, documents and bytes of every file; nothing copied.

With `ingest`, the files are also copied into the object store.
"""

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError

from registry.domain.answers import Registration, Skipped
from registry.domain.collecting import Position, scheme_of
from registry.domain.digest import Digest, fingerprint
from registry.domain.intake import Intake
from registry.domain.progress import Done
from registry.domain.reading import Reading
from registry.domain.run import Operation
from registry.errors import InputError, UnreadableError
from registry.operations.collecting.ingesting import ingest_shards
from registry.operations.collecting.known_files import KnownFiles
from registry.operations.collecting.limits import find_limits, meter
from registry.operations.collecting.no_documents import require_rows
from registry.operations.collecting.registration import Registering
from registry.operations.collecting.scan import FileFacts, scan
from registry.operations.context import CODE, Context
from registry.operations.passes.suppression import load_suppression
from registry.sources.detecting import UNKNOWN_FORMAT
from registry.sources.file import SourceFile
from registry.sources.finding import find_files, find_twins
from registry.sources.places import Stamp, read_stamp
from registry.storage.objects import translated_errors
from registry.storage.work import WorkArea

STDIN = "-"

_CHECKPOINT_BYTES = 16 << 20
"""A file of at least this size leaves a checkpoint, so that registering resumes behind it."""


def register(
    context: Context,
    paths: Sequence[str],
    intake: Intake,
    *,
    ingest: bool = False,
    dry_run: bool = False,
) -> Registration:
    """Seal a version of a dataset from files; the same bytes again change nothing.

    Args:
        context: The open registry.
        paths: Files, folders, globs, or `-` for standard input.
        intake: What the caller states of them.
        ingest: Also copy the files into the object store.
        dry_run: Answer what would be sealed and write nothing.

    Raises:
        InputError: A path, option or file is not usable; nothing was sealed.
        ConflictError: A file changed while it was read, or somebody else sealed first.
        TooManyRejectedError: More of the rows are damaged; nothing was sealed.
        StorageError: The disk is full.
    """
    registration = FileRegistration(context, intake)
    if list(paths) == [STDIN]:
        with context.store.stage() as path:
            save_standard_input(path)
            files = [SourceFile.from_path(path, name="stdin")]
            origin = Origin("stdin", (STDIN,), uri="stdin:")
            return registration.run(files, origin, ingest=True, dry_run=dry_run)
    if STDIN in paths:
        raise InputError("- cannot stand beside other paths", hint="register them one by one")
    files = find_files(paths)
    twins = find_twins(files, named=paths)
    registration.skip(twins)
    files = [file for file in files if file.name not in twins]
    return registration.run(files, Origin("file", tuple(paths)), ingest=ingest, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where files come from, as it is recorded with their version."""

    kind: str
    places: tuple[str, ...]
    """As the caller wrote them."""

    uri: str | None = None
    """None: the one file, or the folder that holds them all."""

    reached: Position | None = None
    """Which state of the place it was."""

    states_licence: bool = False
    """Whether what comes with it states a licence, so that an earlier one does not hold on."""

    place: str | None = None
    """Where it is whatever its state, so that another state is known to be the same place's; None:
    at the places."""


class FileRegistration:
    """The registration of files that were found.

    Args:
        context: The open registry.
        intake: What the caller states of them.
    """

    def __init__(self, context: Context, intake: Intake) -> None:
        self._context = context
        self._name = intake.name
        self._limits = find_limits(context, intake.limits)
        self._wanted = self._limits.apply(intake.wanted)
        self._registering = Registering(context, intake)
        self._skipped: list[Skipped] = []
        self._taken_down = load_suppression(context)

    def skip(self, twins: Mapping[str, str]) -> None:
        """Note links that are left out, and what they lead to."""
        for name, target in twins.items():
            reason = f"a link to {target}, which is read there"
            self._skipped.append(Skipped(path=name, reason=reason))

    def run(
        self,
        files: Sequence[SourceFile],
        origin: Origin,
        *,
        ingest: bool,
        dry_run: bool = False,
        from_start: bool = False,
    ) -> Registration:
        """Read files, and seal a version of them; errors are those of `register`.

        Args:
            files: In the order of the version.
            origin: Where they come from.
            ingest: Also copy them into the object store.
            dry_run: Answer what would be sealed and write nothing.
            from_start: Read those again too that are known to be the same.
        """
        paths = origin.places
        derivation = self._derivation(origin)
        known = {} if from_start else self.find_known(files, origin, keep=not dry_run)
        scanned = self._scan_all(files, known, paths, derivation, keep=not dry_run)
        place = " ".join(paths)
        require_rows(scanned, place)
        draft = self._registering.make_draft(
            scanned,
            kind=origin.kind,
            uri=origin.uri or common_uri([facts.shard.uri or "" for facts in scanned]),
            reached=origin.reached,
            keeps_licence=not origin.states_licence,
        )
        if dry_run:
            plan = self._registering.plan(draft, scanned, self._skipped, place=place)
            return plan.model_copy(update={"num_known": len(known)})
        if ingest:
            shards = ingest_shards(self._context, draft.shards)
            draft = draft.model_copy(update={"shards": shards})
        answer = self._registering.seal(
            draft,
            scanned,
            place=place,
            derivation=derivation,
            parameters={"paths": list(paths), "ingest": ingest},
            skipped=self._skipped,
        )
        self._context.work(derivation).clear()
        return answer.model_copy(update={"num_known": len(known)})

    def find_known(
        self, files: Sequence[SourceFile], origin: Origin, *, keep: bool
    ) -> dict[str, FileFacts]:
        """Return what the version before says of files that are still the same, by name.

        Args:
            files: What would be read.
            origin: Where they come from.
            keep: Whether their rejected rows are stored for the quarantine.
        """
        known = KnownFiles(self._context, self._name, self._derivation(origin))
        found = ((file.name, known.find(file, keep=keep)) for file in files)
        return {name: facts for name, facts in found if facts is not None}

    def _derivation(self, origin: Origin) -> Digest:
        places = origin.places if origin.place is None else [origin.place]
        keys: list[JsonValue] = [*self._taken_down.keys]
        taken_down: dict[str, JsonValue] = {"taken_down": keys} if keys else {}
        return fingerprint(
            {
                "operation": Operation.REGISTER,
                "code": CODE,
                "name": str(self._name),
                "paths": [_absolute(text) for text in places],
                "reading": self._wanted.model_dump(mode="json", exclude=_unsaid(self._wanted)),
                "max_document_bytes": self._context.settings.max_document_bytes,
                **taken_down,
            }
        )

    def _scan_all(
        self,
        files: Sequence[SourceFile],
        known: Mapping[str, FileFacts],
        paths: Sequence[str],
        derivation: Digest,
        *,
        keep: bool,
    ) -> list[FileFacts]:
        progress, work = self._context.progress, self._context.work(derivation)
        progress.start("register", total_bytes=sum(file.num_bytes for file in files))
        named = {_absolute(text) for text in paths}
        scanned: list[FileFacts] = []
        try:
            for file in meter(files, self._limits):
                facts = known.get(file.name) or self._scan_one(
                    file, work, is_named=_place(file) in named, keep=keep
                )
                if facts is not None:
                    scanned.append(facts)
        finally:
            progress.finish()
        return scanned

    def _scan_one(
        self, file: SourceFile, work: WorkArea, *, is_named: bool, keep: bool
    ) -> FileFacts | None:
        known = (
            _load(self._context, work, file)
            if file.num_bytes >= _CHECKPOINT_BYTES and keep
            else None
        )
        if known is not None:
            self._context.progress.advance(
                Done(num_bytes=known.shard.num_text_bytes, num_documents=known.shard.num_documents)
            )
            return known
        try:
            facts = scan(
                self._context,
                file,
                wanted=self._wanted,
                keep=keep,
                taken_down=self._taken_down,
            )
        except UnreadableError as error:
            if is_named or error.reason != UNKNOWN_FORMAT:
                raise
            self._skipped.append(Skipped(path=file.name, reason=error.reason))
            return None
        if file.num_bytes >= _CHECKPOINT_BYTES and keep:
            work.save(_checkpoint_name(file), facts.model_dump(mode="json"))
        return facts


def common_uri(uris: Sequence[str]) -> str:
    """Return where all files lie: the one file, else the folder that holds them all."""
    if len(uris) == 1:
        return uris[0]
    shared: list[str] = []
    for parts in zip(*(uri.split("/")[:-1] for uri in uris), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared)


def _unsaid(reading: Reading) -> set[str]:
    """Return what tells no reading from another, so that earlier commands are known again."""
    later = {"records", "keeps_partial", "reason_column", "encoding", "member_encodings"}
    later |= {"max_ratio", "max_json_depth", "max_document_bytes", "holds_texts"}
    return {"without", "untold", *(name for name in later if not getattr(reading, name))}


def save_standard_input(path: Path) -> None:
    """Write standard input to a file.

    Raises:
        StorageError: The disk is full.
    """
    with translated_errors("the object store"), path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)


def _load(context: Context, work: WorkArea, file: SourceFile) -> FileFacts | None:
    """Return what an interrupted registration learned of a file, if it still holds."""
    try:
        facts = FileFacts.model_validate(work.load(_checkpoint_name(file)))
    except ValidationError:
        return None
    shard = facts.shard
    stamp = Stamp(shard.num_bytes, modified_ns=shard.modified_ns, etag=shard.etag)
    is_same = (file.name, read_stamp(file.uri or "")) == (shard.path, stamp)
    is_kept = facts.quarantine is None or context.store.claim(facts.quarantine)
    return facts if is_same and is_kept else None


def _checkpoint_name(file: SourceFile) -> str:
    return fingerprint(_place(file)).removeprefix("sha256:")[:32]


def _place(file: SourceFile) -> str:
    """Return where a file lies, as `_absolute` has it of what the caller wrote."""
    return str(file.local_path or file.uri)


def _absolute(text: str) -> str:
    is_path = text != STDIN and scheme_of(text) is None
    return str(Path(text).absolute()) if is_path else text
