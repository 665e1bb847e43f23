"""From files that a source landed to what is known of them, each with a checkpoint.

A registration that was interrupted, however it died, goes on behind the last file that landed.
"""

from collections.abc import Iterator

from pydantic import JsonValue, ValidationError

from registry.collection.base import Collector, Landed
from registry.domain.base import Value
from registry.domain.collecting import Position
from registry.domain.digest import Digest
from registry.domain.reading import Format, Reading
from registry.domain.version import Shard
from registry.errors import InputError
from registry.operations.collecting.scan import FileFacts, scan_object
from registry.operations.context import Context
from registry.operations.passes.suppression import load_suppression
from registry.storage.objects import StoredObject
from registry.storage.work import WorkArea


class Arrived(Value):
    """A file in the store, and how far the source was read with it."""

    facts: FileFacts
    position: Position
    replaces_last: bool
    """Whether it takes the place of the last file that was kept."""


class Landing:
    """One call of `collect`, where files come to be.

    Args:
        context: The open registry.
        work: Where checkpoints lie.
        wanted: What the caller said about how files are read.
        origin: Where the source lies, for errors.
        num_kept: Files of the version before.
        decided: How the last of them was read.
    """

    def __init__(
        self,
        context: Context,
        work: WorkArea,
        wanted: Reading,
        *,
        origin: str,
        num_kept: int,
        decided: Reading | None,
    ) -> None:
        self._context = context
        self._work = work
        self._wanted = wanted
        self._origin = origin
        self._num_kept = num_kept
        self._decided = decided
        self._taken_down = load_suppression(context)
        self.arrived = list(self._load())

    @property
    def position(self) -> Position | None:
        """How far the source was read; None: nothing landed."""
        return self.arrived[-1].position if self.arrived else None

    @property
    def replaces_last(self) -> bool:
        """Whether the last of the files that were kept is replaced."""
        return bool(self.arrived) and self.arrived[0].replaces_last

    def land(self, collector: Collector, since: Position | None, *, resumes: bool) -> None:
        """Write what is new into the store, and read it as documents."""
        with self._context.store.stage_folder() as folder:
            for landed in collector.collect(folder, since):
                self._add(landed)
                if resumes:
                    number = len(self.arrived)
                    self._work.save(str(number), self.arrived[-1].model_dump(mode="json"))

    def scan(
        self, stored: StoredObject | Shard, *, name: str, reading: Reading | None
    ) -> FileFacts:
        """Read an object as documents.

        Args:
            stored: The object.
            name: Its logical path in the version.
            reading: What its source knows of how it is read; None: nothing.
        """
        wanted = self._join(reading, name)
        is_json = wanted.format in (Format.JSON, Format.JSONL) and reading is not None
        facts = scan_object(
            self._context,
            stored.digest,
            num_bytes=stored.num_bytes,
            name=name,
            origin=self._origin,
            wanted=wanted,
            decided=self._decided if is_json else None,
            taken_down=self._taken_down,
        )
        if is_json and facts.fields:
            self._decided = self._decided or facts.shard.reading
        return facts

    def _add(self, landed: Landed) -> None:
        replaces_last = landed.replaces_last
        if replaces_last and self.arrived:
            replaces_last = self.arrived.pop().replaces_last
        is_first_replaced = self.replaces_last or replaces_last
        number = self._num_kept - is_first_replaced + len(self.arrived) + 1
        name = f"{landed.stem}-{number:05}{landed.suffix}"
        stored = self._context.store.commit(landed.path)
        facts = self.scan(stored, name=name, reading=landed.reading)
        self.arrived.append(
            Arrived(facts=facts, position=landed.position, replaces_last=replaces_last)
        )

    def _join(self, known: Reading | None, name: str) -> Reading:
        """Return what the caller said and the source knows."""
        if known is None:
            return self._wanted
        if self._wanted.format not in (Format.AUTO, known.format):
            raise InputError(f"{name} is {known.format}, not {self._wanted.format}")
        names = ("format", "records", "reason_column")
        return self._wanted.model_copy(update={name: getattr(known, name) for name in names})

    def _load(self) -> Iterator[Arrived]:
        """Yield what an interrupted registration learned, as far as its objects are there."""
        number = 1
        while (one := self._find(self._work.load(str(number)))) is not None:
            self._decided = self._decided or one.facts.shard.reading
            yield one
            number += 1

    def _find(self, saved: JsonValue) -> Arrived | None:
        try:
            one = Arrived.model_validate(saved)
        except ValidationError:
            return None
        objects: list[Digest | None] = [one.facts.shard.digest, one.facts.quarantine]
        is_there = all(self._context.store.exists(digest) for digest in objects if digest)
        return one if is_there else None
