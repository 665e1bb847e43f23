"""The one place that catches errors: a message, a hint, an exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from registry.errors import InputError, MusterError, NotAllowedError


class ExitCode(IntEnum):
    """What a command's exit status means."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    """Wrong usage or bad input."""

    NO = 3
    """The answer is no: a `--check`, `verify`, `db check`, a lineage that was cut, no path."""

    NOT_ALLOWED = 4
    INTERRUPTED = 130


@contextmanager
def reported() -> Iterator[None]:
    """Turn a deliberate error into `error:` and `hint:` on stderr and the exit code for it.

    With `--debug` the error rises with its traceback. Any other exception is a defect of muster
    and rises as it is.
    """
    try:
        yield
    except MusterError as error:
        if "--debug" in sys.argv:
            raise
        print(f"error: {printable(error.message)}", file=sys.stderr)  # noqa: T201
        if error.hint:
            print(f"hint: {printable(error.hint)}", file=sys.stderr)  # noqa: T201
        sys.exit(_code(error))


def _code(error: MusterError) -> ExitCode:
    match error:
        case InputError():
            return ExitCode.USAGE
        case NotAllowedError():
            return ExitCode.NOT_ALLOWED
    return ExitCode.FAILED


def printable(text: str) -> str:
    """Return the text with control characters escaped, so that input cannot drive the terminal."""
    return "".join(
        mark if mark.isprintable() or mark == "\n" else repr(mark)[1:-1] for mark in text
    )
