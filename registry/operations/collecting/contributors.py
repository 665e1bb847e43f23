"""What contributors are called: pseudonyms under a key that the catalog does not hold."""

import os
import secrets
from typing import Final

from registry.domain.contribution import pseudonym_of
from registry.errors import InputError, StorageError
from registry.operations.context import Context

_FILE: Final = "contributors.key"
_NUM_BYTES: Final = 32


def find_key(context: Context) -> bytes | None:
    """Return the key; None: there is none yet.

    Raises:
        StorageError: It cannot be read.
    """
    stated = context.settings.contributor_key
    if stated is not None:
        return stated.get_secret_value().encode()
    path = context.home / _FILE
    try:
        return path.read_bytes() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}") from error


def make_key(context: Context) -> bytes:
    """Return the key: of the settings, else of the home, where it is made when it is first needed.

    Raises:
        StorageError: It cannot be read or written.
    """
    key = find_key(context)
    if key is not None:
        return key
    made = secrets.token_hex(_NUM_BYTES).encode()
    path = context.home / _FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return make_key(context)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(made)
    return made


def find_pseudonym(context: Context, name: str) -> str:
    """Return what a contributor is called here.

    Raises:
        InputError: There is no key, so nobody has a pseudonym yet.
        StorageError: The key cannot be read.
    """
    key = find_key(context)
    if key is None:
        raise InputError(
            "no contributor is known here: there is no key for their pseudonyms",
            hint=f"MUSTER_CONTRIBUTOR_KEY, or the file {_FILE} of the home they were registered in",
        )
    return pseudonym_of(name, key=key)
