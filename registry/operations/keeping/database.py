"""Make, upgrade and check a registry's home and its catalog."""

from pathlib import Path
from urllib.parse import urlsplit

from registry.catalog import migrate
from registry.catalog.roles import write_role_script
from registry.domain.answers import CatalogStatus
from registry.domain.urls import redact_url
from registry.errors import InputError
from registry.operations.keeping.home import find_home, open_store, read_settings
from registry.settings import HOME_FOLDER, Settings
from registry.storage.filesystem import find_network_file_system
from registry.storage.objects import make_folder


def init_registry(folder: Path, *, settings: Settings | None = None) -> CatalogStatus:
    """Make a registry in a folder: its home, its object store, a catalog at the newest revision.

    Safe to repeat: what is there already stays.

    Args:
        folder: Where the home is made, unless the settings name another.
        settings: Home, catalog and store; None: as the environment says.

    Raises:
        StorageError: The folder cannot be written.
        InputError: The folder lies on a network file system and no other database is named, or the
            store is none.
    """
    settings = settings or read_settings()
    home = (settings.home or folder / HOME_FOLDER).absolute()
    make_folder(home)
    if settings.database_url is None:
        _require_local(home)
    # Any other store is there, or is made by its first object; some connect when they are opened.
    if not urlsplit(settings.resolve_store(home)).netloc:
        open_store(settings, home).make_root()
    migrate.upgrade(settings.resolve_database_url(home))
    return _status(settings, home)


def upgrade_catalog(home: Path | None = None) -> CatalogStatus:
    """Bring the catalog to the newest revision; a SQLite file is copied beside itself first.

    Raises:
        InputError: There is no registry.
        SchemaRevisionError: The catalog is at a revision that this program does not know.
    """
    settings = read_settings(home)
    found = find_home(settings, Path.cwd())
    upgrade = migrate.upgrade(settings.resolve_database_url(found))
    backup = None if upgrade.backup is None else str(upgrade.backup)
    return _status(settings, found).model_copy(update={"backup": backup})


def catalog_status(home: Path | None = None, *, check: bool = False) -> CatalogStatus:
    """Return which revision the catalog is at; with `check`, also what has drifted.

    Raises:
        InputError: There is no registry.
    """
    settings = read_settings(home)
    found = find_home(settings, Path.cwd())
    status = _status(settings, found)
    if not check:
        return status
    findings = migrate.check(settings.resolve_database_url(found))
    return status.model_copy(update={"findings": tuple(findings)})


def role_script(prefix: str = "muster") -> str:
    """Return the SQL that makes the roles `PREFIX_reader`, `_writer` and `_admin`; see `db roles`.

    Raises:
        InputError: The prefix is no plain name.
    """
    return write_role_script(prefix)


def _status(settings: Settings, home: Path) -> CatalogStatus:
    url = settings.resolve_database_url(home)
    return CatalogStatus(
        database=redact_url(url),
        revision=migrate.current(url),
        expected=migrate.expected(),
        store=redact_url(settings.resolve_store(home)),
    )


def _require_local(home: Path) -> None:
    """Refuse SQLite where its write-ahead log would lose data: its index is shared memory."""
    kind = find_network_file_system(home)
    if kind is not None:
        raise InputError(
            f"{home} lies on a network file system ({kind}), where SQLite loses data",
            hint="set MUSTER_DATABASE_URL=postgresql://..., or make the registry on a local disk",
        )
