"""What holds for one call of the command line, and the registry that it works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.api import Registry
    from registry.domain.execution import Execution
    from registry.operations.context import Progress


class LogFormat(StrEnum):
    """How progress is told on stderr."""

    TEXT = "text"
    """A bar on a terminal, lines elsewhere."""

    JSON = "json"
    """One JSON object a line."""


@dataclass(frozen=True, slots=True)
class Session:
    """The options before the command."""

    home: Path | None = None
    log: LogFormat = LogFormat.TEXT

    def progress(self) -> "Progress":
        """Return what draws progress on stderr."""
        from cli.progress import JsonProgress, TerminalProgress

        return JsonProgress() if self.log is LogFormat.JSON else TerminalProgress()

    @contextmanager
    def registry(self, execution: "Execution | None" = None) -> Iterator["Registry"]:
        """Open the registry, with progress drawn on stderr."""
        from registry.api import open_registry

        with open_registry(self.home, progress=self.progress(), execution=execution) as opened:
            try:
                yield opened
            except KeyboardInterrupt:
                from cli.output import hint

                hint("interrupted: the same command goes on behind the units that are finished")
                raise
