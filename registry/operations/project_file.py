"""`muster.toml`: what a project states for itself, in the folder that holds the registry's home."""

import tomllib
from pathlib import Path
from typing import Any

from registry.errors import UnreadableError

FILE_NAME = "muster.toml"


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
