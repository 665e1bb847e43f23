"""Errors of SQLAlchemy and the drivers, in the words of `registry.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from registry.errors import ConflictError, InputError, MusterError, NotAllowedError, StorageError

_BUSY_STATES = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization failure, deadlock, lock not available."""

_UNIQUE_VIOLATION = "23505"

_REFUSED_STATES = frozenset({"42501", "25006"})
"""PostgreSQL: insufficient privilege, and a write in a transaction that only reads."""

_LOST_STATES = ("08", "57P")
"""PostgreSQL: the beginnings of connection exceptions and of interventions by an operator."""


@contextmanager
def translated(place: str, *, hint: str | None = None) -> Iterator[None]:
    """Raise a library's error about a database as one of ours, `from` the original.

    Args:
        place: The database's URL without credentials.
        hint: What to do where it cannot be reached.

    Raises:
        ConflictError: Another process holds the write lock, or wrote the same key first.
        NotAllowedError: The role may not do it.
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
    except exc.DBAPIError as error:
        if _is_refused(error):
            raise NotAllowedError(
                f"{place}: {_first_line(error)}",
                hint="ask who keeps the database for a role that may: muster db roles",
            ) from error
        if type(error) not in (exc.OperationalError, exc.DatabaseError):
            raise
        raise _operational(error, place, hint) from error


def _operational(error: exc.DBAPIError, place: str, hint: str | None) -> MusterError:
    message = _first_line(error)
    state = getattr(error.orig, "sqlstate", None)
    if state in _BUSY_STATES or "database is locked" in message:
        return ConflictError(f"{place}: another process is writing ({message})", hint="try again")
    if error.connection_invalidated or (state or "").startswith(_LOST_STATES):
        # A transaction is written as a whole or not at all; only whether it is can be unknown.
        hint = "nothing half-done is left: run the same command again"
        return StorageError(f"{place}: the connection was lost ({message})", hint=hint)
    return StorageError(f"{place}: {message}", hint=hint)


def _is_refused(error: exc.DBAPIError) -> bool:
    # A replica refuses the lock of writers, and calls that a feature that it does not support.
    is_replica = "during recovery" in str(error.orig)
    return is_replica or getattr(error.orig, "sqlstate", None) in _REFUSED_STATES


def _is_duplicate(error: exc.IntegrityError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state == _UNIQUE_VIOLATION or "UNIQUE constraint failed" in str(error.orig)


def _first_line(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return str(original).partition("\n")[0]
