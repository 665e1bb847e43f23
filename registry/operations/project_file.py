"""`muster.toml`: what a project states for itself, in the folder that holds the registry's home."""

import tomllib
from pathlib import Path
from typing import Any

from registry.domain.limits import Limits
from registry.errors import InputError, UnreadableError

FILE_NAME = "muster.toml"

_LIMITS = ("max_rejected", *Limits.model_fields)


def read_limits(home: Path) -> tuple[Path, dict[str, object]]:
    """Return the file of the project of a registry's home, and what stands below `[limits]`.

    Raises:
        InputError: Something else than limits stands there.
        UnreadableError: It is not TOML.
    """
    path = home.parent / FILE_NAME
    limits = read_project_file(path).get("limits", {})
    if not isinstance(limits, dict) or limits.keys() - set(_LIMITS):
        raise InputError(
            f"{path}: limits: it holds {', '.join(_LIMITS[:-1])} and {_LIMITS[-1]} and no other",
            hint='[limits] and below it max_rejected = "5%"',
        )
    return path, limits


def read_project_file(path: Path) -> dict[str, Any]:
    """Return the tables of a project's file; none where there is no such file.

    Raises:
        UnreadableError: It cannot be read, or is not TOML.
    """
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read as TOML: {error}") from error
