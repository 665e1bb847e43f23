"""What the Hub's library raises, as errors that name the place.

Files come from signed URLs, so no URL out of an error is shown.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from registry.errors import (
    InputError,
    MusterError,
    NotAllowedError,
    StorageError,
    UnknownError,
    UnreadableError,
)

_LOG_IN: Final = "hf auth login, or HF_TOKEN in the environment"


@contextmanager
def hub_errors(uri: str) -> Iterator[None]:
    """Turn whatever the Hub's library raises into an error that names the place.

    Raises:
        UnknownError: There is no such repository.
        UnreadableError: There is no such file.
        InputError: There is no such revision.
        NotAllowedError: It is private, gated or disabled.
        StorageError: The Hub cannot be reached, or does not do what is asked.
    """
    try:
        yield
    except MusterError:
        raise
    except Exception as error:  # HTTP clients have exceptions of their own, and they change
        raise _translate(uri, error) from error


def _translate(uri: str, error: Exception) -> MusterError:
    # The file system says that nothing is there, and means what it was told by the Hub.
    cause = error.__cause__ if isinstance(error, FileNotFoundError) else error
    if cause is None:
        return UnreadableError(path=uri, reason="is not there")
    status = getattr(getattr(cause, "response", None), "status_code", None)
    return _missing(uri, cause, status) or _failed(uri, cause, status)


def _missing(uri: str, cause: BaseException, status: int | None) -> MusterError | None:
    """Return the error for what is not there, or not for whoever asks; None: it is another."""
    from huggingface_hub import errors  # noqa: PLC0415 - it raised

    if isinstance(cause, errors.GatedRepoError):
        return NotAllowedError(
            f"{uri} is gated: its owner decides who may read it",
            hint=f"ask for access on its page, then {_LOG_IN}",
        )
    if isinstance(cause, errors.RevisionNotFoundError):
        return InputError(f"{uri}: there is no such revision")
    if status in {401, 403}:
        return NotAllowedError(
            f"{uri} is private or not there: the Hub does not say which", hint=_LOG_IN
        )
    if isinstance(cause, errors.RepositoryNotFoundError):
        return UnknownError(what="dataset of the Hub", value=uri)
    if isinstance(cause, errors.EntryNotFoundError):
        return UnreadableError(path=uri, reason="is not there")
    return None


def _failed(uri: str, cause: BaseException, status: int | None) -> StorageError:
    from huggingface_hub import errors  # noqa: PLC0415 - it raised

    if isinstance(cause, errors.OfflineModeIsEnabled):
        return StorageError(f"{uri} is not read: HF_HUB_OFFLINE is set")
    if status == 429:
        return StorageError(
            f"{uri}: the Hub takes no more requests for now",
            hint=f"run it again in some minutes; it takes more from who is known: {_LOG_IN}",
        )
    if status is not None:
        return StorageError(f"{uri}: the Hub answers {status}", hint="run it again later")
    return StorageError(
        f"{uri}: {_name_host()} cannot be reached: {type(cause).__name__}",
        hint="run it again when there is a network; HF_ENDPOINT names another host",
    )


def _name_host() -> str:
    """Return the host that is asked, without the credentials that its address may hold."""
    from huggingface_hub import constants  # noqa: PLC0415 - it raised

    return urlsplit(constants.ENDPOINT).hostname or "the Hub"
