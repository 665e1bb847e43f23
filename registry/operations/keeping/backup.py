"""Back up the catalog as one SQLite file, whichever database it lies in."""

from pathlib import Path

from registry.catalog.backing_up import back_up
from registry.domain.keeping import Backup
from registry.errors import InputError
from registry.operations.context import NoProgress, Progress
from registry.operations.keeping.copy import reported_to
from registry.operations.keeping.home import find_home, read_settings
from registry.storage.objects import replaced_file


def backup(
    file: Path,
    *,
    home: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Backup:
    """Write the catalog into a file that is there checked and whole, or not at all.

    Objects are not in it: they are files that never change, for any tool that copies files. Copied
    after the catalog, they hold all that it refers to.

    Args:
        file: Its folder is made.
        home: The registry's folder; None: as the environment says.
        force: Put it in the place of what is there.
        progress: Where it is said how far it is.

    Raises:
        InputError: There is no registry, or something at the file's name.
        CorruptObjectError: The catalog contradicts itself.
        StorageError: It cannot be read, or the file not be written.
    """
    settings = read_settings(home)
    url = settings.resolve_database_url(find_home(settings, Path.cwd()))
    target = file.absolute()
    if target.is_dir():
        raise InputError(f"{file} is a folder", hint=f"a file in it: {file / 'catalog.db'}")
    if target.exists() and not force:
        raise InputError(f"{file} is there already", hint="another name, or --force")
    with (
        reported_to(progress or NoProgress(), "back up") as report,
        replaced_file(target) as staged,
    ):
        made = back_up(url, staged, report=report)
    return made.model_copy(update={"file": str(file)})
