"""What holds for one call of the command line, and the registry that it works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.api import Registry
    from registry.domain.execution import Execution


@dataclass(frozen=True, slots=True)
class Session:
    """The options before the command."""

    home: Path | None = None

    @contextmanager
    def registry(self, execution: "Execution | None" = None) -> Iterator["Registry"]:
        """Open the registry, with progress drawn on stderr."""
        from cli.progress import TerminalProgress
        from registry.api import open_registry

        with open_registry(self.home, progress=TerminalProgress(), execution=execution) as opened:
            try:
                yield opened
            except KeyboardInterrupt:
                from cli.output import hint

                hint("interrupted: the same command goes on behind the parts that are finished")
                raise
