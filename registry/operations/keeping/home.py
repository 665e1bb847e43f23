"""Find a registry: the settings, the home that they name, and the store of its objects."""

from pathlib import Path
from typing import get_args

from pydantic import SecretStr, ValidationError

from registry.domain.urls import redact_url
from registry.errors import InputError
from registry.settings import Settings
from registry.storage.objects import ObjectStore


def read_settings(home: Path | None = None) -> Settings:
    """Read the environment; a home given by the caller wins over `MUSTER_HOME`.

    Raises:
        InputError: A variable holds a value that is none; it is named.
    """
    try:
        return Settings.read(home=home)
    except ValidationError as error:
        wrong = error.errors()[0]
        variable = f"MUSTER_{wrong['loc'][0]}".upper()
        kind = Settings.model_fields[str(wrong["loc"][0])].annotation
        stated = "" if SecretStr in get_args(kind) else f"={wrong['input']}"
        raise InputError(f"{variable}{stated}: {wrong['msg']}") from error


def find_home(settings: Settings, start: Path) -> Path:
    """Return the registry's home: as given, else the nearest one at or above a folder.

    Raises:
        InputError: There is none.
    """
    home = settings.find_home(start)
    if home is None:
        raise InputError(f"no registry at {start} or above", hint="muster init")
    return home


def open_store(settings: Settings, home: Path) -> ObjectStore:
    """Return the object store of a registry; nothing is read or written.

    Raises:
        InputError: The store's address is none, or the library for it is not installed.
    """
    url = settings.resolve_store(home)
    try:
        return ObjectStore(url)
    except (ImportError, ValueError) as error:
        # fsspec's own words: which library is missing, or which protocol it does not know.
        raise InputError(f"MUSTER_STORE={redact_url(url)}: {error}") from error
