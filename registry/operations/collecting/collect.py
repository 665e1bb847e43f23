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
from registry.domain.card import Card
from registry.domain.collecting import CollectionPlan, Position, Source
from registry.domain.digest import Digest, fingerprint
from registry.domain.names import DatasetName, Reference
from registry.domain.reading import Reading
from registry.domain.run import Operation
from registry.domain.version import Shard, Version, VersionState
from registry.operations.collecting.registration import Registering, require_text
from registry.operations.collecting.scan import FileFacts, scan_object
from registry.operations.context import CODE, Context
from registry.operations.passes.suppression import load_suppression
from registry.storage.objects import StoredObject


def collect(
    context: Context,
    source: Source,
    *,
    name: DatasetName,
    reading: Reading | None = None,
    card: Card | None = None,
    from_start: bool = False,
) -> Registration:
    """Seal a version of a dataset from a source; nothing new changes nothing.

    Args:
        context: The open registry.
        source: What is read.
        name: The dataset; it is made when it is new.
        reading: What the caller knows about how rows or files become documents.
        card: Licence, languages, description and more, as stated by the caller.
        from_start: Read everything again, whatever was read before.

    Raises:
        InputError: The source, an option or a row is not usable; nothing was sealed.
        ConflictError: What was read before is no longer there, or somebody else sealed first.
        StorageError: The source cannot be reached or was lost, or the disk is full.
    """
    collection = _Collection(context, source, name, reading or Reading(), card or Card())
    with open_source(source) as collector:
        earlier = None if from_start else collection.find_earlier()
        look = collector.look(earlier.position if earlier else None)
        return collection.run(collector, look, earlier)


def plan_collection(
    context: Context, source: Source, *, name: DatasetName, from_start: bool = False
) -> CollectionPlan:
    """Say what `collect` would read; nothing is read or written.

    The arguments and errors are those of `collect`.
    """
    collection = _Collection(context, source, name, Reading(), Card())
    with open_source(source) as collector:
        earlier = None if from_start else collection.find_earlier()
        look = collector.look(earlier.position if earlier else None)
    goes_on = earlier is not None and look.goes_on
    return CollectionPlan(
        reference=str(name),
        kind=source.kind,
        uri=source.uri,
        since=earlier.version.reference if earlier and goes_on else None,
        position=earlier.position if earlier and goes_on else None,
        num_rows=look.num_rows,
        num_bytes=look.num_bytes,
        details=look.details,
    )


_SOURCE, _READING = "source", "reading"
"""What stands in a position beside the collector's own."""


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The newest version of the dataset, where it was made from the same source."""

    version: Version
    position: Position


class _Collection:
    """One call of `collect`."""

    def __init__(
        self, context: Context, source: Source, name: DatasetName, wanted: Reading, card: Card
    ) -> None:
        self._context = context
        self._source = source
        self._name = name
        self._wanted = wanted
        self._registering = Registering(context, name, card)
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
                return _Earlier(version, facts.reached)
        return None

    def run(self, collector: Collector, look: Look, earlier: _Earlier | None) -> Registration:
        """Read what is new, and seal it behind what is kept."""
        if not look.goes_on:
            earlier = None
        scanned = self._take_over(earlier) if earlier else []
        position = earlier.position if earlier else None
        if earlier is None or look.num_rows != 0:
            landed = self._land(collector, look, position, num_before=len(scanned))
            scanned += [facts for facts, _ in landed]
            position = landed[-1][1]
        require_text(scanned, self._source.uri)
        position = {**(position or {}), **self._identity()}
        draft = self._registering.make_draft(
            scanned, kind=self._source.kind, uri=self._source.uri, reached=position
        )
        parameters: dict[str, JsonValue] = {
            "source": self._source.facts(),
            "since": earlier.version.reference if earlier else None,
        }
        return self._registering.seal(
            draft, scanned, derivation=self._derivation(position), parameters=parameters
        )

    def _identity(self) -> Position:
        """Return what a later registration must have in common with this one, to go on."""
        reading = self._wanted.model_dump(mode="json", exclude_defaults=True)
        return {_SOURCE: self._source.facts(), _READING: reading}

    def _take_over(self, earlier: _Earlier) -> list[FileFacts]:
        """Return what is known of the files of the version before.

        They are read again only where they are to become other documents than before.
        """
        catalog, version = self._context.catalog, earlier.version
        shards = catalog.versions.list_shards(Reference.parse(version.reference))
        if self._taken_down or earlier.position[_READING] != self._identity()[_READING]:
            return [self._scan(shard, name=shard.path) for shard in shards]
        run = version.run or ""
        rejected = catalog.runs.ledger(run).entries[0].rejected
        quarantine = catalog.runs.get(run).quarantine
        first, *others = shards
        # The account of all of them is the first one's: a ledger is of a run, not of a file.
        return [
            FileFacts(shard=first, fields=version.fields, rejected=rejected, quarantine=quarantine),
            *(FileFacts(shard=one, fields=version.fields, rejected=()) for one in others),
        ]

    def _land(
        self, collector: Collector, look: Look, since: Position | None, *, num_before: int
    ) -> list[tuple[FileFacts, Position]]:
        """Write what is new into the store, and read it as documents."""
        context = self._context
        context.progress.start("register", total_bytes=look.num_bytes or 0)
        landed: list[tuple[FileFacts, Position]] = []
        try:
            with context.store.stage_folder() as folder:
                for number, file in enumerate(collector.collect(folder, since), num_before + 1):
                    name = f"{file.stem}-{number:05}{file.suffix}"
                    stored = context.store.commit(file.path)
                    landed.append((self._scan(stored, name=name), file.position))
        finally:
            context.progress.finish()
        return landed

    def _scan(self, stored: StoredObject | Shard, *, name: str) -> FileFacts:
        return scan_object(
            self._context,
            stored.digest,
            num_bytes=stored.num_bytes,
            name=name,
            wanted=self._wanted,
            taken_down=self._taken_down,
        )

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
