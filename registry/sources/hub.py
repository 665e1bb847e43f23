"""A dataset repository of the Hugging Face Hub at one commit, through the Hub's own library.

What a commit holds never changes, so nothing that was listed is asked for again. Credentials are
the library's affair: `HF_TOKEN`, or the file that `hf auth login` writes. Files come from signed
URLs, so no URL out of an error is shown.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from registry.domain.hub_source import hub_uri
from registry.errors import (
    InputError,
    MissingExtraError,
    MusterError,
    NotAllowedError,
    StorageError,
    UnknownError,
    UnreadableError,
)
from registry.sources.file import SourceFile
from registry.sources.places import open_file, open_system

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_LOG_IN: Final = "hf auth login, or HF_TOKEN in the environment"


@dataclass(frozen=True, slots=True)
class HubAccess:
    """Who may read a repository."""

    is_private: bool
    gated: str | None
    """How access is given to who asks for it, `auto` or `manual`; None: to everybody."""


class HubCommit:
    """The files of a dataset repository at the commit that a revision means now.

    Args:
        repository: `owner/name`.
        revision: A branch, tag or commit.

    Raises:
        UnknownError: There is no such repository.
        InputError: There is no such revision.
        NotAllowedError: It is private.
        StorageError: The Hub cannot be reached.
    """

    def __init__(self, repository: str, revision: str) -> None:
        self._repository = repository
        with hub_errors(hub_uri(repository, revision)):
            info = _ask(repository, revision)
        if not _COMMIT.fullmatch(str(info.sha)):
            raise StorageError(f"{hub_uri(repository, revision)}: the Hub names no commit")
        self.commit = str(info.sha)
        """Its 40 digits."""

        self.access = HubAccess(bool(info.private), str(info.gated) if info.gated else None)

    @property
    def uri(self) -> str:
        """Where the commit lies."""
        return hub_uri(self._repository, self.commit)

    @property
    def page(self) -> str:
        """The web page about the repository."""
        from huggingface_hub import constants  # noqa: PLC0415 - it was asked

        return f"{constants.ENDPOINT}/datasets/{self._repository}"

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every file of the commit, sorted.

        Raises:
            NotAllowedError: It may not be listed.
            StorageError: The Hub cannot be reached.
        """
        system, place = open_system(self.uri)
        with hub_errors(self.uri):
            found: dict[str, Any] = system.find(place, detail=True)
        return tuple(sorted(name.removeprefix(f"{place}/") for name in found))

    def open(self, path: str) -> SourceFile:
        """Return a file, whose logical name is its path."""
        return open_file(hub_uri(self._repository, self.commit, path), name=path)

    def read(self, path: str) -> bytes:
        """Return the content of a small file."""
        with self.open(path).open() as stream:
            return stream.read()


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


def _ask(repository: str, revision: str) -> Any:  # noqa: ANN401 - what it holds differs by version
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - behind an extra
    except ImportError as error:
        raise MissingExtraError(task="reading from the Hub", extra="hub") from error
    return HfApi().dataset_info(repository, revision=revision, timeout=60)


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
