"""`Registry.quarantine`: what runs rejected, looked at, handed out and put back."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from registry import operations
from registry.domain.names import Reference
from registry.domain.quarantine import Quarantine, QuarantinedRun, QuarantineExport, Release
from registry.operations.context import Context


class Quarantines:
    """Rejected rows. A reference means the run behind the version; a run is named by its id."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def show(self, named: str, *, limit: int = 20, reasons: Sequence[str] = ()) -> Quarantine:
        """Return the first rows that a run rejected."""
        return operations.quarantines.show_quarantine(
            self._context, named, limit=limit, reasons=reasons
        )

    def lines(self, named: str, *, reasons: Sequence[str] = ()) -> Iterator[bytes]:
        """Yield every row that a run rejected as a line of JSON, with all its bytes."""
        return operations.quarantines.iter_lines(self._context, named, reasons=reasons)

    def export(
        self, named: str, path: Path | str, *, reasons: Sequence[str] = (), force: bool = False
    ) -> QuarantineExport:
        """Write the rows that a run rejected to a file of JSON Lines, whole or not at all."""
        return operations.quarantines.export_quarantine(
            self._context, named, Path(path), reasons=reasons, force=force
        )

    def release(
        self,
        reference: str,
        *,
        why: str,
        reasons: Sequence[str] = (),
        rows: Sequence[str] = (),
        dry_run: bool = False,
    ) -> Release:
        """Put rows that a step rejected back; see `operations.release.release`."""
        return operations.release.release(
            self._context,
            Reference.parse(reference),
            why=why,
            reasons=reasons,
            rows=rows,
            dry_run=dry_run,
        )

    def list(self, *, limit: int = 50) -> list[QuarantinedRun]:
        """Return the newest runs that rejected rows, newest first."""
        return operations.quarantines.list_quarantines(self._context, limit=limit)
