"""Opens a registry: settings, catalog, store and where work runs come together here."""

from pathlib import Path

from registry.api.registry import Registry
from registry.catalog.catalog import Catalog
from registry.domain.execution import Execution
from registry.operations.context import Context, NoProgress, Progress
from registry.operations.keeping.home import find_home, open_store, read_settings
from registry.settings import Settings


def open_registry(
    home: Path | str | None = None,
    *,
    start: Path | None = None,
    progress: Progress | None = None,
    settings: Settings | None = None,
    execution: Execution | None = None,
) -> Registry:
    """Open the registry at a home, or the nearest one at or above a folder.

    Args:
        home: The registry's folder; None: `MUSTER_HOME`, else the nearest `.muster`.
        start: Where the search begins; None: the working directory.
        progress: Where operations say how far they are.
        settings: Home, catalog, store and limits; None: as the environment says.
        execution: Where units of work run; None: in this process. Worker processes are spawned, so
            a script that asks for them needs `if __name__ == "__main__":` around its call.

    Raises:
        InputError: There is no registry, or a setting is wrong; it is named.
        SchemaRevisionError: The catalog is at another revision; the hint mends it.
    """
    settings = read_settings(None if home is None else Path(home)) if settings is None else settings
    found = find_home(settings, start or Path.cwd())
    replica = settings.read_database_url
    return Registry(
        Context(
            catalog=Catalog.open(settings.resolve_database_url(found)),
            replica=None if replica is None else Catalog.open_replica(replica),
            store=open_store(settings, found),
            home=found,
            settings=settings,
            progress=progress or NoProgress(),
            execution=execution or Execution(),
        )
    )
