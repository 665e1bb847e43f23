"""The prompt that a model was given, kept as an object beside what it wrote."""

from pathlib import Path
from typing import Final

from registry.errors import InputError, UnreadableError

_MOST_BYTES: Final = 16 << 20


def read_prompt(path: Path) -> bytes:
    """Return the prompt or template in a file.

    Raises:
        UnreadableError: It cannot be read.
        InputError: It is longer than 16 MiB: data, and no prompt.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableError(path=str(path), reason=f"cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise InputError(
            f"{path} is no prompt: it is longer than 16 MiB",
            hint="what a model was given as data is registered and named with --seeds",
        )
    return data
