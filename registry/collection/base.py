"""The one protocol of sources that are no files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from registry.domain.collecting import Position
from registry.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class Look:
    """What a source says of itself before it is read."""

    goes_on: bool
    """Whether what is read comes behind what was read before; false: it takes its place."""

    num_rows: int | None = None
    """Rows that would be read, 0 where nothing is new; None: not known beforehand."""

    num_bytes: int | None = None
    details: tuple[tuple[str, str], ...] = ()
    """What else is known: name and words."""

    resumes: bool = False
    """Whether reading can go on behind each file that landed, after it was interrupted."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A file that a source was written to."""

    path: Path
    stem: str
    """What it is called in a version; a number is put behind it."""

    suffix: str
    position: Position
    """How far the source was read when the file was complete."""

    reading: Reading | None = None
    """The format, and where the records stand, where the source knows; None: it is detected."""

    replaces_last: bool = False
    """Whether it takes the place of the file that landed before it."""


class Collector(Protocol):
    """A source, open for reading. Bytes of the same source at the same position are the same."""

    def look(self, since: Position | None) -> Look:
        """Say what would be read.

        Args:
            since: How far it was read before; None: never.

        Raises:
            InputError: What is asked for is not there.
            ConflictError: What was read before is no longer what the source holds there.
            StorageError: The source cannot be reached.
        """

    def collect(self, folder: Path, since: Position | None) -> Iterator[Landed]:
        """Write what is new into files of a folder, and yield each when it is complete.

        Raises:
            InputError: It cannot be read as what it was said to be.
            StorageError: The source was lost, or the disk is full.
        """

    def close(self) -> None:
        """Let the source go."""
