"""Copy a registry's catalog into another database, or another one into the registry's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry.catalog.copying import Reported, copy_catalog
from registry.domain.keeping import CatalogCopy
from registry.domain.progress import Done
from registry.errors import InputError
from registry.operations.context import NoProgress, Progress
from registry.operations.keeping.home import find_home, read_settings


def copy(
    *,
    to: str | None = None,
    source: str | None = None,
    home: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> CatalogCopy:
    """Copy the registry's catalog into an empty database, or another catalog into the registry's.

    Objects and checkpoints stay where they are. See `catalog.copying.copy_catalog`.

    Args:
        to: The URL of the empty database.
        source: Or the URL of a catalog that the registry, empty so far, is to hold.
        home: The registry's folder; None: as the environment says.
        dry_run: Look at both, and write nothing.
        progress: Where it is said how far it is.

    Raises:
        InputError: There is no registry, not one of the two URLs, or the target is not empty.
        SchemaRevisionError: One of the two is at another revision.
        StorageError: A database cannot be reached, read or written.
    """
    if (to is None) == (source is None):
        raise InputError("a catalog is copied in one direction", hint="--to URL or --from URL")
    settings = read_settings(home)
    own = settings.resolve_database_url(find_home(settings, Path.cwd()))
    if own in {to, source}:
        raise InputError("a catalog is not copied into itself", hint="muster db backup FILE")
    with reported_to(progress or NoProgress(), "copy") as report:
        return copy_catalog(source or own, to or own, dry_run=dry_run, report=report)


@contextmanager
def reported_to(progress: Progress, task: str) -> Iterator[Reported]:
    """Tell how far a copy is; rows are read twice, so their bytes are not known before."""
    progress.start(task, total_bytes=0)
    try:
        yield lambda num_bytes: progress.advance(Done(num_bytes=num_bytes))
    finally:
        progress.finish()
