"""Find a registry: the settings, and the home that they name."""

from pathlib import Path
from typing import get_args

from pydantic import SecretStr, ValidationError

from registry.errors import InputError
from registry.settings import Settings


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
