"""Errors of SQLAlchemy and the drivers, in the words of `registry.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from registry.errors import ConflictError, InputError, MusterError, StorageError

_BUSY_STATES = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization failure, deadlock, lock not available."""

_UNIQUE_VIOLATION = "23505"


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise a library's error about a database as one of ours, `from` the original.

    Args:
        place: The database's URL without credentials.

    Raises:
        ConflictError: Another process holds the write lock, or wrote the same key first.
        StorageError: The database cannot be opened, reached, read or written.
        InputError: A text that the database cannot keep, such as one with NUL in it.
    """
    try:
        yield
    except exc.IntegrityError as error:
        if not _is_duplicate(error):
            raise
        raise ConflictError(
            f"{place}: somebody else wrote the same first", hint="try again"
        ) from error
    except (exc.DataError, UnicodeEncodeError) as error:
        raise InputError(f"the catalog cannot keep this value: {_first_line(error)}") from error
    except (exc.OperationalError, exc.DatabaseError) as error:
        if type(error) not in (exc.OperationalError, exc.DatabaseError):
            raise
        raise _operational(error, place) from error


def _operational(error: exc.DatabaseError, place: str) -> MusterError:
    message = _first_line(error)
    state = getattr(error.orig, "sqlstate", None)
    if state in _BUSY_STATES or "database is locked" in message:
        return ConflictError(f"{place}: another process is writing ({message})", hint="try again")
    return StorageError(f"{place}: {message}")


def _is_duplicate(error: exc.IntegrityError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state == _UNIQUE_VIOLATION or "UNIQUE constraint failed" in str(error.orig)


def _first_line(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return str(original).partition("\n")[0]
