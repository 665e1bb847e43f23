"""Make, upgrade and check a registry's home and its catalog."""

from pathlib import Path

from registry.catalog import migrate
from registry.catalog.engine import redact
from registry.domain.answers import CatalogStatus
from registry.errors import InputError
from registry.settings import HOME_FOLDER, Settings
from registry.storage.filesystem import find_network_file_system
from registry.storage.objects import make_folder


def init_registry(folder: Path) -> CatalogStatus:
    """Make a registry in a folder: its home, and a catalog at the newest revision.

    Safe to repeat: what is there already stays.

    Raises:
        StorageError: The folder cannot be written.
        InputError: The folder lies on a network file system and no other database is named.
    """
    settings = Settings.read()
    home = settings.home or folder / HOME_FOLDER
    make_folder(home)
    if settings.database_url is None:
        _require_local(home)
    migrate.upgrade(settings.resolve_database_url(home))
    return catalog_status(home)


def upgrade_catalog(home: Path | None = None) -> CatalogStatus:
    """Bring the catalog to the newest revision; a SQLite file is copied beside itself first.

    Raises:
        InputError: There is no registry.
        SchemaRevisionError: The catalog is at a revision that this program does not know.
    """
    settings = Settings.read(home=home)
    found = find_home(settings, Path.cwd())
    upgrade = migrate.upgrade(settings.resolve_database_url(found))
    backup = None if upgrade.backup is None else str(upgrade.backup)
    return catalog_status(found).model_copy(update={"backup": backup})


def catalog_status(home: Path | None = None, *, check: bool = False) -> CatalogStatus:
    """Return which revision the catalog is at; with `check`, also what has drifted.

    Raises:
        InputError: There is no registry.
    """
    settings = Settings.read(home=home)
    found = find_home(settings, Path.cwd())
    url = settings.resolve_database_url(found)
    return CatalogStatus(
        database=redact(url),
        revision=migrate.current(url),
        expected=migrate.expected(),
        store=settings.resolve_store(found),
        findings=tuple(migrate.check(url)) if check else (),
    )


def _require_local(home: Path) -> None:
    """Refuse SQLite where its write-ahead log would lose data: its index is shared memory."""
    kind = find_network_file_system(home)
    if kind is not None:
        raise InputError(
            f"{home} lies on a network file system ({kind}), where SQLite loses data",
            hint="set MUSTER_DATABASE_URL=postgresql://..., or make the registry on a local disk",
        )


def find_home(settings: Settings, start: Path) -> Path:
    """Return the registry's home: as given, else the nearest one at or above a folder.

    Raises:
        InputError: There is none.
    """
    home = settings.find_home(start)
    if home is None:
        raise InputError(f"no registry at {start} or above", hint="muster init")
    return home
