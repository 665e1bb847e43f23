"""A dataset repository of the Hugging Face Hub at one commit, through the Hub's own library.

What a commit holds never changes, so nothing that was listed is asked for again. Credentials are
the library's affair: `HF_TOKEN`, or the file that `hf auth login` writes.
"""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from registry.domain.hub_source import hub_uri
from registry.errors import (
    MissingExtraError,
    StorageError,
)
from registry.sources.file import SourceFile
from registry.sources.hub_errors import hub_errors
from registry.sources.places import open_file, open_system

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


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


def _ask(repository: str, revision: str) -> Any:  # noqa: ANN401 - what it holds differs by version
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - behind an extra
    except ImportError as error:
        raise MissingExtraError(task="reading from the Hub", extra="hub") from error
    return HfApi().dataset_info(repository, revision=revision, timeout=60)
