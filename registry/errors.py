"""Every error that the library raises on purpose.

    MusterError                 something failed; exit code 1
    ├── InputError              the caller's value is wrong; exit code 2
    │   ├── InvalidNameError    a dataset, tag or reference that does not parse
    │   ├── UnknownError        a name that is well formed and denotes nothing
    │   ├── UnreadableError     a file that cannot be read as what it is said to be
    │   └── RecipeError         a recipe with an unknown step or parameter
    ├── ConflictError           somebody else was first, or the bytes moved; try again
    ├── BalanceError            a ledger whose books do not balance
    ├── TooManyRejectedError    more rows are damaged than the run may have
    ├── SchemaRevisionError     the database is at another revision than this program
    ├── CorruptObjectError      stored bytes that no longer match their digest
    ├── NotAllowedError         a database or server does not let us do it; exit code 4
    ├── StorageError            bytes could not be written or read: disk full, no permission
    ├── MissingExtraError       an optional library is not installed
    ├── EngineRefusedError      the fast engine does not take a tokenizer
    └── EngineMismatchError     an engine gives other ids than the reference

Each error carries its message and, where one exists, a `hint`: a command to paste or a sentence
that says what to do next.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class MusterError(Exception):
    """The base of every deliberate error: a message with the user's own value, and a hint."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Let an error cross from a worker process, whatever its class takes when it is made."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(
    kind: type[MusterError], args: tuple[object, ...], state: dict[str, object]
) -> MusterError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InputError(MusterError):
    """The caller's value is wrong; nothing was done."""


class InvalidNameError(InputError):
    """A dataset name, tag or reference does not parse."""

    def __init__(self, *, what: str, value: str, rule: str, hint: str | None = None) -> None:
        super().__init__(f"{value!r} is not a {what}: {rule}", hint=hint)
        self.value = value


class UnknownError(InputError):
    """A well-formed name denotes nothing here; the nearest known names are offered."""

    def __init__(
        self, *, what: str, value: str, known: Iterable[str] = (), hint: str | None = None
    ) -> None:
        nearest = get_close_matches(value, list(known), n=3, cutoff=0.5)
        if nearest:
            hint = "did you mean " + ", ".join(nearest) + "?"
        super().__init__(f"no {what} {value!r}", hint=hint)
        self.value = value
        self.nearest = tuple(nearest)


class UnreadableError(InputError):
    """A file cannot be read as what it is said to be."""

    def __init__(
        self,
        *,
        path: str,
        reason: str,
        offset: int | None = None,
        hint: str | None = None,
    ) -> None:
        where = "" if offset is None else f" at byte {offset:,}"
        super().__init__(f"{path}: {reason}{where}", hint=hint)
        self.path = path
        self.reason = reason
        self.offset = offset


class RecipeError(InputError):
    """A recipe does not parse, or names an unknown step or parameter."""


class ConflictError(MusterError):
    """Somebody else moved the head first, or the bytes changed meanwhile."""


class BalanceError(MusterError):
    """Documents or bytes in are not those kept plus those rejected."""


class TooManyRejectedError(MusterError):
    """More rows are damaged than the run may have; nothing was sealed."""

    def __init__(
        self, *, num_damaged: int, num_rows: int, limit: float, message: str, hint: str
    ) -> None:
        super().__init__(message, hint=hint)
        self.num_damaged = num_damaged
        self.num_rows = num_rows
        self.limit = limit


class SchemaRevisionError(MusterError):
    """The database is at another revision than this program expects."""

    def __init__(self, *, found: str | None, expected: str, hint: str) -> None:
        super().__init__(
            f"the catalog is at revision {found or 'none'}, this program needs {expected}",
            hint=hint,
        )
        self.found = found
        self.expected = expected


class CorruptObjectError(MusterError):
    """Stored bytes no longer match the digest under which they were sealed."""


class StorageError(MusterError):
    """Bytes could not be written or read: a full disk, a missing permission, a lost mount."""


class NotAllowedError(MusterError):
    """A database does not let this role, a server not this caller, or a limit of our own nobody."""


class MissingExtraError(MusterError):
    """An optional library is not installed."""

    def __init__(self, *, task: str, extra: str) -> None:
        super().__init__(
            f"{task} needs an extra that is not installed",
            hint=f'pip install "muster-catalog[{extra}]"',
        )
        self.extra = extra


class EngineRefusedError(MusterError):
    """The fast engine does not take a tokenizer."""

    def __init__(self, *, engine: str, reason: str) -> None:
        super().__init__(
            f"{engine} does not take this tokenizer: {reason}",
            hint="--engine auto takes the reference instead",
        )
        self.engine = engine
        self.reason = reason


class EngineMismatchError(MusterError):
    """An engine gives other ids than the reference; what it gave before is not to be trusted."""

    def __init__(
        self,
        *,
        engine: str,
        text: str,
        ids: tuple[int, ...],
        reference_ids: tuple[int, ...],
        num_compared: int,
    ) -> None:
        super().__init__(
            f"{engine} gives other ids than the reference for {text[:60]!r}",
            hint="--engine reference",
        )
        self.engine = engine
        self.text = text
        self.ids = ids
        self.reference_ids = reference_ids
        self.num_compared = num_compared
