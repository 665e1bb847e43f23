"""Register a source that is no file: write what it gives into the store, and seal it.

The bytes of such a source can change or vanish, so they are kept as they came, and a version stands
on them alone. Where the source can be read further, the next version keeps the files of the one
before and adds what is new.
"""

from dataclasses import dataclass

from pydantic import JsonValue

from registry.collection.base import Collector, Look
from registry.collection.opening import open_source
from registry.domain.answers import Registration
from registry.domain.collecting import CollectionPlan, Position, Source
from registry.domain.digest import Digest, fingerprint
from registry.domain.intake import Intake
from registry.domain.names import Reference
from registry.domain.reading import Format, Reading
from registry.domain.run import Operation
from registry.domain.version import Shard, Version, VersionState
from registry.errors import ConflictError
from registry.operations.collecting.landing import Landing
from registry.operations.collecting.limits import find_limits
from registry.operations.collecting.no_documents import require_rows
from registry.operations.collecting.registration import Registering
from registry.operations.collecting.scan import FileFacts
from registry.operations.context import CODE, Context
from registry.operations.passes.suppression import load_suppression
from registry.storage.work import WorkArea


def collect(
    context: Context,
    source: Source,
    intake: Intake,
    *,
    from_start: bool = False,
) -> Registration:
    """Seal a version of a dataset from a source; nothing new changes nothing.

    Args:
        context: The open registry.
        source: What is read.
        intake: What the caller states of it.
        from_start: Read everything again, whatever was read before.

    Raises:
        InputError: The source, an option or a row is not usable; nothing was sealed.
        ConflictError: What was read before is no longer there, or somebody else sealed first.
        StorageError: The source cannot be reached or was lost, or the disk is full.
        TooManyRejectedError: More of the rows are damaged; nothing was sealed.
    """
    collection = _Collection(context, source, intake)
    with open_source(source) as collector:
        earlier = None if from_start else collection.find_earlier()
        work = context.work(collection.work_on(earlier))
        with work.lock() as is_mine:
            if not is_mine:
                raise ConflictError(
                    f"another process is reading {source.uri} into {intake.name}",
                    hint="wait for it",
                )
            if from_start:
                work.clear()
            answer = collection.run(collector, earlier, work)
            work.clear()
            return answer


def plan_collection(
    context: Context,
    source: Source,
    intake: Intake,
    *,
    from_start: bool = False,
) -> CollectionPlan:
    """Say what `collect` would read; nothing is read or written.

    The arguments and errors are those of `collect`.
    """
    collection = _Collection(context, source, intake)
    with open_source(source) as collector:
        earlier = None if from_start else collection.find_earlier()
        look = collector.look(earlier.position if earlier else None)
    goes_on = earlier is not None and look.goes_on
    return CollectionPlan(
        reference=str(intake.name),
        kind=source.kind,
        uri=source.uri,
        since=earlier.version.reference if earlier and goes_on else None,
        position=earlier.position if earlier and goes_on else None,
        num_rows=look.num_rows,
        num_bytes=look.num_bytes,
        is_read_otherwise=earlier is not None and goes_on and not collection.reads_as(earlier),
        details=look.details,
    )


_SOURCE, _READING = "source", "reading"
"""What stands in a position beside the collector's own."""


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The newest version of the dataset, where it was made from the same source."""

    version: Version
    position: Position
    shards: tuple[Shard, ...]


class _Collection:
    """One call of `collect`."""

    def __init__(self, context: Context, source: Source, intake: Intake) -> None:
        self._context = context
        self._source = source
        self._name = intake.name
        # How much an answer may become is a matter of its source, and of no row.
        limits = find_limits(context, intake.limits).model_copy(update={"max_ratio": None})
        self._wanted = limits.apply(intake.wanted)
        self._registering = Registering(context, intake)
        self._taken_down = load_suppression(context)

    def find_earlier(self) -> _Earlier | None:
        """Return the version that the source can be read on from; None: there is none."""
        known = self._context.catalog.datasets.find(self._name)
        if known is None or not known.head:
            return None
        version = self._context.catalog.versions.get(
            Reference(dataset=self._name, number=known.head)
        )
        if version.state is not VersionState.SEALED:
            return None
        for facts in reversed(version.sources):
            if facts.reached is not None and facts.reached[_SOURCE] == self._source.facts():
                shards = self._context.catalog.versions.list_shards(
                    Reference.parse(version.reference)
                )
                return _Earlier(version, facts.reached, tuple(shards))
        return None

    def run(self, collector: Collector, earlier: _Earlier | None, work: WorkArea) -> Registration:
        """Read what is new, and seal it behind what is kept."""
        landing, look, earlier = self._look(collector, earlier, work)
        position = landing.position or (earlier.position if earlier else None)
        if position is None or look.num_rows != 0:
            self._land(collector, look, landing, position)
        kept = self._take_over(earlier, landing) if earlier else []
        scanned = kept + [one.facts for one in landing.arrived]
        place = self._source.uri
        require_rows(scanned, place)
        position = {**(landing.position or position or {}), **self._identity()}
        draft = self._registering.make_draft(
            scanned, kind=self._source.kind, uri=self._source.uri, reached=position
        )
        parameters: dict[str, JsonValue] = {
            "source": self._source.facts(),
            "since": earlier.version.reference if earlier else None,
        }
        return self._registering.seal(
            draft,
            scanned,
            place=place,
            derivation=self._derivation(position),
            parameters=parameters,
        )

    def work_on(self, earlier: _Earlier | None) -> Digest:
        """Return what tells this reading from every other; an interrupted one is found by it."""
        return fingerprint(
            {
                "operation": Operation.REGISTER,
                "code": CODE,
                "name": str(self._name),
                "since": earlier.version.reference if earlier else None,
                "taken_down": [*self._taken_down.keys],
                "max_document_bytes": self._context.settings.max_document_bytes,
                **self._identity(),
            }
        )

    def _look(
        self, collector: Collector, earlier: _Earlier | None, work: WorkArea
    ) -> tuple[Landing, Look, _Earlier | None]:
        """Find out where to go on: behind what landed before, behind the version before, or not."""
        landing = self._begin(work, earlier)
        since = landing.position or (earlier.position if earlier else None)
        look = collector.look(since)
        if since is None or look.goes_on:
            return landing, look, earlier
        work.clear()
        return self._begin(work, None), look, None

    def _begin(self, work: WorkArea, earlier: _Earlier | None) -> Landing:
        shards = earlier.shards if earlier else ()
        is_same = earlier is not None and self.reads_as(earlier)
        decided = shards[-1].reading if shards and is_same else None
        return Landing(
            self._context,
            work,
            self._wanted,
            origin=self._source.uri,
            num_kept=len(shards),
            decided=decided,
        )

    def _land(
        self, collector: Collector, look: Look, landing: Landing, since: Position | None
    ) -> None:
        progress = self._context.progress
        progress.start("register", total_bytes=look.num_bytes or 0)
        try:
            landing.land(collector, since, resumes=look.resumes)
        finally:
            progress.finish()

    def reads_as(self, earlier: _Earlier) -> bool:
        return bool(earlier.position[_READING] == self._identity()[_READING])

    def _identity(self) -> Position:
        """Return what a later registration must have in common with this one, to go on."""
        reading = self._wanted.model_dump(mode="json", exclude_defaults=True)
        return {_SOURCE: self._source.facts(), _READING: reading}

    def _take_over(self, earlier: _Earlier, landing: Landing) -> list[FileFacts]:
        """Return what is known of the files of the version before that are kept.

        They are read again only where they are to become other documents than before, or where the
        account of all of them is no longer that of those which are kept.
        """
        version, shards = earlier.version, earlier.shards
        run = version.run or ""
        rejected = self._context.catalog.runs.ledger(run).entries[0].rejected
        is_shorter = landing.replaces_last and bool(rejected)
        kept = shards[:-1] if landing.replaces_last else shards
        if self._taken_down or is_shorter or not self.reads_as(earlier):
            self._context.progress.start(
                "register", total_bytes=sum(shard.num_text_bytes for shard in kept)
            )
            try:
                return [
                    landing.scan(shard, name=shard.path, reading=_known_of(shard)) for shard in kept
                ]
            finally:
                self._context.progress.finish()
        quarantine = self._context.catalog.runs.get(run).quarantine
        # The account of all of them is the first one's: a ledger is of a run, not of a file.
        facts = [FileFacts(shard=one, fields=version.fields, rejected=()) for one in kept]
        whole = {"rejected": rejected, "quarantine": quarantine}
        return [one.model_copy(update=whole) for one in facts[:1]] + facts[1:]

    def _derivation(self, position: Position) -> Digest:
        return fingerprint(
            {
                "operation": Operation.REGISTER,
                "code": CODE,
                "name": str(self._name),
                "position": position,
                "max_document_bytes": self._context.settings.max_document_bytes,
            }
        )


def _known_of(shard: Shard) -> Reading | None:
    """Return what the source knew of how a file is read, where it knew more than the file says."""
    reading = shard.reading
    if reading is None or not (
        reading.reason_column or reading.format in (Format.JSON, Format.JSONL)
    ):
        return None
    return reading
