"""What every operation works with: the open catalog, the object store, the settings, the clock."""

import platform
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from registry.about import __version__
from registry.domain.digest import Digest
from registry.domain.execution import Execution
from registry.domain.progress import Done
from registry.operations.place import Place
from registry.settings import Settings
from registry.storage.objects import ObjectStore
from registry.storage.work import WorkArea

if TYPE_CHECKING:
    # Workers have no catalog, and SQLAlchemy takes a third of a second to load.
    from registry.catalog.catalog import Catalog


class Progress(Protocol):
    """Where an operation says how far it is. The command line draws it; the library ignores it."""

    def start(self, task: str, *, total_bytes: int) -> None:
        """Begin a task over so many bytes."""

    def advance(self, done: Done) -> None:
        """So much more is done."""

    def note(self, message: str) -> None:
        """Say something that is worth a line."""

    def finish(self) -> None:
        """End the task."""


class NoProgress:
    """Say nothing."""

    def start(self, task: str, *, total_bytes: int) -> None:
        """Do nothing."""

    def advance(self, done: Done) -> None:
        """Do nothing."""

    def note(self, message: str) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """The rooms that operations join."""

    catalog: "Catalog"
    store: ObjectStore
    home: Path
    settings: Settings
    clock: Callable[[], datetime] = now
    progress: Progress = field(default_factory=NoProgress)
    execution: Execution = field(default_factory=Execution)
    replica: "Catalog | None" = None
    """Where lists and look-ups are read from; it may lag. None: from the catalog itself."""

    @property
    def for_reading(self) -> "Context":
        """The same, for what shows and never writes: with the replica as catalog."""
        return self if self.replica is None else replace(self, catalog=self.replica, replica=None)

    @property
    def place(self) -> Place:
        """What work takes with it, wherever it runs."""
        return Place(self.store, self.settings)

    @property
    def actor(self) -> str:
        """Who is recorded for each change."""
        return self.settings.actor

    def work(self, derivation: Digest) -> WorkArea:
        """Return the checkpoints of a derivation."""
        return WorkArea(self.home, derivation)


CODE = f"muster-catalog {__version__}"
"""The code that a derivation names."""


def environment() -> dict[str, str]:
    """Return the versions of everything that touches bytes, for the record of a run."""
    libraries = ("pyarrow", "tokenizers", "numpy", "orjson", "ftfy")
    return {
        "muster-catalog": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "unicode": unicodedata.unidata_version,
        **{library: version(library) for library in libraries},
    }
